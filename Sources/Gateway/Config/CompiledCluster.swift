internal import Bytes
internal import EnvoyConfig
internal import Synchronization

/// A cluster ready to be dialled.
final class CompiledCluster: Sendable {
    /// An endpoint; a host name stands for all the addresses it resolves to.
    struct Endpoint: Sendable, Hashable {
        enum Target: Sendable, Hashable {
            case address(SocketAddress)
            case name(String, port: UInt16)
        }
        var target: Target
        var weight: Int
        var isUsable: Bool
        /// The number of its locality within the priority.
        var locality = 0
    }

    let config: Cluster
    /// The endpoints of each priority.
    let priorities: [[Endpoint]]
    let policy: Balancer.Policy
    /// The weights of each priority's localities; nil when they have no say.
    let localityWeights: [[Int]]?
    let tls: ClientTLSSlot?
    /// TLS of health checks, which choose their own protocol.
    let checkTLS: ClientTLSSlot?
    let state: ClusterState

    var name: String { config.name }
    var sni: String? { config.transportSocket.flatMap { $0.sni.isEmpty ? nil : $0.sni } }

    init(
        config: Cluster, assignment: ClusterLoadAssignment?, policy: Balancer.Policy, tls: ClientTLSSlot?,
        checkTLS: ClientTLSSlot? = nil, state: ClusterState
    ) {
        self.config = config
        self.policy = policy
        self.tls = tls
        self.checkTLS = checkTLS ?? tls
        self.state = state
        let localities = assignment?.endpoints ?? []
        let count = Int(localities.map(\.priority).max() ?? 0) + 1
        var priorities = [[Endpoint]](repeating: [], count: localities.isEmpty ? 0 : count)
        var localityWeights = [[Int]](repeating: [], count: priorities.count)
        for locality in localities {
            let number = localityWeights[Int(locality.priority)].count
            localityWeights[Int(locality.priority)].append(Int(locality.loadBalancingWeight ?? 0))
            for endpoint in locality.lbEndpoints {
                let address = endpoint.address
                let target: Endpoint.Target =
                    address.socketAddress.map { .address($0) } ?? .name(address.address, port: address.port)
                priorities[Int(locality.priority)].append(
                    Endpoint(
                        target: target, weight: Int(endpoint.loadBalancingWeight ?? 1),
                        isUsable: endpoint.healthStatus.isUsable, locality: number))
            }
        }
        self.priorities = priorities
        self.localityWeights = config.usesLocalityWeights ? localityWeights : nil
    }

    /// Every address it may be served by, host names resolved as they are now.
    var addresses: [SocketAddress] {
        priorities.joined().flatMap { endpoint in
            switch endpoint.target {
            case .address(let address): [address]
            case .name(let host, let port):
                state.addresses(of: host).map { SocketAddress(ip: $0, port: port) }
            }
        }
    }

    /// Whether requests may share a connection.
    var mayShare: Bool {
        switch config.httpProtocol {
        case .http2, .automatic: true
        case .http1, nil: false
        }
    }

    /// How HTTP/2 is spoken, where it is.
    var http2Options: HTTP2ProtocolOptions {
        switch config.httpProtocol {
        case .http2(let options): options
        case .automatic(_, let options): options ?? HTTP2ProtocolOptions()
        case .http1, nil: HTTP2ProtocolOptions()
        }
    }

    /// The host names among the endpoints.
    var hostNames: Set<String> {
        var names: Set<String> = []
        for case .name(let host, _) in priorities.joined().map(\.target) { names.insert(host) }
        return names
    }

    /// Whether connections made for `other` may serve this cluster.
    func sharesConnections(with other: CompiledCluster) -> Bool {
        config.transportSocket == other.config.transportSocket
            && config.httpProtocol == other.config.httpProtocol
    }
}

/// What all workers share about a cluster, across configurations: its breakers and the addresses of its names.
final class ClusterState: Sendable {
    private let connections = Atomic<Int>(0)
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
        case connection
        case pending
        case retry
        /// On a shared connection.
        case request
    }

    private func counter<R>(_ resource: Resource, _ body: (borrowing Atomic<Int>) -> R) -> R {
        switch resource {
        case .connection: body(connections)
        case .pending: body(pending)
        case .retry: body(retries)
        case .request: body(requests)
        }
    }

    /// Takes one of `limit`; false when all are taken.
    func take(_ resource: Resource, limit: Int) -> Bool {
        counter(resource) { atomic in
            if atomic.wrappingAdd(1, ordering: .relaxed).oldValue < limit { return true }
            atomic.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
    }

    /// Takes one beyond any limit.
    func takeAnyway(_ resource: Resource) {
        _ = counter(resource) { $0.wrappingAdd(1, ordering: .relaxed).newValue }
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
        _ address: SocketAddress, failed: Bool, rule: OutlierDetection, members: Int, random: UInt64,
        now: Instant
    ) {
        outliers.withLock { table in
            guard
                table.note(address, failed: failed, rule: rule, members: members, random: random, now: now)
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
