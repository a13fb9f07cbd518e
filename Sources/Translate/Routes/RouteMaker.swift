import EnvoyConfig
import Resources

/// Makes the Envoy routes of one VirtualService for one host and port.
struct RouteMaker {
    let translation: Translation
    /// The VirtualService.
    let key: ObjectKey
    /// `mesh`, or the `namespace/name` of a Gateway resource: which matches apply.
    let gateway: String
    /// The host that is called, for summaries.
    let host: String
    /// The port that is called; a destination without a port is called there too.
    let port: Int

    private var object: String { "VirtualService \(key)" }

    func warn(_ path: String, _ message: String) {
        translation.warn(object, path, message)
    }

    /// The routes of `spec.http`, in order.
    func routes(_ spec: VirtualServiceSpec) -> [Route] {
        var routes: [Route] = []
        for (index, http) in spec.http.enumerated() {
            let path = "spec.http[\(index)]"
            let name = "\(key)/" + self.name(http, index, path)
            let matches = self.matches(http, path)
            guard !matches.isEmpty else { continue }
            for (number, match) in matches.enumerated() {
                var route = Route(
                    name: matches.count == 1 ? name : "\(name).\(number)", match: match,
                    action: .directResponse(DirectResponse(status: 503)))
                act(http, path, &route, index: routes.count, summarizes: number == 0)
                if let route = checked(route, path) { routes.append(route) }
            }
        }
        return routes
    }

    /// The route as a gateway would take it: one bad route must not keep a whole update out.
    private func checked(_ route: Route, _ path: String) -> Route? {
        var reader = ConfigReader()
        _ = Route(reading: route.node, reader: &reader)
        guard let finding = reader.findings.first else { return route }
        let isMatch = reader.findings.contains { $0.path.hasPrefix("match") }
        let effect = isMatch ? "the match never applies" : "the route answers 503"
        if let field = Self.fields[finding.path] {
            warn("\(path).\(field)", "\(finding.reason): \(effect)")
        } else {
            warn(path, "\(finding.path): \(finding.reason): \(effect)")
        }
        guard !isMatch else { return nil }
        return Route(
            name: route.name, match: route.match, action: .directResponse(DirectResponse(status: 503)))
    }

    /// The VirtualService's word for a field of a route, where it has one.
    private static let fields: [String: String] = {
        let cors = "typed_per_filter_config[\"envoy.filters.http.cors\"]."
        return [
            "route.prefix_rewrite": "rewrite.uri", "route.host_rewrite_literal": "rewrite.authority",
            "route.regex_rewrite.substitution": "rewrite.uriRegexRewrite.rewrite",
            "redirect.path_redirect": "redirect.uri", "redirect.host_redirect": "redirect.authority",
            cors + "allow_methods": "corsPolicy.allowMethods",
            cors + "allow_headers": "corsPolicy.allowHeaders",
            cors + "expose_headers": "corsPolicy.exposeHeaders",
        ]
    }()

    /// The route's name, which logs and headers may show; its place where it cannot have the one written.
    private func name(_ http: HTTPRoute, _ index: Int, _ path: String) -> String {
        guard !http.name.isEmpty else { return String(index) }
        guard let fault = TextRule.line.fault(of: http.name) else { return http.name }
        warn("\(path).name", "\(fault): the route is called \(index)")
        return String(index)
    }

    // MARK: matches

    /// One match per alternative that can apply here; all requests when the route has none.
    private func matches(_ http: HTTPRoute, _ path: String) -> [RouteMatch] {
        guard !http.matches.isEmpty else { return [RouteMatch()] }
        return http.matches.enumerated().compactMap { index, match in
            let path = "\(path).match[\(index)]"
            if !match.gateways.isEmpty,
                !match.gateways.contains(where: { translation.names($0, gateway, key) })
            {
                return nil
            }
            if let number = match.port, number != port { return nil }
            if !match.sourceLabels.isEmpty || !match.sourceNamespace.isEmpty {
                warn(
                    path,
                    "sourceLabels and sourceNamespace cannot be seen by a gateway: the match never applies")
                return nil
            }
            return make(match, path)
        }
    }

    private func make(_ match: HTTPMatch, _ path: String) -> RouteMatch? {
        var result = RouteMatch()
        switch match.uri {
        case .exact(let text): result.path = .exact(text)
        case .prefix(let text): result.path = .prefix(text)
        case .regex(let text):
            guard isRegex(text, "\(path).uri.regex") else { return nil }
            result.path = .safeRegex(text)
        case .present, nil: break
        }
        if match.ignoresURICase { result.caseSensitive = false }
        var headers: [(String, StringMatch, Bool, String)] = []
        if let method = match.method { headers.append((":method", method, false, "method")) }
        if let authority = match.authority { headers.append((":authority", authority, false, "authority")) }
        if let scheme = match.scheme { headers.append((":scheme", scheme, false, "scheme")) }
        headers += match.headers.map { ($0.name, $0.match, false, "headers") }
        headers += match.withoutHeaders.map { ($0.name, $0.match, true, "withoutHeaders") }
        for (name, value, isInverted, field) in headers {
            guard HTTPNames.isField(name) else {
                warn("\(path).\(field)", "\"\(name)\" is not a header name: the match never applies")
                return nil
            }
            guard let matcher = matcher(value, "\(path).\(field)") else { return nil }
            let condition: HeaderMatcher.Condition =
                switch matcher {
                case .some(let matcher): .string(matcher)
                case .none: .present(true)
                }
            result.headers.append(HeaderMatcher(name, condition, invert: isInverted))
        }
        for parameter in match.queryParams {
            guard let matcher = matcher(parameter.match, "\(path).queryParams") else { return nil }
            let condition: QueryParameterMatcher.Condition =
                switch matcher {
                case .some(let matcher): .string(matcher)
                case .none: .present(true)
                }
            result.queryParameters.append(QueryParameterMatcher(parameter.name, condition))
        }
        return result
    }

    /// Nil when it cannot match; `.some(nil)` for mere presence.
    private func matcher(_ match: StringMatch, _ path: String) -> StringMatcher?? {
        switch match {
        case .exact(let text): return .some(StringMatcher(.exact(text)))
        case .prefix(let text): return .some(text.isEmpty ? nil : StringMatcher(.prefix(text)))
        case .regex(let text):
            guard isRegex(text, path) else { return nil }
            return .some(StringMatcher(.safeRegex(text)))
        case .present: return .some(nil)
        }
    }

    func isRegex(_ text: String, _ path: String) -> Bool {
        do {
            _ = try RegexPattern(text)
            if !text.isEmpty { return true }
            warn(path, "an empty regex matches nothing: the match never applies")
        } catch {
            warn(path, "\(error): the match never applies")
        }
        return false
    }
}

/// Names on the wire.
enum HTTPNames {
    /// RFC 9110 5.6.2, or a pseudo-header.
    static func isField(_ name: String) -> Bool {
        let token = name.hasPrefix(":") ? name.dropFirst() : name[...]
        return !token.isEmpty
            && token.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
