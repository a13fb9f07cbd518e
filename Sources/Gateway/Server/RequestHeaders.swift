internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec

/// What a gateway changes in every request's header section before routing.
enum RequestHeaders {
    static let originalPath = Array("x-envoy-original-path".utf8)
    static let originalHost = Array("x-envoy-original-host".utf8)
    private static let forwardedFor = Array("x-forwarded-for".utf8)
    private static let forwardedProto = Array("x-forwarded-proto".utf8)
    private static let clientCert = Array("x-forwarded-client-cert".utf8)
    private static let requestID = Array("x-request-id".utf8)
    private static let externalAddress = Array("x-envoy-external-address".utf8)
    private static let expect = Array("expect".utf8)

    static func prepare(_ head: inout HeadView, _ session: HTTPSession) {
        let config = session.settings.config
        let isWebSocket =
            head.asksUpgrade && head.value(.upgrade).map { head.equals($0, "websocket") } ?? false
        head.removeHopByHop(keepingUpgrade: isWebSocket)
        let trustsClient = !config.useRemoteAddress
        head.removeFields { field in
            switch field.known {
            case .expect, .xForwardedClientCert: true
            case .xEnvoy, .xForwardedProto: !trustsClient
            case .xRequestID: !trustsClient && config.generateRequestID
            default: false
            }
        }
        if config.useRemoteAddress { appendAddress(&head, session) }
        if head.value(.xForwardedProto) == nil {
            head.add(forwardedProto, Array((session.isTLS ? "https" : "http").utf8))
        }
        if config.forwardClientCertDetails == .sanitizeSet, let text = session.clientCertText {
            head.add(clientCert, text)
        }
        if config.generateRequestID, head.value(.xRequestID) == nil {
            let id = UUIDv4.string(random: session.worker.random.bytes16())
            head.add(requestID, Array(id.utf8))
        }
    }

    /// Several x-forwarded-for lines are joined; the client's address comes last.
    private static func appendAddress(_ head: inout HeadView, _ session: HTTPSession) {
        let ip = session.wire.peer.ip
        let address = Array(ip.description.utf8)
        var all: [UInt8] = []
        for field in head.fields where field.known == .xForwardedFor {
            if !all.isEmpty { all.append(UInt8(ascii: ",")) }
            all += head.bytes[field.value]
        }
        if !all.isEmpty { all.append(UInt8(ascii: ",")) }
        head.set(forwardedFor, all + address)
        if !isPrivate(ip) { head.set(externalAddress, address) }
    }

    private static func isPrivate(_ ip: IPAddress) -> Bool {
        if ip.isLoopback { return true }
        let bytes = ip.bytes
        if ip.isV6 { return bytes[0] & 0xFE == 0xFC }
        return bytes[0] == 10 || (bytes[0] == 172 && bytes[1] & 0xF0 == 16)
            || (bytes[0] == 192 && bytes[1] == 168)
    }
}
