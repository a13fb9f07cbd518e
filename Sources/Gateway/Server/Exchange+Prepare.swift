internal import EnvoyConfig
internal import HTTPCodec

/// What is done to a request's head before any rule sees it.
extension Exchange {
    /// Why a head is not routed; its details in the log.
    enum Refusal: String {
        case underscore = "http1.unexpected_underscore"
        case noHost = "missing_host_header"
        case connect = "route_not_found"
        case httpsOnPlaintext = "http1.https_url_on_plaintext_connection"
        case path = "path_normalization_failed"
    }

    /// Makes the head what the rules are to see.
    ///
    /// In one access: a head that is read as a property is copied at many a call.
    func prepare(_ head: inout HeadView) -> Refusal? {
        if settings.config.commonHTTPProtocolOptions.headersWithUnderscoresAction == .rejectRequest,
            head.fields.contains(where: { head.bytes[$0.name].contains(UInt8(ascii: "_")) })
        {
            return .underscore
        }
        if head.value(.host) == nil { return .noHost }
        if head.equals(head.method, "connect") { return .connect }
        let scheme = RequestScheme.named(by: head)
        // Of a client that is trusted with nothing, a proxy before us may not have ended TLS.
        if settings.config.useRemoteAddress, !client.isTLS, !client.isHTTP2, let scheme,
            head.equals(scheme, "https")
        {
            return .httpsOnPlaintext
        }
        useAbsoluteForm(&head)
        switch settings.normalizer.apply(head.bytes[head.target]) {
        case .unchanged: break
        case .changed(let target): head.setTarget(target)
        case .rejected: return .path
        }
        RequestHeaders.prepare(&head, client)
        RequestScheme.settle(
            &head, named: scheme, isTLS: client.isTLS, isTrusted: !settings.config.useRemoteAddress)
        if let rule = settings.trace {
            let context = rule.begin(head) { worker.random.next() }
            rule.write(context, &head)
            record.trace = context
        }
        return nil
    }

    /// Answers a request that is not routed.
    func refuse(_ refusal: Refusal) {
        switch refusal {
        case .connect:
            // No route of the subset accepts CONNECT.
            record.flags.insert(.noRoute)
            reply(404, body: "", details: refusal.rawValue)
        case .underscore where client.isHTTP2:
            record.flags.insert(.downstreamProtocolError)
            record.details = "http2.unexpected_underscore"
            finish(keepsAlive: false, isWhole: false)
        case .httpsOnPlaintext: reject(403, details: refusal.rawValue)
        case .underscore, .noHost, .path: reject(400, details: refusal.rawValue)
        }
    }
}
