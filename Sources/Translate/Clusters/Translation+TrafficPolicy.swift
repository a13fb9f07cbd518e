import EnvoyConfig
import Resources

extension Translation {
    /// Applies a DestinationRule: its own policy, over that its subset's, over both their settings for the port.
    func apply(_ rule: DestinationRules.Rule?, subset: String, port: Int, to cluster: inout Cluster) {
        guard let rule else { return }
        for policy in [rule.trafficPolicy, rule.subsets[subset]?.trafficPolicy].compactMap(\.self) {
            apply(policy.loadBalancer, rule, to: &cluster)
            apply(policy.connectionPool, to: &cluster)
            apply(policy.outlierDetection, to: &cluster)
            check(policy.tls, rule)
            for settings in policy.portPolicies where settings.port == port {
                apply(settings.loadBalancer, rule, to: &cluster)
                apply(settings.connectionPool, to: &cluster)
                apply(settings.outlierDetection, to: &cluster)
                check(settings.tls, rule)
            }
        }
    }

    private func apply(
        _ balancer: TrafficPolicy.LoadBalancer?, _ rule: DestinationRules.Rule, to cluster: inout Cluster
    ) {
        guard let balancer else { return }
        switch balancer.simple {
        case "ROUND_ROBIN": cluster.lbPolicy = .roundRobin
        case "LEAST_CONN", "LEAST_REQUEST": cluster.lbPolicy = .leastRequest
        case "RANDOM": cluster.lbPolicy = .random
        case "", "UNSPECIFIED": break
        default:
            warn(rule.object, "spec.trafficPolicy.loadBalancer.simple", "\(balancer.simple) is not supported")
        }
        guard let hash = balancer.consistentHash else { return }
        guard !hash.httpHeaderName.isEmpty else {
            return warn(
                rule.object, "spec.trafficPolicy.loadBalancer.consistentHash",
                "only httpHeaderName is supported")
        }
        if let fault = TextRule.matchedHeader.fault(of: hash.httpHeaderName) {
            return warn(
                rule.object, "spec.trafficPolicy.loadBalancer.consistentHash.httpHeaderName",
                "\(fault): requests are not hashed")
        }
        cluster.lbPolicy = .ringHash
        cluster.minimumRingSize = hash.minimumRingSize.map { UInt64(min(max($0, 0), 8_388_608)) }
    }

    private func apply(_ pool: TrafficPolicy.ConnectionPool?, to cluster: inout Cluster) {
        guard let pool else { return }
        if let timeout = pool.connectTimeout, timeout > .zero {
            cluster.connectTimeout = min(timeout, DurationText.longest)
        }
        if let limit = Self.limit(pool.maxConnections) { cluster.circuitBreakers.maxConnections = limit }
        if let limit = Self.limit(pool.http1MaxPendingRequests) {
            cluster.circuitBreakers.maxPendingRequests = limit
        }
        if let limit = Self.limit(pool.http2MaxRequests) { cluster.circuitBreakers.maxRequests = limit }
        if let limit = Self.limit(pool.maxRetries) { cluster.circuitBreakers.maxRetries = limit }
    }

    /// A positive number; Istio takes zero for unset.
    private static func limit(_ number: Int?) -> UInt32? {
        guard let number, number > 0 else { return nil }
        return UInt32(clamping: number)
    }

    private func apply(_ settings: TrafficPolicy.OutlierDetection?, to cluster: inout Cluster) {
        guard let settings else { return }
        var detection = OutlierDetection()
        detection.enforcingSuccessRate = 0
        detection.maxEjectionPercent = UInt32(clamping: min(max(settings.maxEjectionPercent ?? 10, 0), 100))
        if let interval = settings.interval, interval > .zero {
            detection.interval = min(interval, DurationText.longest)
        }
        if let time = settings.baseEjectionTime, time > .zero {
            detection.baseEjectionTime = min(time, DurationText.longest)
            detection.maxEjectionTime = max(detection.maxEjectionTime, detection.baseEjectionTime)
        }
        // Gateway errors are a part of the 5xx; whichever limit is lower decides.
        let limits = [settings.consecutive5xxErrors, settings.consecutiveGatewayErrors].compactMap {
            Self.limit($0)
        }
        if let limit = limits.min() {
            detection.consecutive5xx = limit
        } else if settings.consecutive5xxErrors == 0 {
            detection.enforcingConsecutive5xx = 0
        }
        if let percent = settings.minHealthPercent {
            cluster.healthyPanicThreshold = Double(min(max(percent, 0), 100))
        }
        cluster.outlierDetection = detection
    }

    private func check(_ tls: TrafficPolicy.TLS?, _ rule: DestinationRules.Rule) {
        guard let tls, !["", "DISABLE", "ISTIO_MUTUAL"].contains(tls.mode) else { return }
        warn(
            rule.object, "spec.trafficPolicy.tls.mode",
            "\(tls.mode) is not supported; the gateway speaks plain text")
    }

    /// The header that a destination's balancing hashes.
    func hashHeader(_ host: String, subset: String) -> String? {
        guard let rule = rules[host] else { return nil }
        let policies = [rule.subsets[subset]?.trafficPolicy, rule.trafficPolicy]
        let name = policies.compactMap { $0?.loadBalancer?.consistentHash?.httpHeaderName }.first
        guard let name, !name.isEmpty, TextRule.matchedHeader.fault(of: name) == nil else { return nil }
        return name
    }
}
