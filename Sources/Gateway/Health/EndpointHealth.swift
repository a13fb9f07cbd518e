internal import Bytes
internal import EnvoyConfig

/// What the checks of one endpoint found so far: whether it is healthy, and when to look again.
///
/// An endpoint starts unhealthy; its first check alone decides.
struct EndpointHealth: Sendable, Equatable {
    /// How one check ended.
    enum Outcome: Sendable, Equatable {
        case success
        /// It answered that it is not well: one such answer is enough.
        case unhealthy
        /// It did not answer in time, or the connection failed.
        case unreachable
    }

    private(set) var isHealthy = false
    private(set) var checks = 0
    private var successes: UInt32 = 0
    private var failures: UInt32 = 0

    /// Notes how a check ended; true when the endpoint's health changed.
    mutating func note(_ outcome: Outcome, _ rule: HealthCheck) -> Bool {
        let isFirst = checks == 0
        checks += 1
        let was = isHealthy
        switch outcome {
        case .success:
            failures = 0
            guard !isHealthy else { return false }
            successes += 1
            if isFirst || successes >= rule.healthyThreshold { isHealthy = true }
        case .unhealthy, .unreachable:
            successes = 0
            guard isHealthy else { return false }
            failures += 1
            if outcome == .unhealthy || failures >= rule.unhealthyThreshold { isHealthy = false }
        }
        return isHealthy != was
    }

    /// The pause before the first check.
    static func firstPause(_ rule: HealthCheck, random: UInt64) -> Duration {
        part(rule.initialJitter, random)
    }

    /// The pause after a check; a cluster without traffic is looked at less often.
    static func pause(_ rule: HealthCheck, hasTraffic: Bool, random: UInt64) -> Duration {
        (hasTraffic ? rule.interval : rule.noTrafficInterval) + part(rule.intervalJitter, random)
    }

    private static func part(_ jitter: Duration?, _ random: UInt64) -> Duration {
        guard let jitter, jitter > .zero else { return .zero }
        return .nanoseconds(Int64(random % UInt64(jitter.inNanoseconds)))
    }
}

/// The active health of a cluster's endpoints, as the workers read it, and what its checks counted.
struct HealthTable: Sendable {
    /// Endpoints whose checks succeed.
    var healthy: Set<SocketAddress> = []
    var attempts: Int64 = 0
    var successes: Int64 = 0
    var failures: Int64 = 0
    var networkFailures: Int64 = 0
}
