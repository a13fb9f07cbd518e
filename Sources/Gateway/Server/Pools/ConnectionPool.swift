internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// The connections of one cluster on one worker: idle ones, shared ones, those being made, and who waits for one.
final class ConnectionPool {
    private(set) var compiled: CompiledCluster
    let stats: ClusterStats
    let loop: EventLoop
    var endpoints: [SocketAddress: PoolEndpoint] = [:]
    private var isRetired = false
    /// Idle and used connections.
    private(set) var open = 0
    /// Handlers that wait, at all endpoints.
    private(set) var waitingCount = 0
    /// A change of TLS makes older connections strangers.
    private(set) var epoch = 0
    /// The connections of all workers' pools.
    let budget: ConnectionBudget
    /// Whether requests with a connection of their own are counted: not where connections are the lesser limit.
    var countsLoneRequests: Bool
    /// Connections that other workers left to this one and that are not made yet.
    var grants = 0
    var isInLine = false

    init(_ compiled: CompiledCluster, stats: ClusterStats, loop: EventLoop) {
        self.compiled = compiled
        self.stats = stats
        self.loop = loop
        budget = compiled.state.connections
        countsLoneRequests = compiled.config.circuitBreakers.countsLoneRequests
        let pool = LoopBound(self, loop: loop)
        budget.join(
            ConnectionBudget.Member(
                id: ObjectIdentifier(self), granted: { loop.submit { pool.value.granted() } },
                asked: { loop.submit { pool.value.closeIdleForOthers() } }))
    }

    var limits: CircuitBreakers { compiled.config.circuitBreakers }

    private func endpoint(_ address: SocketAddress) -> PoolEndpoint {
        if let endpoint = endpoints[address] { return endpoint }
        let endpoint = PoolEndpoint(address)
        endpoints[address] = endpoint
        return endpoint
    }

    /// Requests and tunnels under way at an endpoint.
    func active(_ address: SocketAddress) -> Int { endpoints[address]?.active ?? 0 }

    // MARK: Change

    /// Goes over to a new configuration; connections in use go on.
    func update(_ fresh: CompiledCluster, members: Set<SocketAddress>) {
        let keepsConnections = fresh.sharesConnections(with: compiled) && fresh.tls === compiled.tls
        compiled = fresh
        countsLoneRequests = limits.countsLoneRequests
        if !keepsConnections { renew() }
        keep(members)
        if waitingCount > 0 { loop.afterBatch { [self] in serveWaiting() } }
    }

    /// Idle connections to anything else are closed.
    func keep(_ members: Set<SocketAddress>) {
        for (address, endpoint) in endpoints where !members.contains(address) {
            closeIdle(endpoint)
            forget(endpoint)
        }
    }

    /// New requests use new connections.
    func renew() {
        epoch += 1
        for endpoint in endpoints.values {
            endpoint.isHTTP1 = nil
            closeIdle(endpoint)
        }
    }

    private func closeIdle(_ endpoint: PoolEndpoint) {
        let idle = endpoint.idle
        endpoint.idle = []
        for upstream in idle { upstream.connection.close() }
        for upstream in endpoint.shared { upstream.retire() }
        endpoint.shared = []
    }

    private func forget(_ endpoint: PoolEndpoint) {
        guard endpoint.active == 0, endpoint.waiting.isEmpty, endpoint.opening.isEmpty,
            endpoint.idle.isEmpty, endpoint.shared.isEmpty
        else { return }
        endpoints[endpoint.address] = nil
    }

    /// The cluster is gone; connections in use finish.
    func retire() {
        isRetired = true
        budget.leave(ObjectIdentifier(self))
        for endpoint in Array(endpoints.values) {
            closeIdle(endpoint)
            while let handler = endpoint.waiting.popLast() {
                noWaiting()
                handler.upstreamUnavailable(.noCluster)
            }
        }
    }

    // MARK: Requests

    /// Opens a stream to `address` for `handler`, on a connection there is or a new one.
    ///
    /// The outcome may come before this returns.
    func open(_ address: SocketAddress, for handler: any UpstreamHandler) {
        let endpoint = endpoint(address)
        while let upstream = endpoint.idle.popLast() {
            guard upstream.isOpen else { continue }
            guard takeRequest(upstream.connection) else {
                rest(upstream, endpoint)
                return refuse(handler)
            }
            endpoint.active += 1
            upstream.connection.isLeased = true
            return upstream.lease(handler)
        }
        if !needsHTTP1(handler) {
            if isRefused(handler, endpoint) { return handler.upstreamUnavailable(Self.noUpgrades) }
            for upstream in endpoint.shared where serves(upstream, handler) {
                guard takeRequest() else { return refuse(handler) }
                endpoint.active += 1
                return upstream.open(handler)
            }
        }
        guard compiled.state.take(.pending, limit: Int(limits.maxPendingRequests)) else {
            stats.pendingOverflow += 1
            return handler.upstreamUnavailable(.overflow)
        }
        endpoint.waiting.append(handler)
        waitingCount += 1
        if !openConnections(endpoint) { stats.connectionOverflow += 1 }
    }

