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
    private static let https = Array("https".utf8)
    private static let http = Array("http".utf8)

    static func prepare(_ head: inout HeadView, _ client: any ClientStream) {
        let config = client.settings.config
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
        if config.useRemoteAddress { appendAddress(&head, client) }
        if head.value(.xForwardedProto) == nil {
            head.add(forwardedProto, client.isTLS ? https : http)
        }
        if config.forwardClientCertDetails == .sanitizeSet, let text = client.clientCertText {
            head.add(clientCert, text)
        }
        if config.generateRequestID, head.value(.xRequestID) == nil {
            let worker = client.worker
            var id: [UInt8] = []
            UUIDv4.append(random: worker.random.next(), worker.random.next(), to: &id)
            head.add(requestID, id)
        }
    }

    /// Several x-forwarded-for lines are joined; the client's address comes last.
    private static func appendAddress(_ head: inout HeadView, _ client: any ClientStream) {
        let ip = client.wire.peer.ip
        var all: [UInt8] = []
        all.reserveCapacity(48)
        var isFirst = true
        for field in head.fields where field.known == .xForwardedFor {
            isFirst = false
            all += head.bytes[field.value]
            all.append(UInt8(ascii: ","))
        }
        ip.append(to: &all)
        if isFirst { head.add(forwardedFor, all) } else { head.set(forwardedFor, all) }
        guard !isPrivate(ip) else { return }
        var address: [UInt8] = []
        ip.append(to: &address)
        head.set(externalAddress, address)
    }

    private static func isPrivate(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let value):
            value >> 24 == 127 || value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8
        case .v6(let high, let low): (high == 0 && low == 1) || high >> 57 == 0x7E
        }
    }
}
