internal import Bytes
internal import Reactor
internal import TLS

/// The kept connections of a client.
///
/// Confined to its loop.
final class ClientPool {
    /// What makes connections interchangeable.
    struct Key: Hashable {
        let host: String
        let port: UInt16
        let addresses: [SocketAddress]
        /// A context is one identity and one way to verify: never share across it.
        let tls: ObjectIdentifier?
        let serverName: String?

        init(_ request: HTTPClientRequest) {
            host = request.host.lowercased()
            port = request.port
            addresses = request.addresses
            tls = request.tls.map { ObjectIdentifier($0) }
            serverName = request.sni
        }
    }

    private static let maxIdlePerKey = 16
    private static let idleTime = Duration.seconds(55)

    private final class Idle {
        let channel: Channel
        /// Held so that the key's identity stays taken.
        let tls: TLSClientContext?
        var timer: LoopTimer?
        init(_ channel: Channel, _ tls: TLSClientContext?) {
            self.channel = channel
            self.tls = tls
        }
    }

    private let loop: EventLoop
    private var idle: [Key: [Idle]] = [:]
    private var isRetired = false

    init(_ loop: EventLoop) { self.loop = loop }

    /// The connection used last, which is the one least likely to be closed by now.
    func take(_ key: Key) -> Channel? {
        while let candidate = idle[key]?.popLast() {
            if idle[key]?.isEmpty == true { idle[key] = nil }
            candidate.timer?.disarm()
            candidate.channel.onReadable = nil
            candidate.channel.onClosed = nil
            if candidate.channel.isOpen, !candidate.channel.isInputEnded, candidate.channel.inputCount == 0 {
                return candidate.channel
            }
            candidate.channel.abort()
        }
        return nil
    }

    /// Keeps a connection whose exchange ended in order.
    func put(_ channel: Channel, _ key: Key, _ tls: TLSClientContext?) {
        guard !isRetired, channel.isOpen, !channel.isInputEnded, channel.inputCount == 0,
            (idle[key]?.count ?? 0) < Self.maxIdlePerKey
        else {
            channel.closeAfterFlush()
            return
        }
        let entry = Idle(channel, tls)
        let timer = loop.makeTimer { [unowned self, unowned entry] in drop(entry, key) }
        timer.arm(at: loop.now() + Self.idleTime)
        entry.timer = timer
        channel.onWritable = nil
        // TLS may bring tickets, which are no input; bytes or the end mean that the server is done with it.
        channel.onReadable = { [unowned self, unowned entry] in drop(entry, key) }
        channel.onClosed = { [unowned self, unowned entry] _ in remove(entry, key) }
        idle[key, default: []].append(entry)
        channel.resumeReading()
    }

    private func drop(_ entry: Idle, _ key: Key) {
        let channel = entry.channel
        remove(entry, key)
        channel.closeAfterFlush()
    }

    private func remove(_ entry: Idle, _ key: Key) {
        entry.timer?.disarm()
        entry.channel.onReadable = nil
        entry.channel.onClosed = nil
        idle[key]?.removeAll { $0 === entry }
        if idle[key]?.isEmpty == true { idle[key] = nil }
    }

    /// Closes all that are kept now.
    func closeAll() {
        for (key, entries) in idle { for entry in entries { drop(entry, key) } }
    }

    /// Closes all that are kept and keeps none from now on: channels outlive the pool, which they call back.
    func retire() {
        isRetired = true
        closeAll()
    }

    var count: Int { idle.values.reduce(0) { $0 + $1.count } }
}
