internal import Bytes
internal import EnvoyConfig
internal import Synchronization

/// What all workers share about a cluster, across configurations: its breakers and the addresses of its names.
final class ClusterState: Sendable {
    /// Its connections, over all workers.
    let connections = ConnectionBudget()
    private let pending = Atomic<Int>(0)
    private let retries = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)
    private let resolved = Mutex<[String: [IPAddress]]>([:])
    private let outliers = Mutex(OutlierTable())
    private let health = Mutex(HealthTable())
    private let traffic = Atomic<Bool>(false)
    private let nextReturn = Atomic<Int64>(.max)
    /// Changes when the balancing of the cluster must be computed anew.
    let generation = Atomic<Int>(0)

    /// The limited things.
    enum Resource: Sendable {
        case pending
        case retry
        /// Under way, on a connection.
        case request
    }

    private func counter<R>(_ resource: Resource, _ body: (borrowing Atomic<Int>) -> R) -> R {
        switch resource {
        case .pending: body(pending)
        case .retry: body(retries)
        case .request: body(requests)
        }
    }

    /// Takes one of `limit`; false when all are taken.
    func take(_ resource: Resource, limit: Int) -> Bool {
        counter(resource) { $0.takeOne(of: limit) }
    }

    /// Takes a retry by the limits: a share of the requests where there is a budget, else a number.
    func takeRetry(_ limits: CircuitBreakers) -> Bool {
        let requests = count(.request) + count(.pending)
        return take(.retry, limit: limits.retryBudget?.limit(requests: requests) ?? Int(limits.maxRetries))
    }

    /// Gives one back.
    func giveBack(_ resource: Resource) {
        _ = counter(resource) { $0.wrappingSubtract(1, ordering: .relaxed).newValue }
    }

    /// How many are taken.
    func count(_ resource: Resource) -> Int { counter(resource) { $0.load(ordering: .relaxed) } }

    // MARK: Active health

    /// Whether the cluster was ever used; checks are rarer before.
    var hasTraffic: Bool { traffic.load(ordering: .relaxed) }

    /// Notes that the cluster is used.
    func noteTraffic() {
        if !hasTraffic { traffic.store(true, ordering: .relaxed) }
    }

    /// Notes how a check ended and what the endpoint's health is now.
    func note(_ address: SocketAddress, _ outcome: EndpointHealth.Outcome, isHealthy: Bool) {
        let changed = health.withLock { table in
            table.attempts += 1
            switch outcome {
            case .success: table.successes += 1
            case .unhealthy: table.failures += 1
            case .unreachable:
                table.failures += 1
                table.networkFailures += 1
            }
            guard table.healthy.contains(address) != isHealthy else { return false }
            if isHealthy { table.healthy.insert(address) } else { table.healthy.remove(address) }
            return true
        }
        if changed { generation.wrappingAdd(1, ordering: .releasing) }
    }

    /// What the checks found so far.
    var healthTable: HealthTable { health.withLock { $0 } }

    /// Forgets the health of endpoints that are checked no longer.
    func keepHealth(_ members: Set<SocketAddress>) {
        health.withLock { $0.healthy.formIntersection(members) }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// The cluster is checked no longer.
    func forgetHealth() {
        health.withLock { $0 = HealthTable() }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    // MARK: Outliers

    /// Notes how a request to an endpoint went.
    func note(
        _ address: SocketAddress, _ outcome: OutlierOutcome, rule: OutlierDetection, members: Int,
        random: UInt64, now: Instant
    ) {
        outliers.withLock { table in
            guard
                table.note(address, outcome, rule: rule, members: members, random: random, now: now)
            else { return }
            nextReturn.store(table.nextReturn?.nanoseconds ?? .max, ordering: .relaxed)
            generation.wrappingAdd(1, ordering: .releasing)
        }
    }

    /// Lets endpoints back whose time is over.
    func returnEjected(_ now: Instant) {
        guard nextReturn.load(ordering: .relaxed) <= now.nanoseconds else { return }
        outliers.withLock { table in
            if table.expire(now) { generation.wrappingAdd(1, ordering: .releasing) }
            nextReturn.store(table.nextReturn?.nanoseconds ?? .max, ordering: .relaxed)
        }
    }

    /// What is known of outliers now.
    var outlierTable: OutlierTable { outliers.withLock { $0 } }

    /// Forgets endpoints that are gone.
    func keepOutliers(_ members: Set<SocketAddress>) { outliers.withLock { $0.keep(members) } }

    /// The addresses of a host name; empty before the first answer.
    func addresses(of host: String) -> [IPAddress] { resolved.withLock { $0[host] ?? [] } }

    /// Replaces the addresses of a host name; true when they are others than before, in whatever order.
    func setAddresses(_ addresses: [IPAddress], of host: String) -> Bool {
        let changed = resolved.withLock { table in
            guard Set(table[host] ?? []) != Set(addresses) else { return false }
            table[host] = addresses
            return true
        }
        if changed { generation.wrappingAdd(1, ordering: .releasing) }
        return changed
    }
}
