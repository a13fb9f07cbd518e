import Document

extension TrafficPolicy.LoadBalancer {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        self.init(
            simple: node.text("simple"),
            consistentHash: TrafficPolicy.ConsistentHash(node["consistentHash"]),
            locality: TrafficPolicy.LocalityPolicy(node["localityLbSetting"]),
            warmup: node.duration("warmupDurationSecs") ?? node["warmup"]?.duration("duration"))
    }
}

extension TrafficPolicy.ConsistentHash {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        let cookie = node["httpCookie"] ?? Node(Object())
        self.init(
            httpHeaderName: node.text("httpHeaderName"), httpCookieName: cookie.text("name"),
            httpCookiePath: cookie.text("path"), httpCookieTTL: cookie.duration("ttl"),
            httpQueryParameterName: node.text("httpQueryParameterName"),
            useSourceIP: node.flag("useSourceIp") ?? false,
            minimumRingSize: node["ringHash"]?.integer("minimumRingSize") ?? node.integer("minimumRingSize"))
    }
}

extension TrafficPolicy.LocalityPolicy {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        self.init(
            isEnabled: node.flag("enabled"),
            distribute: node.list("distribute").map { node in
                var to: [String: Int] = [:]
                for member in node.members("to") { to[member.key] = Int(clamping: member.value.int ?? 0) }
                return Distribution(from: node.text("from"), to: to)
            },
            failover: node.list("failover").map { Failover(from: $0.text("from"), to: $0.text("to")) },
            failoverPriority: node.texts("failoverPriority"))
    }
}

extension TrafficPolicy.ConnectionPool {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        let tcp = node["tcp"] ?? Node(Object())
        let http = node["http"] ?? Node(Object())
        self.init(
            maxConnections: tcp.integer("maxConnections"), connectTimeout: tcp.duration("connectTimeout"),
            tcpIdleTimeout: tcp.duration("idleTimeout"),
            maxConnectionDuration: tcp.duration("maxConnectionDuration"),
            http1MaxPendingRequests: http.integer("http1MaxPendingRequests"),
            http2MaxRequests: http.integer("http2MaxRequests"),
            maxRequestsPerConnection: http.integer("maxRequestsPerConnection"),
            maxRetries: http.integer("maxRetries"), idleTimeout: http.duration("idleTimeout"),
            h2UpgradePolicy: http.text("h2UpgradePolicy"),
            maxConcurrentStreams: http.integer("maxConcurrentStreams"))
    }
}

extension TrafficPolicy.OutlierDetection {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        self.init(
            // `consecutiveErrors` is the old name, which counted gateway errors.
            consecutive5xxErrors: node.integer("consecutive5xxErrors"),
            consecutiveGatewayErrors: node.integer("consecutiveGatewayErrors")
                ?? node.integer("consecutiveErrors"),
            consecutiveLocalOriginFailures: node.integer("consecutiveLocalOriginFailures"),
            splitsLocalOriginErrors: node.flag("splitExternalLocalOriginErrors") ?? false,
            interval: node.duration("interval"), baseEjectionTime: node.duration("baseEjectionTime"),
            maxEjectionPercent: node.integer("maxEjectionPercent"),
            minHealthPercent: node.integer("minHealthPercent"))
    }
}

extension TrafficPolicy.TLS {
    init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        self.init(
            mode: node.text("mode"), clientCertificate: node.text("clientCertificate"),
            privateKey: node.text("privateKey"), caCertificates: node.text("caCertificates"),
            credentialName: node.text("credentialName"), subjectAltNames: node.texts("subjectAltNames"),
            sni: node.text("sni"), isInsecure: node.flag("insecureSkipVerify") ?? false)
    }
}