    /// Whether an upgrade has a connection of its own, though others share one.
    private func needsHTTP1(_ handler: any UpstreamHandler) -> Bool {
        handler.asksUpgrade && !compiled.speaksOnlyHTTP2
    }

    /// Whether a shared connection has room, and for an upgrade an endpoint that takes one.
    private func serves(_ upstream: HTTP2Upstream, _ handler: any UpstreamHandler) -> Bool {
        upstream.canOpen && !needsHTTP1(handler) && (!handler.asksUpgrade || upstream.takesUpgrades == true)
    }

    /// Whether the endpoint has said that it takes no upgrades by HTTP/2.
    private func isRefused(_ handler: any UpstreamHandler, _ endpoint: PoolEndpoint) -> Bool {
        handler.asksUpgrade && !needsHTTP1(handler)
            && endpoint.shared.contains { $0.canOpen && $0.takesUpgrades == false }
    }

    private static let noUpgrades = UpstreamFailure.connect(
        reason: "extended CONNECT is not allowed by the endpoint", isTimeout: false, isTLS: false)

    /// Makes the connections that those who wait need; false when the breaker stops it.
    private func openConnections(_ endpoint: PoolEndpoint) -> Bool {
        while !endpoint.waiting.isEmpty {
            // One shared connection serves many; until it is known what the endpoint speaks, one is tried.
            let upgrades = endpoint.waiting.count { needsHTTP1($0) }
            // An upgrade by HTTP/2 waits for the endpoint's SETTINGS.
            let isSettling = endpoint.shared.contains { $0.canOpen && $0.takesUpgrades == nil }
            let held = isSettling ? endpoint.waiting.count { $0.asksUpgrade } - upgrades : 0
            let shared = endpoint.waiting.count - upgrades - held
            let isShared = compiled.mayShare && endpoint.isHTTP1 != true
            let wanted = isShared ? upgrades + min(1, shared) : endpoint.waiting.count
            guard endpoint.opening.count < wanted else { return true }
            guard takeConnectionSlot() else { return false }
            let upgradesOnly = isShared && endpoint.opening.contains { !$0.isHTTP1Only }
            let opening = PoolOpening(self, endpoint.address, isHTTP1Only: upgradesOnly || shared == 0)
            endpoint.opening.append(opening)
            connect(endpoint.address, for: opening, isHTTP1Only: opening.isHTTP1Only)
        }
        return true
    }

    private func connect(
        _ address: SocketAddress, for user: any UpstreamUser, isHTTP1Only: Bool, isTunnel: Bool = false
    ) {
        let connection = UpstreamConnection(
            loop: loop, cluster: compiled, stats: stats, address: address, isHTTP1Only: isHTTP1Only
        ) { [unowned self] in gone($0) }
        open += 1
        if isTunnel {
            connection.isLeased = true
            endpoint(address).active += 1
        }
        connection.user = user
        connection.connect()
    }

    /// Makes a connection of its own for a tunnel.
    func dial(_ address: SocketAddress, for user: any UpstreamUser) {
        guard budget.take(limit: Int(limits.maxConnections)) else {
            stats.connectionOverflow += 1
            return user.upstreamUnavailable(.overflow)
        }
        connect(address, for: user, isHTTP1Only: false, isTunnel: true)
    }

    // MARK: Connections

    func opened(_ opening: PoolOpening, _ connection: UpstreamConnection) {
        let endpoint = endpoint(connection.address)
        endpoint.opening.removeAll { $0 === opening }
        if connection.isHTTP2 {
            endpoint.isHTTP1 = false
            let upstream = HTTP2Upstream(connection, pool: self, epoch: epoch)
            endpoint.shared.append(upstream)
            upstream.start()
            serve(endpoint)
            if upstream.isUnused, isContended { upstream.retire() }
        } else {
            if !opening.isHTTP1Only { endpoint.isHTTP1 = true }
            let upstream = HTTP1Upstream(connection, pool: self, epoch: epoch)
            let handler = takeWaiting(endpoint, for: opening)
            if let handler, takeRequest(connection) {
                endpoint.active += 1
                connection.isLeased = true
                upstream.lease(handler)
            } else {
                rest(upstream, endpoint)
                if let handler { refuse(handler) }
            }
            serve(endpoint)
        }
    }

