internal import Bytes
internal import Discovery
internal import Document
internal import HTTPService
internal import Reactor
internal import Resources
internal import TLS
internal import Trust

/// The controller's servers that speak TLS with a leaf of the mesh's own CA.
struct Servers {
    var control: HTTPServer
    var discovery: HTTPServer
    /// When the leaf is replaced.
    var renewal: WallTime
    /// What the servers were set up for; anything else means new contexts.
    var setUp: SetUp

    struct SetUp: Hashable {
        var identity: SPIFFEID
        var roots: String
        var ingress: [String]
    }

    func stop() async {
        await control.stop()
        await discovery.stop()
    }
}

extension MeshController {
    /// Starts the servers once the mesh has a CA, and gives them new certificates when it is time or trust changed.
    func serve(_ mesh: MeshFacts, _ ca: MeshCA, trustChanged: Bool) async throws {
        guard let identity = mesh.controllerIdentity else {
            throw ControllerError("\(mesh.namespace)/\(mesh.name) cannot be part of a SPIFFE ID")
        }
        let ingress = mesh.gateways.values.filter { $0.direction == .ingress }.map { "\($0.identity)" }
            .sorted()
        let setUp = Servers.SetUp(identity: identity, roots: ca.roots.pem, ingress: ingress)
        let now = Clock.wall()
        if let servers, servers.setUp == setUp, now < servers.renewal, !trustChanged { return }
        let leaf = try await authority.identity(identity, ipAddresses: ["\(address)"])
        let control = try TLSServerContext(
            configuration: TLSServerConfiguration(
                identity: leaf, verification: .none, minimumVersion: .v1_2, alpn: ["http/1.1"]))
        let trust = TrustStore(own: mesh.trustDomain, ownBundle: ca.roots, peers: [])
        let discovery = try TLSServerContext(
            configuration: TLSServerConfiguration(
                identity: leaf,
                // Without an ingress gateway nobody may come in: a name that no certificate can have.
                verification: trust.verification(
                    for: [mesh.trustDomain], allowedURISANs: ingress.isEmpty ? ["none"] : ingress),
                alpn: ["http/1.1"]))
        let renewal = Renewal.time(of: leaf.leaf, random: UInt64.random(in: 0...UInt64.max))
        if var servers {
            servers.control.updateTLS(control)
            servers.discovery.updateTLS(discovery)
            servers.renewal = renewal
            servers.setUp = setUp
            self.servers = servers
        } else {
            servers = Servers(
                control: try startControl(control), discovery: try startDiscovery(discovery),
                renewal: renewal,
                setUp: setUp)
        }
        try FileSystem.writeAtomically(configuration.rootsPath, Array(ca.roots.pem.utf8), mode: 0o644)
        scheduleRenewal(at: renewal, now: now)
        try await startGateway()
    }

    private func startControl(_ tls: TLSServerContext) throws -> HTTPServer {
        let handler = ControlHandler(tokens: tokens, hub: hub) { [weak self] name in
            await self?.mesh?.gateways[name]?.identity
        } sign: { [authority] csr, identity throws(ControlHandler.RefusedRequest) in
            do {
                return try await authority.sign(csr, for: identity)
            } catch {
                throw ControlHandler.RefusedRequest("\(error)")
            }
        }
        let server = HTTPServer(
            address: SocketAddress(ip: address, port: ControllerConfiguration.controlPort), tls: tls,
            handler: handler.handle)
        try server.start()
        return server
    }

    private func startDiscovery(_ tls: TLSServerContext) throws -> HTTPServer {
        let server = HTTPServer(
            address: SocketAddress(ip: address, port: ControllerConfiguration.discoveryPort), tls: tls,
            handler: exporter.handle)
        try server.start()
        return server
    }

    private func scheduleRenewal(at renewal: WallTime, now: WallTime) {
        let delay = Duration.seconds(max(1, renewal.seconds - now.seconds))
        Task { [weak self] in
            try? await Task.sleep(for: delay)
            await self?.touch()
        }
    }

    /// Starts the mesh's own gateway process, once.
    private func startGateway() async throws {
        guard let executable = configuration.gatewayExecutable, supervisor == nil else { return }
        let arguments =
            [
                "gateway", "--controller", "https://\(address):\(ControllerConfiguration.controlPort)",
                "--mesh", configuration.name, "--token-file", configuration.tokenPath,
                "--ca-file", configuration.rootsPath, "--state", "\(configuration.gatewayDirectory)/node",
                "--address", "\(configuration.addressRange.address(at: 2) ?? address)",
            ] + configuration.gatewayArguments
        let supervisor = GatewaySupervisor(
            configuration: ChildProcess.Configuration(executable: executable, arguments: arguments), on: loop)
        self.supervisor = supervisor
        await supervisor.start()
    }
}
