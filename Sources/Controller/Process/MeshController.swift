internal import Bytes
internal import Discovery
internal import Document
internal import Federation
internal import HTTPService
internal import Reactor
public import Resources
internal import TLS
internal import Translate
internal import Trust
internal import XDS

/// The control plane of one mesh.
///
/// Everything it decides in a pass is a function of the stored objects, what peers said, and the time; it runs a pass
/// whenever one of these changed, and at the latest after 30 seconds.
public actor MeshController {
    let configuration: ControllerConfiguration
    let client: any ResourceClient
    let cache: ResourceCache
    let runner: ActionRunner
    let authority: MeshAuthority
    let tokens = GatewayTokens()
    let hub: DeliveryHub
    let known: KnownImports
    let loop: EventLoop
    let exporter: DiscoveryServer
    let importer: DiscoveryClient
    let address: IPAddress
    private let news: AsyncStream<DiscoveryEvent>

    /// What the last pass found the mesh to be; nil before the first ServiceMeshControlPlane.
    var mesh: MeshFacts?
    var servers: Servers?
    var supervisor: GatewaySupervisor?
    var watchStatuses: [String: PeerConnectionStatus] = [:]
    var exportedPeers: Set<String> = []
    var importedPeers: Set<String> = []
    var followed: [String: PeerDiscoveryConfig] = [:]
    /// What applies to the imports of peers that have been away for long.
    var expired: [String: StaleImports] = [:]
    /// Whom each peer's watches were let in as.
    var admissions: [String: PeerAdmission] = [:]
    /// Peers whose open watches were let in by what no longer holds.
    var outdatedWatches: Set<String> = []
    var metrics = ControllerMetrics()
    private var isStopped = false
    private var loopTask: Task<Void, Never>?
    private var listeners: [Task<Void, Never>] = []
    private var monitoring: HTTPServer?

    /// A controller that reads and writes through `client`; nothing runs before `start`.
    public init(configuration: ControllerConfiguration, client: any ResourceClient) throws {
        guard let address = configuration.address else {
            throw ControllerError("--address-range: \(configuration.addressRange) has no first address")
        }
        self.configuration = configuration
        self.client = client
        self.address = address
        let cache = ResourceCache(
            client: client, types: ResourceType.all.filter { $0 != .event && $0 != .customResourceDefinition }
        )
        self.cache = cache
        runner = ActionRunner(client: client, component: "hanse-controller")
        authority = MeshAuthority(client: client, leafLifetime: configuration.leafLifetime)
        hub = DeliveryHub { Task { await cache.touch() } }
        known = KnownImports(directory: configuration.discoveryDirectory)
        loop = EventLoop.started(name: "controller")
        exporter = DiscoveryServer(loop: loop) { _, _ in Task { await cache.touch() } }
        let (news, yield) = AsyncStream.makeStream(of: DiscoveryEvent.self)
        self.news = news
        importer = DiscoveryClient(loop: loop) { yield.yield($0) }
    }

    /// Starts to serve and to reconcile.
    public func start() async throws {
        try FileSystem.makeDirectory(configuration.gatewayDirectory)
        try prepareToken()
        await known.load()
        try startMonitoring()
        listeners.append(Task { await self.follow(self.news) })
        await cache.start()
        loopTask = Task { await self.run() }
    }

    /// Stops everything, the gateway process included.
    public func stop() async {
        isStopped = true
        await cache.stop()
        for task in listeners { task.cancel() }
        // Watches never end by themselves, and a gateway that drains waits for what is under way.
        let supervisor = supervisor
        async let drained: Void? = supervisor?.stop()
        await importer.shutdown()
        exporter.stop()
        await drained
        await loopTask?.value
        await servers?.stop()
        await monitoring?.stop()
    }

    private func run() async {
        let ticker = Task { [cache] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(30))
                await cache.touch()
            }
        }
        defer { ticker.cancel() }
        var seen = -1
        while !isStopped {
            await cache.changed(since: seen)
            let (world, isComplete, generation) = await cache.snapshot()
            seen = generation
            guard isComplete, !isStopped else { continue }
            let began = Clock.monotonic()
            do {
                try await pass(world)
                metrics.passes += 1
            } catch {
                metrics.failures += 1
                Log.error("controller", "a reconcile pass failed", ["error": "\(error)"])
            }
            metrics.lastPass = Clock.monotonic() - began
        }
    }

    /// One pass: from what is known to what should be.
    private func pass(_ world: World) async throws {
        var decision = reconcileMesh(
            MeshInput(
                world: world, range: configuration.addressRange, roots: nil,
                readyGateways: await readyGateways(),
                version: configuration.version, now: Clock.wall()))
        guard let mesh = MeshFacts(world) else {
            self.mesh = nil
            _ = await runner.run(decision.actions)
            return
        }
        self.mesh = mesh
        let (authority, isNew) = try await authority.load(
            namespace: mesh.namespace, trustDomain: mesh.trustDomain, world: world)
        decision = reconcileMesh(
            MeshInput(
                world: world, range: configuration.addressRange, roots: authority.roots.pem,
                readyGateways: await readyGateways(),
                version: configuration.version, now: Clock.wall()))
        _ = await runner.run(decision.actions)
        try await serve(mesh, authority, trustChanged: isNew)
        tokens.update(node: configuration.name, gateways: Set(mesh.gateways.keys))

        let now = Clock.wall()
        let plans = planPeers(world, mesh, now: now)
        let trust = TrustStore(own: mesh.trustDomain, ownBundle: authority.roots, peers: plans.map(\.trust))
        let registry = ServiceRegistry.build(
            world.all.filter { mesh.namespaces.contains($0.namespace) }, clusterDomain: mesh.clusterDomain)
        let peers = await reconcilePeers(plans, mesh, trust, registry)
        await deliver(world, mesh, authority, registry, peers)
        await endOutdatedWatches()
    }

    func touch() async { await cache.touch() }

    private func readyGateways() async -> Set<String> {
        var ready: Set<String> = []
        for node in await hub.statuses() where node.isSettled {
            ready.formUnion(
                AuthorizedNode.gateways(ofNode: node.id) ?? Set(mesh?.gateways.keys.map { $0 } ?? []))
        }
        return ready
    }

    private func startMonitoring() throws {
        let address = SocketAddress(ip: address, port: ControllerConfiguration.monitoringPort)
        let server = HTTPServer(address: address) { [weak self] in
            await self?.monitor($0) ?? .text("stopping\n", status: 503)
        }
        try server.start()
        monitoring = server
    }

    /// A token is made once, so that a gateway outlives its controller's restarts.
    private func prepareToken() throws {
        let path = configuration.tokenPath
        var token =
            (try? FileSystem.read(path, limit: 1024)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if token.isEmpty {
            token = GatewayTokens.make()
            try FileSystem.writeAtomically(path, Array(token.utf8), mode: 0o600)
        }
        tokens.set(token, AuthorizedNode(node: configuration.name, gateways: []))
    }
}

/// Why a controller cannot run.
public struct ControllerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence for the admin.
    public var description: String

    /// An error with its sentence.
    public init(_ description: String) { self.description = description }
}
