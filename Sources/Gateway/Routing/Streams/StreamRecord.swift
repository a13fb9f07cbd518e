internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// What is known about one request or one connection: the source of log records, metrics and `%OPERATORS%`.
struct StreamRecord {
    var startTime = WallTime(seconds: 0)
    var start = Instant(nanoseconds: 0)
    var end = Instant(nanoseconds: 0)
    /// When the request's last byte was here; nil before that.
    var requestEnd: Instant?
    /// When the response's head was here; nil before that.
    var responseStart: Instant?
    /// `HTTP/1.1`; nil on a connection that is no HTTP.
    var protocolName: String?
    /// The same towards the endpoint.
    var upstreamProtocol: String?
    /// 0 when no response was sent.
    var responseCode = 0
    var details: String?
    var flags: ResponseFlags = []
    var terminationDetails: String?
    var bytesReceived: Int64 = 0
    var bytesSent: Int64 = 0
    /// The request as it was sent on; empty on a connection that is no HTTP.
    var requestHead = HeadView()
    /// The response as it was passed on; empty when there was none.
    var responseHead = HeadView()
    var routeName: String?
    var upstreamCluster: String?
    var upstreamHost: SocketAddress?
    var upstreamLocalAddress: SocketAddress?
    var attempts = 0
    var upstreamFailure: String?
    var downstreamFailure: String?
    var remoteAddress: SocketAddress?
    /// Set only while it is logged: what it belongs to may hold the record itself.
    var connection: (any ConnectionFacts)?
    var requestedServerName: String?
    var peerURISAN: String?
    /// Whether the request is a gRPC call.
    var isGRPC = false
    /// Of a gRPC call's head or trailers; nil on any other request.
    var grpcStatus: Int?
    /// Nil without tracing.
    var trace: TraceContext?

    /// The value of a numeric operator; nil when absent or not numeric.
    func number(_ command: FormatOperator) -> Int64? {
        switch command {
        case .responseCode: Int64(responseCode)
        case .bytesReceived: bytesReceived
        case .bytesSent: bytesSent
        case .duration: max(0, (end - start).inMilliseconds)
        case .requestDuration: requestEnd.map { max(0, ($0 - start).inMilliseconds) }
        case .responseDuration: responseStart.map { max(0, ($0 - start).inMilliseconds) }
        case .responseTxDuration: responseStart.map { max(0, (end - $0).inMilliseconds) }
        case .upstreamRequestAttemptCount: Int64(attempts)
        case .downstreamRemotePort: remoteAddress.map { Int64($0.port) }
        case .downstreamLocalPort: connection?.localAddress.map { Int64($0.port) }
        case .connectionID: connection.map { Int64(bitPattern: $0.number) }
        case .grpcStatusNumber: grpcStatus.map(Int64.init)
        default: nil
        }
    }

    /// Appends the value of an operator; false, and nothing appended, when it is absent.
    func append(_ command: FormatOperator, headers: [HeaderName], to text: inout [UInt8]) -> Bool {
        switch command {
        case .startTime: startTime.appendMilliseconds(to: &text)
        case .responseFlags: flags.append(to: &text)
        case .requestHeader: return Self.append(headers, requestHead, to: &text)
        case .responseHeader: return Self.append(headers, responseHead, to: &text)
        case .upstreamHost, .upstreamRemoteAddress: return Self.append(upstreamHost, to: &text)
        case .upstreamLocalAddress: return Self.append(upstreamLocalAddress, to: &text)
        case .downstreamRemoteAddress, .downstreamDirectRemoteAddress:
            return Self.append(remoteAddress, to: &text)
        case .downstreamRemoteAddressWithoutPort, .downstreamDirectRemoteAddressWithoutPort:
            return Self.append(ip: remoteAddress, to: &text)
        case .downstreamLocalAddress: return Self.append(connection?.localAddress, to: &text)
        case .downstreamLocalAddressWithoutPort: return Self.append(ip: connection?.localAddress, to: &text)
        case .downstreamPeerFingerprint:
            guard let peerFingerprint = connection?.peerFingerprint else { return false }
            text += Hex.encode(peerFingerprint).utf8
        case .traceID:
            guard let trace else { return false }
            text += trace.traceID
        case .protocol, .upstreamProtocol, .responseCodeDetails, .connectionTerminationDetails, .routeName,
            .upstreamCluster, .upstreamTransportFailureReason, .downstreamTransportFailureReason,
            .requestedServerName, .downstreamPeerURISAN, .downstreamLocalURISAN, .downstreamTLSVersion,
            .grpcStatus:
            guard let value = word(command), !value.isEmpty else { return false }
            text += value.utf8
        case .responseCode, .bytesReceived, .bytesSent, .duration, .requestDuration, .responseDuration,
            .responseTxDuration, .upstreamRequestAttemptCount, .downstreamRemotePort, .downstreamLocalPort,
            .connectionID, .grpcStatusNumber:
            guard let value = number(command) else { return false }
            DecimalText.append(value, to: &text)
        }
        return true
    }

    private func word(_ command: FormatOperator) -> String? {
        switch command {
        case .protocol: protocolName
        case .upstreamProtocol: upstreamProtocol
        case .responseCodeDetails: details
        case .connectionTerminationDetails: terminationDetails
        case .routeName: routeName
        case .upstreamCluster: upstreamCluster
        case .upstreamTransportFailureReason: upstreamFailure
        case .downstreamTransportFailureReason: downstreamFailure
        case .requestedServerName: requestedServerName
        case .downstreamPeerURISAN: peerURISAN
        case .downstreamLocalURISAN: connection?.ownURISAN
        case .downstreamTLSVersion: connection?.tlsVersion
        case .grpcStatus: grpcStatus.map(GRPCStatus.name)
        default: nil
        }
    }

    private static func append(_ address: SocketAddress?, to text: inout [UInt8]) -> Bool {
        address?.append(to: &text)
        return address != nil
    }

    private static func append(ip address: SocketAddress?, to text: inout [UInt8]) -> Bool {
        address?.ip.append(to: &text)
        return address != nil
    }

    /// The first of these headers that the head has, and of several lines of it the first, as in Envoy.
    private static func append(
        _ names: [HeaderName], _ head: borrowing HeadView, to text: inout [UInt8]
    ) -> Bool {
        for name in names where append(name, head, to: &text) { return true }
        return false
    }

    private static func append(
        _ name: HeaderName, _ head: borrowing HeadView, to text: inout [UInt8]
    ) -> Bool {
        if let range = name.pseudo(head) {
            text.append(copying: head.bytes.span.extracting(range))
            return true
        }
        guard let index = head.fields.indices.first(where: { name.matches(head.fields[$0], head) }) else {
            return false
        }
        text.append(copying: head.bytes.span.extracting(head.fields[index].value))
        return true
    }
}
