import EnvoyConfig
import Resources

extension RouteMaker {
    /// Fills in what becomes of the matching requests.
    func act(_ http: HTTPRoute, _ path: String, _ route: inout Route, index: Int, summarizes: Bool) {
        route.headers = headers(http.headers, "\(path).headers")
        if let fault = http.fault { route.fault = make(fault, "\(path).fault") }
        if let policy = http.corsPolicy { route.cors = make(policy, "\(path).corsPolicy") }
        if !http.delegate.isEmpty {
            warn("\(path).delegate", "is not supported: the route answers 503")
            return
        }
        if let redirect = http.redirect {
            route.action = .redirect(make(redirect, "\(path).redirect"))
            return
        }
        if let response = http.directResponse {
            route.action = .directResponse(
                DirectResponse(
                    status: UInt32(clamping: min(max(response.status, 200), 599)),
                    body: response.body.isEmpty ? nil : String(response.body.prefix(1024))))
            return
        }
        let targets = destinations(http.destinations, "\(path).route")
        guard !targets.isEmpty else {
            warn(path, "has no destination: the route answers 503")
            return
        }
        var action = RouteAction()
        action.timeout = http.timeout ?? .zero
        action.retryPolicy = RetryPolicies.make(http.retries) { warn("\(path).retries.retryOn", $0) }
        action.upgrades = [.websocket]
        if let rewrite = http.rewrite { apply(rewrite, "\(path).rewrite", to: &action) }
        if let host = hostRewrite(http.headers) { action.hostRewriteLiteral = host }
        setDestination(targets, http.destinations, path, &action)
        for (number, mirror) in http.mirrors.enumerated() {
            if let policy = make(mirror, "\(path).mirror[\(number)]") {
                action.requestMirrorPolicies.append(policy)
            }
        }
        action.hashHeaders = Set(targets.compactMap { translation.hashHeader($0.host, subset: $0.subset) })
            .sorted()
        route.action = .route(action)
        if summarizes {
            summarize(targets, mirrors: http.mirrors, name: route.name, index: index)
        }
    }

    private func setDestination(
        _ targets: [WeightedTarget], _ destinations: [WeightedDestination], _ path: String,
        _ action: inout RouteAction
    ) {
        if targets.count == 1, destinations[0].headers.isEmpty {
            action.destination = .cluster(targets[0].cluster)
            return
        }
        action.destination = .weightedClusters(
            targets.enumerated().map { index, target in
                var cluster = WeightedCluster(target.cluster, weight: target.effectiveWeight)
                let headers = destinations[index].headers
                cluster.headers = self.headers(headers, "\(path).route[\(index)].headers")
                cluster.hostRewriteLiteral = hostRewrite(headers)
                return cluster
            })
    }

    private func summarize(
        _ targets: [WeightedTarget], mirrors: [HTTPRoute.Mirror], name: String, index: Int
    ) {
        translation.add(
            RouteSummary(
                gateway: gateway, host: host, port: port, virtualService: key.description, index: index,
                name: name,
                destinations: targets.map(\.summary),
                mirrors: mirrors.map {
                    translation.hosts.fullName($0.destination.host, namespace: key.namespace)
                }))
    }

    // MARK: parts

    private func make(_ mirror: HTTPRoute.Mirror, _ path: String) -> RequestMirrorPolicy? {
        guard mirror.percent > 0 else { return nil }
        let target = resolve(mirror.destination, path)
        return RequestMirrorPolicy(
            cluster: target.cluster, fraction: mirror.percent == 100 ? nil : Self.fraction(mirror.percent))
    }

    private func make(_ fault: HTTPRoute.Fault, _ path: String) -> HTTPFault? {
        var result = HTTPFault()
        if let delay = fault.delay, delay > .zero, fault.delayPercent > 0 {
            result.delay = .init(delay, percentage: Self.fraction(fault.delayPercent))
        }
        if let status = fault.abortStatus, (200...599).contains(status), fault.abortPercent > 0 {
            result.abort = .init(httpStatus: UInt32(status), percentage: Self.fraction(fault.abortPercent))
        } else if fault.abortGRPCStatus != nil {
            warn("\(path).abort.grpcStatus", "is not supported")
        }
        return result.delay == nil && result.abort == nil ? nil : result
    }

