internal import Bytes
internal import EnvoyConfig

/// One route, ready to match and to act on.
final class CompiledRoute: Sendable {
    enum Action: Sendable {
        case forward(ForwardRule)
        case redirect(RedirectRule)
        case direct(status: Int, body: [UInt8])
    }

    let name: String
    let rule: PathRule
    private let headers: [HeaderRule]
    private let query: [QueryRule]
    let action: Action
    let edits: HeaderEdits
    let fault: HTTPFault?
    let cors: CORSRule?

    /// `body` is the direct response's, read by the caller where it is a file.
    init(_ route: Route, body: [UInt8]) throws(RuleError) {
        name = route.name
        do {
            rule = try PathRule(route.match)
            var headers: [HeaderRule] = []
            for matcher in route.match.headers { headers.append(try HeaderRule(matcher)) }
            self.headers = headers
            var query: [QueryRule] = []
            for matcher in route.match.queryParameters { query.append(try QueryRule(matcher)) }
            self.query = query
            edits = try HeaderEdits(route.headers)
            fault = route.fault
            cors = try route.cors.map { (policy) throws(RegexPattern.SyntaxError) in try CORSRule(policy) }
            switch route.action {
            case .route(let action): self.action = .forward(try ForwardRule(action))
            case .redirect(let action): self.action = .redirect(RedirectRule(action))
            case .directResponse(let response):
                action = .direct(status: Int(response.status), body: body)
            }
        } catch {
            throw RuleError(reason: "\(error)")
        }
    }

    func matches(_ request: RequestFacts) -> Bool {
        guard rule.matches(request.path) else { return false }
        for header in headers where !header.matches(request) { return false }
        for parameter in query where !parameter.matches(request.query) { return false }
        return true
    }
}

/// A rule that cannot be compiled.
struct RuleError: Error {
    var reason: String
}

/// What a forwarding route does, compiled.
final class ForwardRule: Sendable {
    final class Target: Sendable {
        let cluster: String
        let weight: UInt64
        let hostRewrite: [UInt8]?
        let edits: HeaderEdits

        init(cluster: String, weight: UInt64, hostRewrite: [UInt8]?, edits: HeaderEdits) {
            self.cluster = cluster
            self.weight = weight
            self.hostRewrite = hostRewrite
            self.edits = edits
        }
    }

    enum PathRewrite: Sendable {
        case none
        case prefix([UInt8])
        case regex(RegexProgram, substitution: [UInt8])
    }

    struct Mirror: Sendable {
        var cluster: String
        var numerator: UInt64
        var denominator: UInt64
    }

    let targets: [Target]
    private let totalWeight: UInt64
    let notFoundStatus: Int
    let timeout: Duration
    let idleTimeout: Duration?
    let maxStreamDuration: Duration?
    let pathRewrite: PathRewrite
    let hostRewrite: [UInt8]?
    let retry: RetryRule?
    let mirrors: [Mirror]
    /// Headers that place a request on a ring, in lower case.
    let hashHeaders: [[UInt8]]
    /// Whether websocket upgrades pass; nil leaves it to the connection manager.
    let allowsUpgrade: Bool?

    init(_ action: RouteAction) throws {
        switch action.destination {
        case .cluster(let name):
            targets = [
                Target(cluster: name, weight: 1, hostRewrite: nil, edits: try HeaderEdits(HeaderChanges()))
            ]
        case .weightedClusters(let clusters):
            targets = try clusters.map { cluster in
                Target(
                    cluster: cluster.name, weight: UInt64(cluster.weight),
                    hostRewrite: cluster.hostRewriteLiteral.map { Array($0.utf8) },
                    edits: try HeaderEdits(cluster.headers))
            }
        }
        totalWeight = targets.reduce(0) { $0 + $1.weight }
        notFoundStatus = action.clusterNotFoundResponseCode.status
        timeout = action.timeout
        idleTimeout = action.idleTimeout
        maxStreamDuration = action.maxStreamDuration
        switch action.pathRewrite {
        case .none: pathRewrite = .none
        case .prefix(let text): pathRewrite = .prefix(Array(text.utf8))
        case .regex(let rewrite):
            pathRewrite = .regex(
                RegexProgram(try RegexPattern(rewrite.pattern)),
                substitution: Array(rewrite.substitution.utf8))
        }
        hostRewrite = action.hostRewriteLiteral.map { Array($0.utf8) }
        retry = action.retryPolicy.map(RetryRule.init)
        hashHeaders = action.hashHeaders.map { Array(ASCII.lowercased($0).utf8) }
        mirrors = action.requestMirrorPolicies.map { policy in
            let fraction = policy.runtimeFraction
            return Mirror(
                cluster: policy.cluster, numerator: UInt64(fraction?.numerator ?? 100),
                denominator: UInt64(fraction?.denominator.value ?? 100))
        }
        allowsUpgrade = action.upgrades.last.map(\.enabled)
    }

    /// The target that `random` falls on: its share of all numbers is weight / sum.
    func target(random: UInt64) -> Target? {
        if targets.count == 1 { return targets[0] }
        guard totalWeight > 0 else { return nil }
        var left = random % totalWeight
        for target in targets {
            if left < target.weight { return target }
            left -= target.weight
        }
        return nil
    }

    /// The rewritten target, its query kept; nil when nothing changes.
    func rewrittenTarget(_ request: RequestFacts, rule: PathRule) -> [UInt8]? {
        var path: [UInt8]
        switch pathRewrite {
        case .none: return nil
        case .prefix(let prefix):
            path = prefix + request.path.dropFirst(rule.replacedCount(of: request.path))
        case .regex(let program, let substitution):
            path = program.replacingMatches(in: request.path, with: substitution)
            // A path must not turn into something else: a control character or a query would.
            path.removeAll { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x23 }
        }
        if path.first != 0x2F { path.insert(0x2F, at: 0) }
        if let query = request.query { path += [0x3F] + query }
        return path
    }
}
