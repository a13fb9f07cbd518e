internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import Synchronization

/// One cluster on one worker: its balancer, its idle connections and who waits for one.
final class ClusterRuntime {
    private struct Waiting {
        var user: any UpstreamUser
        var address: SocketAddress
    }

    private(set) var compiled: CompiledCluster
    let stats: ClusterStats
    private let loop: EventLoop
    private var balancer: Balancer
    private var members: [SocketAddress] = []
    private var generation = -1
    private var idle: [SocketAddress: [UpstreamConnection]] = [:]
    private var open = 0
    private var active: [SocketAddress: Int] = [:]
    private var waiting: [Waiting] = []
    private var isRetired = false
    /// Connections of these settings; a change of TLS makes older ones strangers.
    private var epoch = 0
    private var epochs: [ObjectIdentifier: Int] = [:]

    init(_ compiled: CompiledCluster, loop: EventLoop) {
        self.compiled = compiled
        self.loop = loop
        stats = ClusterStats()
        balancer = Balancer(policy: .roundRobin, priorities: [], panicThreshold: 50)
    }

    private var limits: CircuitBreakers { compiled.config.circuitBreakers }

    /// Goes over to a new configuration of the same cluster; connections in use go on.
    func update(_ fresh: CompiledCluster) {
        let keepsConnections = fresh.sharesConnections(with: compiled) && fresh.tls === compiled.tls
        compiled = fresh
        generation = -1
        if !keepsConnections { closeIdle { _ in true } }
        if !keepsConnections { epoch += 1 }
        rebuild(turn: 0)
        let known = Set(members)
        if fresh.config.outlierDetection != nil { fresh.state.keepOutliers(known) }
        closeIdle { !known.contains($0) }
    }

    /// TLS material changed: new requests use new connections.
    func renewConnections() {
        epoch += 1
        closeIdle { _ in true }
    }

    /// The cluster is gone; connections in use finish.
    func retire() {
        isRetired = true
        closeIdle { _ in true }
        let left = waiting
        waiting = []
        for waiter in left {
            compiled.state.giveBack(.pending)
            waiter.user.upstreamUnavailable(.noCluster)
        }
    }

    private func closeIdle(_ condition: (SocketAddress) -> Bool) {
        for (address, connections) in idle where condition(address) {
            idle[address] = nil
            for connection in connections { connection.close() }
        }
    }

    /// Idle and used connections.
    var openConnections: Int { open }

    // MARK: Balancing

    private func rebuild(turn: Int) {
        generation = compiled.state.generation.load(ordering: .acquiring)
        members = []
        let outliers = compiled.config.outlierDetection == nil ? OutlierTable() : compiled.state.outlierTable
        var priorities: [[Balancer.Member]] = []
        var hasRing = false
        if case .ringHash = compiled.policy { hasRing = true }
        func key(_ address: SocketAddress) -> [UInt8] { hasRing ? Array(address.description.utf8) : [] }
        for endpoints in compiled.priorities {
            var level: [Balancer.Member] = []
            for endpoint in endpoints {
                switch endpoint.target {
                case .address(let address):
                    members.append(address)
                    let isHealthy = endpoint.isUsable && !outliers.isEjected(address)
                    level.append(.init(weight: endpoint.weight, isHealthy: isHealthy, key: key(address)))
                case .name(let host, let port):
                    for ip in compiled.state.addresses(of: host) {
                        let address = SocketAddress(ip: ip, port: port)
                        members.append(address)
                        let isHealthy = endpoint.isUsable && !outliers.isEjected(address)
                        level.append(.init(weight: endpoint.weight, isHealthy: isHealthy, key: key(address)))
                    }
                }
            }
            priorities.append(level)
        }
        balancer = Balancer(
            policy: compiled.policy, priorities: priorities,
            panicThreshold: compiled.config.healthyPanicThreshold, firstTurn: turn)
    }

    /// The endpoint for the next request, preferably none of `avoided`.
    ///
    /// `hash` places the request on a ring, where the cluster has one.
    func pick(
        _ random: inout FastRandom, hash: UInt64? = nil, avoiding avoided: [SocketAddress], redraws: Int
    ) -> SocketAddress? {
        if compiled.config.outlierDetection != nil { compiled.state.returnEjected(loop.now()) }
        if generation != compiled.state.generation.load(ordering: .acquiring) {
            rebuild(turn: generation < 0 ? Int(random.next() >> 40) : 0)
        }
        var last: SocketAddress?
        for draw in 0...redraws {
            // A second draw goes elsewhere on the ring.
            let place = hash.map { draw == 0 ? $0 : $0 &+ random.next() }
            guard
                let index = balancer.pick(
                    random: random.next(), hash: place, active: { member in active[members[member]] ?? 0 })
            else { return nil }
            last = members[index]
            if !avoided.contains(members[index]) { break }
        }
        return last
    }

    var endpointCounts: (healthy: Int, total: Int) {
        if generation != compiled.state.generation.load(ordering: .acquiring) { rebuild(turn: 0) }
        return (balancer.healthyCount, members.count)
    }

    /// The addresses in use now, with the requests they carry.
    var endpoints: [(address: SocketAddress, active: Int)] {
        if generation != compiled.state.generation.load(ordering: .acquiring) { rebuild(turn: 0) }
        return members.map { ($0, active[$0] ?? 0) }
    }