    private func takeWaiting(_ endpoint: PoolEndpoint, for opening: PoolOpening) -> (any UpstreamHandler)? {
        let index =
            opening.isHTTP1Only && compiled.mayShare
            ? endpoint.waiting.firstIndex { $0.asksUpgrade } ?? endpoint.waiting.indices.first
            : endpoint.waiting.indices.first
        guard let index else { return nil }
        noWaiting()
        return endpoint.waiting.remove(at: index)
    }

    func failed(_ opening: PoolOpening, _ failure: UpstreamFailure) {
        let endpoint = endpoint(opening.address)
        endpoint.opening.removeAll { $0 === opening }
        // A shared connection was for all who wait.
        let count = compiled.mayShare && !opening.isHTTP1Only ? endpoint.waiting.count : 1
        for _ in 0..<count {
            guard let handler = takeWaiting(endpoint, for: opening) else { break }
            handler.upstreamUnavailable(failure)
        }
        serve(endpoint)
    }

    /// Hands room on shared connections to those who wait, and makes connections for the rest.
    func serve(_ endpoint: SocketAddress) { serve(self.endpoint(endpoint)) }

    private func serve(_ endpoint: PoolEndpoint) {
        guard !isRetired else { return }
        for upstream in endpoint.shared {
            while let index = endpoint.waiting.firstIndex(where: { serves(upstream, $0) }) {
                let handler = endpoint.waiting.remove(at: index)
                noWaiting()
                guard takeRequest() else {
                    refuse(handler)
                    continue
                }
                endpoint.active += 1
                upstream.open(handler)
            }
        }
        while let index = endpoint.waiting.firstIndex(where: { isRefused($0, endpoint) }) {
            let handler = endpoint.waiting.remove(at: index)
            noWaiting()
            handler.upstreamUnavailable(Self.noUpgrades)
        }
        _ = openConnections(endpoint)
        forget(endpoint)
    }

    /// Takes a connection back whose answer was read to the end, for the next request.
    func release(_ upstream: HTTP1Upstream, reusable: Bool) {
        let connection = upstream.connection
        guard let endpoint = endpoints[connection.address] else { return connection.close() }
        guard reusable, upstream.epoch == epoch, !isRetired, connection.isOpen,
            let wire = connection.wire, wire.input.isEmpty, !wire.isInputEnded
        else { return connection.close() }
        if yields(after: upstream.uses, isNeeded: !endpoint.waiting.isEmpty) { return connection.close() }
        if wire.isPaused { wire.resume() }
        if let handler = endpoint.waiting.first {
            endpoint.waiting.removeFirst()
            noWaiting()
            return upstream.lease(handler)
        }
        endpoint.active -= 1
        giveRequestBack(connection)
        connection.isLeased = false
        endpoint.idle.append(upstream)
        if waitingCount > 0 { loop.afterBatch { [self] in serveWaiting() } }
    }

    /// A stream of a shared connection ended.
    func streamEnded(_ upstream: HTTP2Upstream) {
        compiled.state.giveBack(.request)
        guard let endpoint = endpoints[upstream.address] else { return }
        endpoint.active -= 1
        if yields(after: upstream.uses, isNeeded: !upstream.isUnused || !endpoint.waiting.isEmpty) {
            upstream.retire()
        }
        if !endpoint.waiting.isEmpty { serve(endpoint) }
    }

    /// A shared connection takes no more streams.
    func remove(_ upstream: HTTP2Upstream) {
        endpoints[upstream.address]?.shared.removeAll { $0 === upstream }
    }

    private func gone(_ connection: UpstreamConnection) {
        open -= 1
        giveRequestBack(connection)
        budget.giveBack(limit: Int(limits.maxConnections))
        if let endpoint = endpoints[connection.address] {
            if let index = endpoint.idle.firstIndex(where: { $0.connection === connection }) {
                endpoint.idle.remove(at: index)
            }
            if connection.isLeased { endpoint.active -= 1 }
            forget(endpoint)
        }
        if waitingCount > 0, !isRetired { loop.afterBatch { [self] in serveWaiting() } }
    }

    private func noWaiting() {
        waitingCount -= 1
        compiled.state.giveBack(.pending)
    }

    func serveWaiting() {
        guard !isRetired else { return }
        for endpoint in Array(endpoints.values) where !endpoint.waiting.isEmpty { serve(endpoint) }
    }

    /// Forgets a handler that waits no longer.
    func cancel(_ handler: any UpstreamHandler) {
        guard waitingCount > 0 else { return }
        for endpoint in endpoints.values {
            guard let index = endpoint.waiting.firstIndex(where: { $0 === handler }) else { continue }
            endpoint.waiting.remove(at: index)
            noWaiting()
            return
        }
    }
}
