import EnvoyConfig
import Resources

/// A destination of a route with the share it gets.
struct WeightedTarget {
    /// The service's full name, as written if it is unknown.
    var host: String
    var port: Int
    var subset: String
    /// The peer it is imported from; empty is this mesh.
    var peer: String
    /// The cluster, which does not exist when the destination is unknown.
    var cluster: String
    var isReady: Bool
    var isKnown: Bool
    var weight: UInt32 = 0
    var effectiveWeight: UInt32 = 0

    var summary: RouteSummary.Destination {
        RouteSummary.Destination(
            host: host, port: port, subset: subset, peer: peer, weight: Int(weight),
            effectiveWeight: Int(effectiveWeight))
    }
}

extension RouteMaker {
    /// The destinations with their effective weights.
    ///
    /// Empty when they sum to nothing.
    func destinations(_ destinations: [WeightedDestination], _ path: String) -> [WeightedTarget] {
        var targets = destinations.enumerated().map { index, destination in
            var target = resolve(destination.destination, "\(path)[\(index)].destination")
            // A single destination gets everything, whatever its weight says.
            target.weight = destinations.count == 1 ? 100 : UInt32(clamping: max(destination.weight ?? 0, 0))
            return target
        }
        guard targets.count > 1 else {
            for index in targets.indices { targets[index].effectiveWeight = targets[index].weight }
            return targets
        }
        let sum = targets.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
        guard sum > 0, sum <= UInt64(UInt32.max) else {
            warn(path, sum == 0 ? "the weights sum to 0" : "the weights sum to more than \(UInt32.max)")
            return []
        }
        Self.balance(&targets)
        return targets
    }

    /// Sets effective weights: as written, but nothing for a known destination with no ready endpoint while
    /// another has one.
    ///
    /// Envoy picks the cluster first and would answer 503 for the empty one's share.
    static func balance(_ targets: inout [WeightedTarget]) {
        let isAnyReady = targets.contains { $0.isKnown && $0.isReady && $0.weight > 0 }
        for index in targets.indices {
            let target = targets[index]
            let isEmpty = target.isKnown && !target.isReady
            targets[index].effectiveWeight = isAnyReady && isEmpty ? 0 : target.weight
        }
    }

    /// The cluster that a destination means now: of several that serve it the first with a ready endpoint.
    func resolve(_ destination: RouteDestination, _ path: String) -> WeightedTarget {
        let host = translation.hosts.fullName(destination.host, namespace: key.namespace)
        guard let entry = translation.hosts.entries[host] else {
            warn(path, "\(host) is not a service of this mesh nor an imported one: its share is answered 503")
            let port = destination.port ?? port
            return unknown(host, port, destination.subset)
        }
        let port = port(of: destination, entry, path)
        let tiers = translation.tiers(entry, port: port, subset: destination.subset)
        guard let tier = tiers.first(where: \.isReady) ?? tiers.first else {
            if entry.port(port) == nil {
                warn(path, "\(host) has no port \(port): its share is answered 503")
            } else {
                warn(
                    path,
                    "no DestinationRule defines subset \(destination.subset) of \(host): its share is answered 503"
                )
            }
            return unknown(host, port, destination.subset)
        }
        return WeightedTarget(
            host: host, port: port, subset: destination.subset, peer: tier.peer, cluster: tier.cluster,
            isReady: tier.isReady, isKnown: true)
    }

    /// A destination that is not there: any name will do for its cluster, but one that a gateway takes.
    private func unknown(_ host: String, _ port: Int, _ subset: String) -> WeightedTarget {
        let isName = TextRule.line.fault(of: host + subset) == nil
        return WeightedTarget(
            host: host, port: port, subset: subset, peer: "",
            cluster: isName ? ClusterNames.outbound(port, subset, host) : "outbound|\(port)||unknown",
            isReady: false, isKnown: false)
    }

    /// The port of a destination: as written, else the service's only one, else the one that was called.
    private func port(of destination: RouteDestination, _ entry: HostEntry, _ path: String) -> Int {
        if let port = destination.port { return port }
        if entry.ports.count == 1 { return entry.ports[0].number }
        if entry.port(port) != nil { return port }
        if let port = entry.defaultHTTPPort {
            warn("\(path).port", "is needed: \(entry.hostname) has several ports; \(port) is used")
            return port
        }
        return port
    }
}

/// Retry policies as Istio has them.
enum RetryPolicies {
    /// Two more tries when the request cannot have been handled, on another endpoint if there is one.
    static var `default`: RetryPolicy {
        var policy = RetryPolicy()
        policy.retryOn = [.connectFailure, .refusedStream, .unavailable, .cancelled]
        policy.numRetries = 2
        policy.avoidsPreviousHosts = true
        policy.hostSelectionRetryMaxAttempts = 5
        return policy
    }

    /// The policy of a route; nil does not retry.
    static func make(_ retries: HTTPRoute.Retries?, warn: (String) -> Void) -> RetryPolicy? {
        guard let retries else { return .some(`default`) }
        guard retries.attempts > 0 else { return nil }
        var policy = `default`
        policy.numRetries = UInt32(clamping: retries.attempts)
        if let timeout = retries.perTryTimeout, timeout > .zero { policy.perTryTimeout = timeout }
        guard !retries.retryOn.isEmpty else { return policy }
        policy.retryOn = []
        for part in retries.retryOn.split(separator: ",") {
            let word = String(part.filter { $0 != " " })
            if let status = UInt32(word), (100...599).contains(status) {
                policy.retriableStatusCodes.append(status)
                if !policy.retryOn.contains(.retriableStatusCodes) {
                    policy.retryOn.append(.retriableStatusCodes)
                }
            } else if let condition = RetryPolicy.Condition(rawValue: word) {
                if !policy.retryOn.contains(condition) { policy.retryOn.append(condition) }
            } else {
                warn("\"\(word)\" is not supported")
            }
        }
        return policy
    }
}
