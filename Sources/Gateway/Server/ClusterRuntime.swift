internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import Synchronization

/// One cluster on one worker: its balancer and its connections.
final class ClusterRuntime {
    private(set) var compiled: CompiledCluster
    let stats: ClusterStats
    private let loop: EventLoop
    private var balancer: Balancer
    private var members: [SocketAddress] = []
    private var generation = -1
    /// Counts what `refresh` found changed.
    private(set) var revision = 0
    /// The clusters that serve in place of this one; nil where it has endpoints of its own.
    private(set) var aggregate: AggregateMembers?
    let pool: ConnectionPool

    init(_ compiled: CompiledCluster, loop: EventLoop) {
        self.compiled = compiled
        self.loop = loop
        stats = ClusterStats()
        pool = ConnectionPool(compiled, stats: stats, loop: loop)
        balancer = Balancer(policy: .roundRobin, priorities: [], panicThreshold: 50)
    }

    /// Goes over to a new configuration of the same cluster; connections in use go on.
    func update(_ fresh: CompiledCluster) {
        compiled = fresh
        var random = FastRandom()
        rebuild(&random)
        let known = Set(members)
        if fresh.config.outlierDetection != nil { fresh.state.keepOutliers(known) }
        pool.update(fresh, members: known)
    }

    /// Finds the members of an aggregate among the clusters there are now.
    func bindMembers(_ find: (String) -> ClusterRuntime?) {
        guard let names = compiled.config.aggregate?.clusters else {
            aggregate = nil
            return
        }
        let members = aggregate ?? AggregateMembers()
        members.bind(
            names.compactMap(find), panicThreshold: compiled.config.healthyPanicThreshold)
        aggregate = members
    }

    /// TLS material changed: new requests use new connections.
    func renewConnections() { pool.renew() }

    /// The cluster is gone; connections in use finish.
    func retire() { pool.retire() }

    // MARK: Balancing

    /// Whether something changed since the balancer was made.
    private var isBehind: Bool { generation != compiled.state.generation.load(ordering: .acquiring) }

    private func rebuild(_ random: inout FastRandom) {
        generation = compiled.state.generation.load(ordering: .acquiring)
        revision &+= 1
        let fresh = layout()
        members = fresh.members
        balancer = Balancer(
            policy: compiled.policy, priorities: fresh.priorities, localityWeights: compiled.localityWeights,
            panicThreshold: compiled.config.healthyPanicThreshold, after: balancer,
            firstTurn: Int(random.next() >> 40))
    }

    /// The members as checks, failures and names have them now.
    private func layout() -> (members: [SocketAddress], priorities: [[Balancer.Member]]) {
        var members: [SocketAddress] = []
        let outliers = compiled.config.outlierDetection == nil ? OutlierTable() : compiled.state.outlierTable
        var priorities: [[Balancer.Member]] = []
        let checked = compiled.config.healthChecks.isEmpty ? nil : compiled.state.healthTable.healthy
        var hasRing = false
        if case .ringHash = compiled.policy { hasRing = true }
        for endpoints in compiled.priorities {
            var level: [Balancer.Member] = []
            func add(_ address: SocketAddress, _ endpoint: CompiledCluster.Endpoint) {
                members.append(address)
                let isHealthy =
                    endpoint.isUsable && !outliers.isEjected(address) && checked?.contains(address) != false
                level.append(
                    Balancer.Member(
                        weight: endpoint.weight, isHealthy: isHealthy,
                        key: hasRing ? Array(address.description.utf8) : [], locality: endpoint.locality,
                        address: address))
            }
            for endpoint in endpoints {
                switch endpoint.target {
                case .address(let address): add(address, endpoint)
                case .name(let host, let port):
                    for ip in compiled.state.addresses(of: host) {
                        add(SocketAddress(ip: ip, port: port), endpoint)
                    }
                }
            }
            priorities.append(level)
        }
        return (members, priorities)
    }

    /// Brings the balancer up to date with what checks, failures and names found; the count of such changes.
    @discardableResult
    func refresh(_ random: inout FastRandom) -> Int {
        if compiled.config.outlierDetection != nil { compiled.state.returnEjected(loop.now()) }
        if isBehind { rebuild(&random) }
        return revision
    }

    /// Healthy and all endpoints of each priority.
    var levelCounts: [(healthy: Int, total: Int)] { balancer.levelCounts }

    /// The cluster asked and its endpoint for the next request: a member's, where this is an aggregate.
    func choose(
        _ random: inout FastRandom, hash: UInt64? = nil, avoiding avoided: [SocketAddress] = [],
        redraws: Int = 0
    ) -> (cluster: ClusterRuntime, address: SocketAddress)? {
        guard let aggregate else {
            return pick(&random, hash: hash, avoiding: avoided, redraws: redraws).map { (self, $0) }
        }
        compiled.state.noteTraffic()
        guard let (member, priority) = aggregate.pick(&random) else { return nil }
        return member.pick(&random, hash: hash, avoiding: avoided, redraws: redraws, priority: priority)
            .map { (member, $0) }
    }

    /// The endpoint for the next request, preferably none of `avoided`.
    ///
    /// `hash` places the request on a ring, where the cluster has one; `priority` is the only one considered.
    func pick(
        _ random: inout FastRandom, hash: UInt64? = nil, avoiding avoided: [SocketAddress], redraws: Int,
        priority: Int? = nil
    ) -> SocketAddress? {
        compiled.state.noteTraffic()
        refresh(&random)
        var last: SocketAddress?
        for draw in 0...redraws {
            // A second draw goes elsewhere on the ring.
            let place = hash.map { draw == 0 ? $0 : $0 &+ random.next() }
            guard
                let index = balancer.pick(
                    random: random.next(), hash: place, priority: priority,
                    active: { member in pool.active(members[member]) })
            else { return nil }
            last = members[index]
            if !avoided.contains(members[index]) { break }
        }
        return last
    }

    /// Healthy and all endpoints there are now; to be asked changes nothing, no turn either.
    var endpointCounts: (healthy: Int, total: Int) {
        guard isBehind else { return (balancer.healthyCount, members.count) }
        let now = layout()
        return (now.priorities.joined().count { $0.isHealthy }, now.members.count)
    }

    /// The addresses in use now, with the requests they carry.
    var endpoints: [(address: SocketAddress, active: Int)] {
        (isBehind ? layout().members : members).map { ($0, pool.active($0)) }
    }

    /// Notes how a request to an endpoint went, for outlier detection.
    func note(_ address: SocketAddress, _ outcome: OutlierOutcome, _ random: inout FastRandom) {
        guard let rule = compiled.config.outlierDetection else { return }
        if outcome == .connected, !rule.splitsLocalOriginErrors { return }
        compiled.state.note(
            address, outcome, rule: rule, members: members.count, random: random.next(),
            now: loop.now())
    }
}