    private func make(_ policy: HTTPRoute.CORSPolicy, _ path: String) -> EnvoyConfig.CORSPolicy {
        var result = EnvoyConfig.CORSPolicy()
        for (index, origin) in policy.allowOrigins.enumerated() {
            switch origin {
            case .exact(let text): result.allowOriginStringMatch.append(StringMatcher(.exact(text)))
            case .prefix(let text) where !text.isEmpty:
                result.allowOriginStringMatch.append(StringMatcher(.prefix(text)))
            case .regex(let text):
                guard isRegex(text, "\(path).allowOrigins[\(index)].regex") else { continue }
                result.allowOriginStringMatch.append(StringMatcher(.safeRegex(text)))
            case .prefix, .present: result.allowOriginStringMatch.append(StringMatcher(.safeRegex(".*")))
            }
        }
        result.allowMethods = policy.allowMethods.joined(separator: ",")
        result.allowHeaders = policy.allowHeaders.joined(separator: ",")
        result.exposeHeaders = policy.exposeHeaders.joined(separator: ",")
        result.maxAge = policy.maxAge.map { String($0.components.seconds) } ?? ""
        result.allowCredentials = policy.allowCredentials ?? false
        return result
    }

    private func make(_ redirect: HTTPRoute.Redirect, _ path: String) -> RedirectAction {
        var result = RedirectAction()
        if !redirect.uri.isEmpty { result.path = .redirect(redirect.uri) }
        result.hostRedirect = redirect.authority
        switch redirect.scheme.lowercased() {
        case "": break
        case "https": result.httpsRedirect = true
        default: warn("\(path).scheme", "only https is supported")
        }
        if let port = redirect.port, port > 0 { result.portRedirect = UInt32(clamping: min(port, 65535)) }
        switch redirect.redirectCode {
        case 301: result.responseCode = .movedPermanently
        case 302: result.responseCode = .found
        case 303: result.responseCode = .seeOther
        case 307: result.responseCode = .temporaryRedirect
        case 308: result.responseCode = .permanentRedirect
        default: warn("\(path).redirectCode", "\(redirect.redirectCode) is not supported; 301 is sent")
        }
        return result
    }

    private func apply(_ rewrite: HTTPRoute.Rewrite, _ path: String, to action: inout RouteAction) {
        if !rewrite.authority.isEmpty { action.hostRewriteLiteral = rewrite.authority }
        if !rewrite.regex.isEmpty {
            if isRegex(rewrite.regex, "\(path).uriRegexRewrite.match") {
                action.pathRewrite = .regex(
                    RegexRewrite(pattern: rewrite.regex, substitution: rewrite.regexSubstitution))
            }
        } else if !rewrite.uri.isEmpty {
            action.pathRewrite = .prefix(rewrite.uri)
        }
    }

    /// A percentage in Envoy's terms: whole percents of 100, others of a million.
    static func fraction(_ percent: Double) -> FractionalPercent {
        if percent == percent.rounded() { return FractionalPercent(UInt32(percent)) }
        return FractionalPercent(UInt32((percent * 10_000).rounded()), of: .million)
    }

    // MARK: headers

    /// Istio's header operations in Envoy's terms, sorted by name.
    private func headers(_ headers: RouteHeaders, _ path: String) -> HeaderChanges {
        var changes = HeaderChanges()
        changes.requestAdd = added(headers.request, "\(path).request")
        changes.requestRemove = removed(headers.request, "\(path).request")
        changes.responseAdd = added(headers.response, "\(path).response")
        changes.responseRemove = removed(headers.response, "\(path).response")
        return changes
    }

    private func added(_ operations: HeaderOperations, _ path: String) -> [HeaderValueOption] {
        let set = operations.set.sorted { $0.key < $1.key }.compactMap {
            option($0.key, $0.value, .overwriteIfExistsOrAdd, "\(path).set")
        }
        let add = operations.add.sorted { $0.key < $1.key }.compactMap {
            option($0.key, $0.value, .appendIfExistsOrAdd, "\(path).add")
        }
        return set + add
    }

    private func removed(_ operations: HeaderOperations, _ path: String) -> [String] {
        operations.remove.filter { name in
            let isFine = HTTPNames.isField(name) && !Self.isHost(name) && !name.hasPrefix(":")
            if !isFine { warn("\(path).remove", "\"\(name)\" cannot be removed") }
            return isFine
        }
    }

    private func option(
        _ name: String, _ value: String, _ action: HeaderValueOption.AppendAction, _ path: String
    ) -> HeaderValueOption? {
        if Self.isHost(name) { return nil }
        guard HTTPNames.isField(name), !name.hasPrefix(":"), TextRule.line.fault(of: value) == nil else {
            warn(path, "\"\(name)\" cannot be set")
            return nil
        }
        // A percent sign that starts no operator stands for itself.
        let text = (try? FormatString(value)) == nil ? value.escapingPercent : value
        return HeaderValueOption(name, text, action)
    }

    /// Setting Host means rewriting it.
    private func hostRewrite(_ headers: RouteHeaders) -> String? {
        headers.request.set.sorted { $0.key < $1.key }.first { Self.isHost($0.key) }?.value
    }

    private static func isHost(_ name: String) -> Bool {
        ["host", ":authority"].contains(name.lowercased())
    }
}

extension String {
    /// `%` written as `%%`.
    fileprivate var escapingPercent: String {
        String(flatMap { $0 == "%" ? "%%" : String($0) })
    }
}
