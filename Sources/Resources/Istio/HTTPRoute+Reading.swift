import Document

extension HTTPRoute {
    init(_ node: Node) {
        name = node.text("name")
        matches = node.list("match").map { HTTPMatch($0) }
        destinations = node.list("route").map { WeightedDestination($0) }
        redirect = node["redirect"].flatMap { Redirect($0) }
        directResponse = node["directResponse"].flatMap { DirectResponse($0) }
        if let target = node["delegate"], target.object != nil {
            let namespace = target.text("namespace")
            delegate = namespace.isEmpty ? target.text("name") : "\(namespace)/\(target.text("name"))"
        } else {
            delegate = ""
        }
        rewrite = node["rewrite"].flatMap { Rewrite($0) }
        timeout = node.duration("timeout").flatMap { $0 > .zero ? $0 : nil }
        retries = node["retries"].flatMap { Retries($0) }
        fault = node["fault"].flatMap { Fault($0) }
        corsPolicy = node["corsPolicy"].flatMap { CORSPolicy($0) }
        headers = RouteHeaders(node["headers"])
        mirrors = node.list("mirrors").compactMap { node in
            guard let target = node["destination"], target.object != nil else { return nil }
            return Mirror(
                destination: RouteDestination(target), percent: Self.percent(node["percentage"], legacy: nil))
        }
        if let target = node["mirror"], target.object != nil {
            let legacy = node["mirrorPercent"] ?? node["mirror_percent"]
            mirrors.insert(
                Mirror(
                    destination: RouteDestination(target),
                    percent: Self.percent(node["mirrorPercentage"], legacy: legacy)), at: 0)
        }
    }

    /// `{value: 12.5}`, an old integer, or everything when neither is given.
    static func percent(_ node: Node?, legacy: Node?) -> Double {
        let value: Double
        if let node, node.object != nil {
            value = node["value"]?.double ?? 0
        } else if let legacy, let number = legacy.double {
            value = number
        } else {
            value = 100
        }
        return min(max(value, 0), 100)
    }
}

extension HTTPRoute.Redirect {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        self.init(
            uri: node.text("uri"), authority: node.text("authority"), port: node.integer("port"),
            derivePort: node.text("derivePort"), scheme: node.text("scheme"),
            redirectCode: node.integer("redirectCode").flatMap { $0 == 0 ? nil : $0 } ?? 301)
    }
}

extension HTTPRoute.DirectResponse {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        self.init(status: node.integer("status") ?? 200, body: node["body"]?.text("string") ?? "")
    }
}

extension HTTPRoute.Rewrite {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        let regex = node["uriRegexRewrite"] ?? Node(Object())
        self.init(
            uri: node.text("uri"), authority: node.text("authority"), regex: regex.text("match"),
            regexSubstitution: regex.text("rewrite"))
    }
}

extension HTTPRoute.Retries {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        self.init(
            attempts: node.integer("attempts") ?? 0, perTryTimeout: node.duration("perTryTimeout"),
            retryOn: node.text("retryOn"), retryRemoteLocalities: node.flag("retryRemoteLocalities"))
    }
}

extension HTTPRoute.Fault {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        let delay = node["delay"] ?? Node(Object())
        let abort = node["abort"] ?? Node(Object())
        self.init(
            delay: delay.duration("fixedDelay"),
            delayPercent: HTTPRoute.percent(delay["percentage"], legacy: delay["percent"]),
            abortStatus: abort.integer("httpStatus"), abortGRPCStatus: abort.nonEmpty("grpcStatus"),
            abortPercent: HTTPRoute.percent(abort["percentage"], legacy: abort["percent"]))
    }
}

extension HTTPRoute.CORSPolicy {
    init?(_ node: Node) {
        guard node.object != nil else { return nil }
        self.init(
            allowOrigins: node.list("allowOrigins").map { StringMatch($0) }
                + node.texts("allowOrigin").map { $0 == "*" ? .regex(".*") : .exact($0) },
            allowMethods: node.texts("allowMethods"), allowHeaders: node.texts("allowHeaders"),
            exposeHeaders: node.texts("exposeHeaders"), maxAge: node.duration("maxAge"),
            allowCredentials: node.flag("allowCredentials"))
    }
}
