internal import Bytes

/// A histogram with the buckets Istio's dashboards expect.
struct Histogram: Sendable, Equatable {
    /// Upper bounds of milliseconds, and of bytes likewise.
    static let bounds: [Double] = [
        0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000,
        1_800_000, 3_600_000,
    ]

    /// Values per bucket, not cumulative; the last is beyond every bound.
    private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    private(set) var sum = 0.0

    mutating func add(_ value: Double) {
        sum += value
        var index = 0
        while index < Self.bounds.count, value > Self.bounds[index] { index += 1 }
        counts[index] += 1
    }

    mutating func merge(_ other: Histogram) {
        sum += other.sum
        for index in counts.indices { counts[index] += other.counts[index] }
    }
}

/// What was counted about one kind of call.
struct RequestSeries: Sendable {
    var requests: Int64 = 0
    var milliseconds = Histogram()
    var requestBytes = Histogram()
    var responseBytes = Histogram()

    mutating func merge(_ other: RequestSeries) {
        requests += other.requests
        milliseconds.merge(other.milliseconds)
        requestBytes.merge(other.requestBytes)
        responseBytes.merge(other.responseBytes)
    }
}

/// What was counted about one kind of TCP connection.
struct ConnectionSeries: Sendable {
    var opened: Int64 = 0
    var closed: Int64 = 0
    var sentBytes: Int64 = 0
    var receivedBytes: Int64 = 0

    mutating func merge(_ other: ConnectionSeries) {
        opened += other.opened
        closed += other.closed
        sentBytes += other.sentBytes
        receivedBytes += other.receivedBytes
    }
}

/// Istio's standard metrics, of one worker or merged over all.
struct ServiceTable: Sendable {
    /// Series beyond this are not told apart by client and flags any more.
    static let maxSeries = 10_000

    private(set) var requests: [ServiceKey: RequestSeries] = [:]
    private(set) var connections: [ServiceKey: ConnectionSeries] = [:]

    mutating func merge(_ other: ServiceTable) {
        for (key, series) in other.requests { requests[key, default: RequestSeries()].merge(series) }
        for (key, series) in other.connections { connections[key, default: ConnectionSeries()].merge(series) }
    }

    /// Counts a request that has ended.
    mutating func add(_ key: ServiceKey, _ record: borrowing StreamRecord) {
        let key = requests.count >= Self.maxSeries && requests[key] == nil ? key.coarse : key
        let nanoseconds = max(0, record.end.nanoseconds - record.start.nanoseconds)
        let received = Double(record.bytesReceived)
        let sent = Double(record.bytesSent)
        requests[key, default: RequestSeries()].note(Double(nanoseconds) / 1e6, received, sent)
    }

    /// Changes what is counted about a TCP connection.
    mutating func add(_ key: ServiceKey, _ change: (inout ConnectionSeries) -> Void) {
        let key = connections.count >= Self.maxSeries && connections[key] == nil ? key.coarse : key
        change(&connections[key, default: ConnectionSeries()])
    }
}

extension RequestSeries {
    fileprivate mutating func note(_ elapsed: Double, _ received: Double, _ sent: Double) {
        requests += 1
        milliseconds.add(elapsed)
        requestBytes.add(received)
        responseBytes.add(sent)
    }
}

extension ServiceKey {
    fileprivate var coarse: ServiceKey { ServiceKey(cluster: cluster, responseCode: responseCode) }
}
