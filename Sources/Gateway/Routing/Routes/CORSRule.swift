internal import EnvoyConfig

/// A compiled CORS policy.
struct CORSRule: Sendable {
    private let origins: [TextMatcher]
    private let policy: CORSPolicy

    init(_ policy: CORSPolicy) throws(RegexPattern.SyntaxError) {
        var origins: [TextMatcher] = []
        for matcher in policy.allowOriginStringMatch { origins.append(try TextMatcher(matcher)) }
        self.origins = origins
        self.policy = policy
    }

    func allows(_ origin: ArraySlice<UInt8>) -> Bool { origins.contains { $0.matches(origin) } }

    /// Headers of the answer to a preflight of an allowed origin.
    func preflightHeaders(origin: [UInt8]) -> [([UInt8], [UInt8])] {
        var headers = responseHeaders(origin: origin, withExposed: false)
        func add(_ name: String, _ value: String) {
            if !value.isEmpty { headers.append((Array(name.utf8), Array(value.utf8))) }
        }
        add("access-control-allow-methods", policy.allowMethods)
        add("access-control-allow-headers", policy.allowHeaders)
        add("access-control-max-age", policy.maxAge)
        return headers
    }

    /// Headers of an ordinary answer to an allowed origin.
    func responseHeaders(origin: [UInt8], withExposed: Bool = true) -> [([UInt8], [UInt8])] {
        var headers = [(Array("access-control-allow-origin".utf8), origin)]
        if policy.allowCredentials {
            headers.append((Array("access-control-allow-credentials".utf8), Array("true".utf8)))
        }
        if withExposed, !policy.exposeHeaders.isEmpty {
            headers.append(
                (Array("access-control-expose-headers".utf8), Array(policy.exposeHeaders.utf8)))
        }
        return headers
    }
}
