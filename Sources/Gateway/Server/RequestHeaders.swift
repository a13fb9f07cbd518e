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
    static let attemptCount = Array("x-envoy-attempt-count".utf8)
    private static let https = Array("https".utf8)
    private static let http = Array("http".utf8)

    static func prepare(_ head: inout HeadView, _ client: any ClientStream) {
        let settings = client.settings
        let isWebSocket =
            head.asksUpgrade && head.value(.upgrade).map { head.equals($0, "websocket") } ?? false
        head.removeHopByHop(keepingUpgrade: isWebSocket)
        let trustsClient = !settings.config.useRemoteAddress
        let makesRequestID = settings.config.generateRequestID
        head.removeFields { field in
            switch field.known {
            case .expect, .xForwardedClientCert: true
            case .xEnvoy, .xForwardedProto: !trustsClient
            case .xRequestID: !trustsClient && makesRequestID
            default: false
            }
        }
        if !trustsClient { appendAddress(&head, client) }
        if head.value(.xForwardedProto) == nil {
            head.add(forwardedProto, client.isTLS ? https : http)
        }
        if settings.config.forwardClientCertDetails == .sanitizeSet, let text = client.clientCertText {
            head.add(clientCert, text)
        }
        if makesRequestID, head.value(.xRequestID) == nil {
            let worker = client.worker
            let (high, low) = (worker.random.next(), worker.random.next())
            head.add(requestID) { UUIDv4.append(random: high, low, to: &$0) }
        }
    }

    /// Several x-forwarded-for lines are joined; the client's address comes last.
    private static func appendAddress(_ head: inout HeadView, _ client: any ClientStream) {
        let ip = client.wire.peer.ip
        if head.value(.xForwardedFor) == nil {
            head.add(forwardedFor) { ip.append(to: &$0) }
        } else {
            var all: [UInt8] = []
            for field in head.fields where field.known == .xForwardedFor && !field.value.isEmpty {
                all += head.bytes[field.value]
                all.append(UInt8(ascii: ","))
            }
            ip.append(to: &all)
            head.set(forwardedFor, all)
        }
        guard !isPrivate(ip) else { return }
        head.remove(named: externalAddress)
        head.add(externalAddress) { ip.append(to: &$0) }
    }

    private static func isPrivate(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let value):
            value >> 24 == 127 || value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8
        case .v6(let high, let low): (high == 0 && low == 1) || high >> 57 == 0x7E
        }
    }
}
