internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import Synchronization
internal import XDS

/// The one place that changes what the workers do. Lives on a loop of its own.
actor GatewayControl {
    let options: GatewayOptions
    let loop: EventLoop
    private(set) var workers: [WorkerHandle] = []
    private(set) var share: WorkerShare
    private(set) var bootstrap = Bootstrap()
    private(set) var dynamic = Snapshot()
    private(set) var current = CompiledSnapshot.empty
    private(set) var addresses: [String: SocketAddress] = [:]
    private(set) var isDraining = false
    private(set) var isStarted = false
    private(set) var updates = UpdateCounts()
    let startTime = Clock.monotonic()
    private let startWall = Clock.wall()
    private var appliedAt = Clock.wall()
    private var admin: [AdminServer] = []
    private(set) var adminAddress: SocketAddress?
    private var watcher: SecretWatcher?
    private(set) var delivery: DynamicResources?
    private(set) var names: ClusterNames?
    private var checks: HealthChecks?
    /// Clusters to come, that learn their addresses and their health before they serve.
    private var warming: [String: CompiledCluster] = [:]

    /// How updates went.
    struct UpdateCounts: Sendable {
        var accepted: Int64 = 0
        var rejected: Int64 = 0
        var secretsReloaded: Int64 = 0
        var secretsRejected: Int64 = 0
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(options: GatewayOptions) {
        self.options = options
        loop = EventLoop.started(name: "gateway")
        share = WorkerShare(
            drainTime: options.drainTime, logFlushInterval: options.logFlushInterval, maxConnections: 0)
    }

    // MARK: Configuration

    func start(_ bootstrap: Bootstrap) async throws(ConfigError) {
        self.bootstrap = bootstrap
        share = WorkerShare(
            drainTime: options.drainTime, logFlushInterval: options.logFlushInterval,
            maxConnections: Int(bootstrap.maxActiveDownstreamConnections ?? 0), node: bootstrap.identity)
        if workers.isEmpty {
            let share = share
            workers = (0..<options.concurrency).map { WorkerHandle(index: $0, share: share) }
        }
        if options.acceptsDynamicResources {
            try await install(whole(dynamic)).get()
        } else {
            let delivery = DynamicResources(bootstrap, loop: loop, gateway: deliveryGateway)
            self.delivery = delivery
            try await delivery.start()
        }
        try startAdmin()
        isStarted = true
        Log.info(
            "gateway", "serving",
            ["listeners": "\(current.listeners.count)", "clusters": "\(current.clusters.count)"])
    }

    func apply(_ snapshot: Snapshot) async -> Result<Void, ConfigError> {
        let result = await install(whole(snapshot))
        switch result {
        case .success:
            dynamic = snapshot
            appliedAt = Clock.wall()
            updates.accepted += 1
            Log.info("gateway", "configuration applied", ["version": snapshot.version])
        case .failure(let error):
            updates.rejected += 1
            for finding in error.findings { Log.warning("gateway", finding.description) }
        }
        return result
    }

    /// With the bootstrap's own resources.
    private func whole(_ snapshot: Snapshot) -> Snapshot {
        var whole = snapshot
        whole.listeners = bootstrap.listeners + snapshot.listeners
        whole.clusters = bootstrap.clusters + snapshot.clusters
        return whole
    }

    /// What delivery may do with this gateway.
    private var deliveryGateway: DynamicResources.Gateway {
        DynamicResources.Gateway(
            check: { [weak self] in await self?.judge($0) },
            apply: { [weak self] in await self?.deliver($0) },
            target: { [weak self] in await self?.controlPlaneTarget($0) })
    }

    private func judge(_ snapshot: Snapshot) -> ConfigError? {
        guard
            case .failure(let error) = SnapshotCompiler.compile(
                snapshot, previous: current)
        else {
            return nil
        }
        return error
    }

    private func deliver(_ snapshot: Snapshot) async -> ConfigError? {
        guard case .failure(let error) = await install(snapshot) else {
            Log.info("gateway", "configuration applied", ["version": snapshot.version])
            return nil
        }
        return error
    }

    /// True until the first answers came, or were waited for long enough.
    func isInitializing() async -> Bool {
        guard let delivery else { return false }
        return await !delivery.isInitialized
    }

    private func controlPlaneTarget(_ name: String) -> ControlPlaneTarget? {
        current.clusters[name].map { ControlPlaneTarget($0) }
    }

    /// Compiles, binds, and only then hands over; whatever fails leaves everything as it was.
    private func install(_ whole: Snapshot) async -> Result<Void, ConfigError> {
        let compiled: CompiledSnapshot
        switch SnapshotCompiler.compile(
            whole, previous: current)
        {
        case .success(let value): compiled = value
        case .failure(let error): return .failure(error)
        }
        let sockets: BoundSockets
        do throws(ConfigError) {
            sockets = try ListenerBinder.bind(
                compiled.listeners, replacing: current.listeners, existing: addresses, workers: workers.count)
        } catch {
            return .failure(error)
        }
        await warm(compiled.clusters)
        guard !isDraining else {
            sockets.close()
            return .success(())
        }
        for renewal in compiled.renewals { renewal.commit() }
        current = compiled
        addresses = sockets.addresses
        for (index, worker) in workers.enumerated() {
            let own = sockets.descriptors[index]
            await worker.run { $0.apply(compiled, sockets: own) }
        }
        let renewed = compiled.renewals.compactMap(\.cluster)
        if !renewed.isEmpty {
            for worker in workers { await worker.run { $0.renewConnections(clusters: renewed) } }
        }
        await watchSecrets()
        resolveNames()
        checkHealth()
        return .success(())
    }

    // MARK: Secrets

    private func watchSecrets() async {
        let paths = current.tlsPaths
        // Watchers are few on a host: none is made before there is something to watch.
        if watcher == nil, paths.isEmpty { return }
        if watcher == nil {
            watcher = SecretWatcher(loop: loop) { [weak self] paths in
                Task { await self?.secretsChanged(paths) }
            }
        }
        watcher?.watch(paths)
    }

    private func secretsChanged(_ paths: Set<String>) async {
        func reload<Context>(_ slot: TLSSlot<Context>) -> Bool {
            guard !slot.material.paths.isDisjoint(with: paths) else { return false }
            do {
                try slot.reload()
                updates.secretsReloaded += 1
                Log.info("gateway", "TLS material reloaded", ["of": slot.label])
                return true
            } catch {
                updates.secretsRejected += 1
                Log.warning(
                    "gateway", "TLS material kept: the new one is not whole",
                    ["of": slot.label, "field": error.path, "reason": error.reason])
                return false
            }
        }
        for slot in current.serverSlots { _ = reload(slot) }
        var renewed: [String] = []
        for (name, cluster) in current.clusters {
            if let slot = cluster.tls, reload(slot) { renewed.append(name) }
            if let slot = cluster.checkTLS, slot !== cluster.tls { _ = reload(slot) }
        }
        let names = renewed
        if !names.isEmpty {
            for worker in workers { await worker.run { $0.renewConnections(clusters: names) } }
        }
        watcher?.watch(current.tlsPaths)
    }

    // MARK: Names and health

    /// Lets clusters that are new, or new in how they are checked, learn what they need, while all else serves on.
    private func warm(_ fresh: [String: CompiledCluster]) async {
        let cold = fresh.filter { $0.value.isCold(after: current.clusters[$0.key]) }
        guard !cold.isEmpty, !isDraining else { return }
        warming = cold
        resolveNames()
        checkHealth()
        await withCheckedContinuation { continuation in
            let (names, checks) = (names, checks)
            let warming = ClusterWarming(
                loop: loop,
                isWarm: {
                    cold.values.allSatisfy {
                        names?.isWarm($0) != false && checks?.isWarm($0) != false
                    }
                },
                finish: {
                    names?.observer = nil
                    checks?.observer = nil
                    continuation.resume()
                })
            names?.observer = { warming.look() }
            checks?.observer = { warming.look() }
            warming.look()
        }
        warming = [:]
    }

    private func resolveNames() {
        guard !isDraining else { return }
        let names =
            names
            ?? ClusterNames(loop: loop) { [weak self] in
                Task { await self?.checkHealth() }
            }
        self.names = names
        names.update(current.clusters.merging(warming) { $1 })
    }

    /// Checks the endpoints there are now.
    private func checkHealth() {
        guard !isDraining else { return }
        let checks = checks ?? HealthChecks(loop: loop)
        self.checks = checks
        if warming.isEmpty { checks.update(current.clusters) } else { checks.begin(warming) }
    }

    // MARK: Admin

    private func startAdmin() throws(ConfigError) {
        guard admin.isEmpty else { return }
        let configured = bootstrap.adminAddress?.socketAddress ?? options.adminAddress
        for (address, scope, field) in [
            (configured, AdminScope.all, "admin.address"),
            (options.readinessAddress, .readiness, "readiness address"),
            (options.metricsAddress, .metrics, "metrics address"),
        ] {
            guard let address else { continue }
            do {
                let server = try AdminServer(loop: loop, address: address) { [weak self] request in
                    guard let self else { return AdminReply(status: 503, text: "") }
                    return await AdminPages.answer(request, scope: scope, control: self)
                }
                admin.append(server)
                if scope == .all { adminAddress = server.address }
            } catch {
                throw ConfigError(findings: [
                    ConfigFinding(
                        resourceType: "Bootstrap", resourceName: bootstrap.name, path: field,
                        reason: "cannot listen on \(address): \(error)")
                ])
            }
        }
    }

    /// What is configured, for `/config_dump`.
    func dump() async -> ConfigDump {
        let delivered = ConfigDump(bootstrap, started: startWall, dynamic: dynamic, updated: appliedAt)
        guard let delivery else { return delivered }
        var dump = await delivery.report().dump(bootstrap, started: startWall)
        dump.items += delivered.items
        return dump
    }

    // MARK: The end

    /// Accepts nothing new and lets connections finish.
    func drain() async {
        isDraining = true
        addresses = [:]
        for worker in workers { await worker.run { $0.drainAll() } }
    }

    func stop() async {
        await delivery?.stop()
        await drain()
        names?.stop()
        checks?.stop()
        let deadline = Clock.monotonic() + options.stopTime
        while await connectionCount() > 0, Clock.monotonic() < deadline, !isCutShort {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for worker in workers { await worker.run { $0.closeAll() } }
        // Refused and finished clients get their last bytes; log lines get out.
        try? await Task.sleep(for: .milliseconds(20))
        // A collector that does not answer keeps nobody.
        let spanDeadline = min(deadline, Clock.monotonic()) + .seconds(1)
        while await hasSpans(), Clock.monotonic() < spanDeadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        while !share.log.isIdle, Clock.monotonic() < deadline + .seconds(1) {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for server in admin { server.close() }
        admin = []
        watcher?.close()
        watcher = nil
    }

    private func hasSpans() async -> Bool {
        for worker in workers {
            if await worker.run({ $0.hasSpans }) { return true }
        }
        return false
    }

    private var isCutShort = false

    func connectionCount() async -> Int {
        var count = 0
        for worker in workers { count += await worker.run { $0.connectionCount } }
        return count
    }

    func waitForSignal() async -> Int32 {
        let arrivals = AsyncStream<Void>.makeStream()
        do {
            try Signals.handle([.terminate, .interrupt], on: loop) { _ in arrivals.continuation.yield() }
        } catch {
            Log.error("gateway", "cannot handle signals", ["error": error.description])
            return 1
        }
        ProcessMemory.settle()
        var iterator = arrivals.stream.makeAsyncIterator()
        _ = await iterator.next()
        let count = await connectionCount()
        Log.info("gateway", "draining", ["connections": "\(count)"])
        let second = Task { [stream = arrivals.stream] in
            for await _ in stream {
                self.cutShort()
                return
            }
        }
        await stop()
        second.cancel()
        return 0
    }

    private func cutShort() { isCutShort = true }
}
