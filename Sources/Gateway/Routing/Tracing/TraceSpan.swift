internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// A finished request as collectors hear of it: Envoy's names for what it tells.
struct TraceSpan {
    /// A request with a server error, without an answer, or of a gRPC call that failed.
    private(set) var isFailed = false
    private(set) var tags: [(name: String, value: [UInt8])] = []
    let context: TraceContext
    let start: WallTime
    let end: WallTime
    /// The host that was asked for.
    private(set) var host: [UInt8] = []
    /// `tracestate` of the caller; empty without one.
    private(set) var state: [UInt8] = []

    private static let originalPath = RequestHeaders.originalPath
    private static let requestID = Array("x-request-id".utf8)
    private static let clientTraceID = Array("x-client-trace-id".utf8)
    private static let downstreamCluster = Array("x-envoy-downstream-service-cluster".utf8)
    private static let forwardedProto = Array("x-forwarded-proto".utf8)
    private static let userAgent = Array("user-agent".utf8)
    private static let contentType = Array("content-type".utf8)
    private static let grpcTimeout = Array("grpc-timeout".utf8)
    private static let traceState = Array("tracestate".utf8)

    /// The span of a record that ended; `context` is its own.
    init(_ record: borrowing StreamRecord, _ context: TraceContext, rule: TraceRule, node: NodeIdentity) {
        self.context = context
        start = record.startTime
        end = record.startTime + (record.end - record.start)
        tags.reserveCapacity(20 + rule.tags.count)
        add("node_id", node.id)
        if let zone = node.locality?.zone, !zone.isEmpty { add("zone", zone) }
        if !record.requestHead.bytes.isEmpty { describe(record.requestHead, record, rule) }
        addDownstream(record)
        add("component", "proxy")
        if let cluster = record.upstreamCluster {
            add("upstream_cluster", cluster)
            add("upstream_cluster.name", cluster)
        }
        addOutcome(record)
        for tag in rule.tags {
            guard let value = tag.value(record.requestHead) else { continue }
            tags.append((tag.name, value))
        }
    }

    private mutating func add(_ name: String, _ value: String) { tags.append((name, Array(value.utf8))) }

    private mutating func add(_ name: String, _ head: borrowing HeadView, _ field: [UInt8]) {
        guard let range = head.value(named: field) else { return }
        tags.append((name, Array(head.bytes[range])))
    }

    private mutating func describe(
        _ head: borrowing HeadView, _ record: borrowing StreamRecord, _ rule: TraceRule
    ) {
        if let range = head.value(.host) { host = Array(head.bytes[range]) }
        if let range = head.value(named: Self.traceState) { state = Array(head.bytes[range]) }
        add("guid:x-request-id", head, Self.requestID)
        add("guid:x-client-trace-id", head, Self.clientTraceID)
        var url: [UInt8] = []
        if let range = head.value(named: Self.forwardedProto) { url += head.bytes[range] }
        url += "://".utf8
        url += host
        let path = head.bytes[head.value(named: Self.originalPath) ?? head.target]
        url += path.prefix(rule.maxPathBytes)
        tags.append(("http.url", url))
        let method = head.text(head.method).uppercased()
        add("http.method", method)
        let caller = head.value(named: Self.downstreamCluster).map { head.text($0) }
        add("downstream_cluster", caller ?? "-")
        let agent = head.value(named: Self.userAgent).map { head.text($0) }
        add("user_agent", agent ?? "-")
        guard record.isGRPC else { return }
        tags.append(("grpc.path", Array(path)))
        tags.append(("grpc.authority", host))
        add("grpc.content_type", head, Self.contentType)
        add("grpc.timeout", head, Self.grpcTimeout)
    }

    private mutating func addDownstream(_ record: borrowing StreamRecord) {
        add("http.protocol", record.protocolName ?? "-")
        var address: [UInt8] = []
        record.remoteAddress?.ip.append(to: &address)
        tags.append(("peer.address", address))
        add("request_size", String(record.bytesReceived))
        add("response_size", String(record.bytesSent))
    }

    private mutating func addOutcome(_ record: borrowing StreamRecord) {
        add("http.status_code", String(record.responseCode))
        var flags: [UInt8] = []
        record.flags.append(to: &flags)
        tags.append(("response_flags", flags))
        isFailed = record.responseCode == 0 || record.responseCode >= 500
        if let status = record.grpcStatus {
            add("grpc.status_code", String(status))
            // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: the server's fault.
            if [2, 4, 12, 13, 14, 15].contains(status) { isFailed = true }
        }
        if isFailed { add("error", "true") }
    }
}