    /// Notes how a request to an endpoint went, for outlier detection.
    func note(_ address: SocketAddress, failed: Bool, _ random: inout FastRandom) {
        guard let rule = compiled.config.outlierDetection else { return }
        compiled.state.note(
            address, failed: failed, rule: rule, members: members.count, random: random.next(),
            now: loop.now())
    }

    // MARK: Connections

    /// Gives `user` a pooled connection to `address` or makes one; the outcome may come before this returns.
    func acquire(_ address: SocketAddress, for user: any UpstreamUser) {
        while let connection = idle[address]?.popLast() {
            guard connection.isOpen else { continue }
            take(connection, user)
            user.upstreamReady(connection)
            return
        }
        let state = compiled.state
        guard state.take(.pending, limit: Int(limits.maxPendingRequests)) else {
            stats.pendingOverflow += 1
            return user.upstreamUnavailable(.overflow)
        }
        guard takeConnectionSlot() else {
            stats.connectionOverflow += 1
            waiting.append(Waiting(user: user, address: address))
            return
        }
        connect(address, for: PendingUser(user, self))
    }

    /// Makes a connection of its own for a tunnel.
    func dial(_ address: SocketAddress, for user: any UpstreamUser) {
        guard compiled.state.take(.connection, limit: Int(limits.maxConnections)) else {
            stats.connectionOverflow += 1
            return user.upstreamUnavailable(.overflow)
        }
        connect(address, for: user)
    }

    /// A worker without any connection may always make one: others must not starve it.
    private func takeConnectionSlot() -> Bool {
        if compiled.state.take(.connection, limit: Int(limits.maxConnections)) { return true }
        guard open == 0, waiting.isEmpty else { return false }
        compiled.state.takeAnyway(.connection)
        return true
    }

    private func connect(_ address: SocketAddress, for user: any UpstreamUser) {
        let connection = UpstreamConnection(
            loop: loop, cluster: compiled, stats: stats, address: address
        ) { [weak self] in self?.gone($0) }
        open += 1
        epochs[ObjectIdentifier(connection)] = epoch
        take(connection, user)
        connection.connect()
    }

    private func take(_ connection: UpstreamConnection, _ user: any UpstreamUser) {
        connection.user = user
        connection.uses += 1
        active[connection.address, default: 0] += 1
    }

    /// Takes a connection back whose answer was read to the end, for the next request.
    func release(_ connection: UpstreamConnection, reusable: Bool) {
        let isCurrent = epochs[ObjectIdentifier(connection)] == epoch
        guard reusable, isCurrent, !isRetired, connection.isOpen, connection.wire?.input.isEmpty == true,
            connection.wire?.isInputEnded == false
        else { return connection.close() }
        countDown(connection.address)
        connection.user = nil
        connection.wire?.resume()
        if let index = waiting.firstIndex(where: { $0.address == connection.address }) {
            let waiter = waiting.remove(at: index)
            compiled.state.giveBack(.pending)
            take(connection, waiter.user)
            return waiter.user.upstreamReady(connection)
        }
        if !waiting.isEmpty {
            // Those who wait want another endpoint: make room for a connection there.
            return connection.close()
        }
        idle[connection.address, default: []].append(connection)
    }

    private func countDown(_ address: SocketAddress) {
        guard let count = active[address] else { return }
        active[address] = count > 1 ? count - 1 : nil
    }

    private func gone(_ connection: UpstreamConnection) {
        open -= 1
        epochs[ObjectIdentifier(connection)] = nil
        compiled.state.giveBack(.connection)
        if let index = idle[connection.address]?.firstIndex(where: { $0 === connection }) {
            idle[connection.address]?.remove(at: index)
        } else {
            countDown(connection.address)
        }
        guard !waiting.isEmpty, !isRetired else { return }
        loop.afterBatch { [weak self] in self?.serveWaiting() }
    }

    private func serveWaiting() {
        while let waiter = waiting.first, takeConnectionSlot(for: waiter) {
            waiting.removeFirst()
            connect(waiter.address, for: PendingUser(waiter.user, self))
        }
    }

    private func takeConnectionSlot(for waiter: Waiting) -> Bool {
        if compiled.state.take(.connection, limit: Int(limits.maxConnections)) { return true }
        guard open == 0 else { return false }
        compiled.state.takeAnyway(.connection)
        return true
    }

    /// Forgets a user that waits no longer.
    func cancel(_ user: any UpstreamUser) {
        guard let index = waiting.firstIndex(where: { $0.user === user }) else { return }
        waiting.remove(at: index)
        compiled.state.giveBack(.pending)
    }

    fileprivate func pendingEnded() { compiled.state.giveBack(.pending) }
}

/// Stands for a user until its connection is up, and gives the pending slot back then.
private final class PendingUser: UpstreamUser {
    private let user: any UpstreamUser
    private let cluster: ClusterRuntime
    private var isPending = true

    init(_ user: any UpstreamUser, _ cluster: ClusterRuntime) {
        self.user = user
        self.cluster = cluster
    }

    deinit { end() }

    private func end() {
        guard isPending else { return }
        isPending = false
        cluster.pendingEnded()
    }

    func upstreamReady(_ connection: UpstreamConnection) {
        end()
        connection.user = user
        user.upstreamReady(connection)
    }

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        end()
        user.upstreamUnavailable(failure)
    }

    func upstreamReadable(_ connection: UpstreamConnection) {}
    func upstreamDrained(_ connection: UpstreamConnection) {}
    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {}
}
