internal import EnvoyConfig

/// Who calls, and where.
struct CallerFacts {
    /// The URI SANs of a verified certificate; nil without a certificate.
    var uriSANs: [String]?
    var destinationPort: UInt16
    var requestedServerName: String
}

/// Compiled RBAC rules: a policy matches when one permission and one principal do.
struct AccessRules: Sendable {
    /// What a filter decided, with the words of `rbac_access_denied_matched_policy[...]`.
    enum Decision: Equatable {
        case allowed
        case denied(policy: String)

        var details: String? {
            guard case .denied(let policy) = self else { return nil }
            return "rbac_access_denied_matched_policy[\(policy)]"
        }
    }

    private indirect enum Permission: Sendable {
        case any
        case header(HeaderRule)
        case path(TextMatcher)
        case all([Permission])
        case either([Permission])
        case not(Permission)
        case port(UInt32)
        case serverName(TextMatcher)
    }

    private indirect enum Principal: Sendable {
        case any
        case authenticated(TextMatcher?)
        case all([Principal])
        case either([Principal])
        case not(Principal)
        case header(HeaderRule)
    }

    private struct Policy: Sendable {
        var name: String
        var permissions: [Permission]
        var principals: [Principal]
    }

    private let denies: Bool
    private let policies: [Policy]

    init(_ rules: RBACRules) throws(RegexPattern.SyntaxError) {
        denies = rules.action == .deny
        var compiled: [Policy] = []
        for (name, policy) in rules.policies.sorted(by: { $0.key < $1.key }) {
            var permissions: [Permission] = []
            for permission in policy.permissions { permissions.append(try Self.compile(permission)) }
            var principals: [Principal] = []
            for principal in policy.principals { principals.append(try Self.compile(principal)) }
            compiled.append(Policy(name: name, permissions: permissions, principals: principals))
        }
        policies = compiled
    }

    private static func compile(_ rule: EnvoyConfig.Permission) throws(RegexPattern.SyntaxError) -> Permission
    {
        switch rule {
        case .any: return .any
        case .header(let matcher): return .header(try HeaderRule(matcher))
        case .urlPath(let matcher): return .path(try TextMatcher(matcher))
        case .and(let rules):
            var all: [Permission] = []
            for rule in rules { all.append(try compile(rule)) }
            return .all(all)
        case .or(let rules):
            var all: [Permission] = []
            for rule in rules { all.append(try compile(rule)) }
            return .either(all)
        case .not(let rule): return .not(try compile(rule))
        case .destinationPort(let port): return .port(port)
        case .requestedServerName(let matcher): return .serverName(try TextMatcher(matcher))
        }
    }

    private static func compile(_ rule: EnvoyConfig.Principal) throws(RegexPattern.SyntaxError) -> Principal {
        switch rule {
        case .any: return .any
        case .authenticated(let matcher):
            guard let matcher else { return .authenticated(nil) }
            return .authenticated(try TextMatcher(matcher))
        case .and(let rules):
            var all: [Principal] = []
            for rule in rules { all.append(try compile(rule)) }
            return .all(all)
        case .or(let rules):
            var all: [Principal] = []
            for rule in rules { all.append(try compile(rule)) }
            return .either(all)
        case .not(let rule): return .not(try compile(rule))
        case .header(let matcher): return .header(try HeaderRule(matcher))
        }
    }

    /// Decides about a connection (`request` nil: no header and no path matches) or a request.
    func decide(_ caller: CallerFacts, _ request: RequestFacts?) -> Decision {
        let matched = policies.first { policy in
            policy.permissions.contains { Self.holds($0, caller, request) }
                && policy.principals.contains { Self.holds($0, caller, request) }
        }
        if denies { return matched.map { .denied(policy: $0.name) } ?? .allowed }
        return matched == nil ? .denied(policy: "none") : .allowed
    }

    private static func holds(_ rule: Permission, _ caller: CallerFacts, _ request: RequestFacts?) -> Bool {
        switch rule {
        case .any: true
        case .header(let header): request.map(header.matches) ?? false
        case .path(let matcher): request.map { matcher.matches($0.path) } ?? false
        case .all(let rules): rules.allSatisfy { holds($0, caller, request) }
        case .either(let rules): rules.contains { holds($0, caller, request) }
        case .not(let rule): !holds(rule, caller, request)
        case .port(let port): port == UInt32(caller.destinationPort)
        case .serverName(let matcher): matcher.matches(caller.requestedServerName)
        }
    }

    private static func holds(_ rule: Principal, _ caller: CallerFacts, _ request: RequestFacts?) -> Bool {
        switch rule {
        case .any: true
        case .authenticated(nil): caller.uriSANs != nil
        case .authenticated(let matcher?): caller.uriSANs?.contains { matcher.matches($0) } ?? false
        case .all(let rules): rules.allSatisfy { holds($0, caller, request) }
        case .either(let rules): rules.contains { holds($0, caller, request) }
        case .not(let rule): !holds(rule, caller, request)
        case .header(let header): request.map(header.matches) ?? false
        }
    }
}
