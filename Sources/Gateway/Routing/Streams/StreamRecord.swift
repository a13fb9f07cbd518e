internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// What is known about one request or one connection: the source of log records and of `%OPERATORS%`.
struct StreamRecord {
    var startTime = WallTime(seconds: 0)
    var start = Instant(nanoseconds: 0)
    var end = Instant(nanoseconds: 0)
    /// `HTTP/1.1`; nil on a connection that is no HTTP.
    var protocolName: String?
    /// 0 when no response was sent.
    var responseCode = 0
    var details: String?
    var flags: ResponseFlags = []
    var terminationDetails: String?
    var bytesReceived: Int64 = 0
    var bytesSent: Int64 = 0
    /// The request as it was sent on.
    var requestHead: HeadView?
    /// The response as it was passed on.
    var responseHead: HeadView?
    var routeName: String?
    var upstreamCluster: String?
    var upstreamHost: SocketAddress?
    var attempts = 0
    var upstreamFailure: String?
    var downstreamFailure: String?
    var remoteAddress: SocketAddress?
    var requestedServerName: String?
    var peerURISAN: String?

    /// The value of a numeric operator.
    func number(_ command: FormatOperator) -> Int64? {
        switch command {
        case .responseCode: Int64(responseCode)
        case .bytesReceived: bytesReceived
        case .bytesSent: bytesSent
        case .duration: max(0, (end - start).inMilliseconds)
        case .upstreamRequestAttemptCount: Int64(attempts)
        default: nil
        }
    }

    /// The value of an operator as text; nil when absent.
    func text(_ command: FormatOperator, headers: [[UInt8]]) -> String? {
        switch command {
        case .startTime: return startTime.rfc3339Milliseconds
        case .protocol: return protocolName
        case .responseCodeDetails: return details
        case .responseFlags: return flags.text
        case .connectionTerminationDetails: return terminationDetails
        case .requestHeader:
            guard let requestHead else { return nil }
            return Self.header(headers, requestHead)
        case .responseHeader:
            guard let responseHead else { return nil }
            return Self.header(headers, responseHead)
        case .routeName: return routeName.flatMap { $0.isEmpty ? nil : $0 }
        case .upstreamCluster: return upstreamCluster
        case .upstreamHost: return upstreamHost?.description
        case .upstreamTransportFailureReason: return upstreamFailure
        case .downstreamTransportFailureReason: return downstreamFailure
        case .downstreamRemoteAddress: return remoteAddress?.description
        case .downstreamRemoteAddressWithoutPort: return remoteAddress?.ip.description
        case .requestedServerName: return requestedServerName.flatMap { $0.isEmpty ? nil : $0 }
        case .downstreamPeerURISAN: return peerURISAN
        default: return number(command).map(String.init)
        }
    }

    private static func header(_ names: [[UInt8]], _ head: HeadView) -> String? {
        let facts = RequestFacts(head)
        for name in names {
            if let value = facts.value(of: name) { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }
}
