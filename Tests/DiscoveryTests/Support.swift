import Bytes
import Discovery
import Federation
import HTTPService
import Reactor
import Resources
import Synchronization
import Testing

let gateway = SPIFFEID("spiffe://east.local/ns/mesh/sa/west-ingress-service-account").unsafelyUnwrapped

func service(_ name: String, _ namespace: String = "bookinfo", port: Int = 9080) -> ServiceMessage {
    ServiceMessage(
        name: name, namespace: namespace, hostname: "\(name).\(namespace).svc.east-exports.local",
        servicePorts: [ServicePort(name: "http", port: port, protocol: "HTTP")],
        serviceAccounts: ["spiffe://east.local/ns/mesh/sa/west-ingress-service-account"])
}

/// Everything a client reported, and a way to wait for it.
final class Recorder: Sendable {
    private let state = Mutex<[DiscoveryEvent]>([])

    func record(_ event: DiscoveryEvent) { state.withLock { $0.append(event) } }

    var events: [DiscoveryEvent] { state.withLock { $0 } }

    /// Waits until the events are as wanted; a test whose events never are fails after 30 s.
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation, until condition: ([DiscoveryEvent]) -> Bool
    ) async {
        let end = ContinuousClock.now + .seconds(30)
        while !condition(events) {
            guard ContinuousClock.now < end else {
                Issue.record(
                    "not within 30 s; the last event: \(String(describing: events.last))",
                    sourceLocation: sourceLocation)
                return
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits until the imports of a peer are exactly these.
    func waitForImports(
        _ peer: String, _ services: [ServiceMessage], sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await wait(sourceLocation: sourceLocation) { $0.imports(peer)?.services == services }
    }
}

extension [DiscoveryEvent] {
    func imports(_ peer: String) -> (services: [ServiceMessage], checksum: UInt64)? {
        for case .imports(peer, let services, let checksum) in reversed() { return (services, checksum) }
        return nil
    }

    func importCount(_ peer: String) -> Int {
        count { if case .imports(peer, _, _) = $0 { true } else { false } }
    }

    func status(_ peer: String) -> PeerConnectionStatus? {
        for case .status(peer, let status) in reversed() { return status }
        return nil
    }

    func stale(_ peer: String) -> (since: WallTime?, policy: StaleImports?)? {
        for case .stale(peer, let since, let policy) in reversed() { return (since, policy) }
        return nil
    }
}

/// Short waits, and limits that a busy machine does not run into; a test about a limit sets its own.
func quickTimes() -> PeerWatch.Configuration {
    var times = PeerWatch.Configuration()
    times.openTimeout = .seconds(600)
    times.listTimeout = .seconds(600)
    times.heartbeatInterval = .seconds(600)
    times.listSpacing = .milliseconds(20)
    times.backoff = Backoff.Configuration(initial: .milliseconds(20), maximum: .milliseconds(100))
    return times
}

func config(_ peer: String, _ egress: SocketAddress?, _ times: PeerWatch.Configuration = quickTimes())
    -> PeerDiscoveryConfig
{
    PeerDiscoveryConfig(
        peer: peer, egress: egress, discoveryService: "discovery.mesh.svc.\(peer).local",
        remoteChecksum: 18_446_744_073_709_551_615, watch: times)
}

let anyPort = SocketAddress(ip: "127.0.0.1", port: 0).unsafelyUnwrapped

/// Runs an HTTP server on a free port for as long as `body` takes.
func withServer(
    _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
    at address: SocketAddress = anyPort, _ body: (HTTPServer) async throws -> Void
) async throws {
    var limits = HTTPLimits()
    limits.stopTimeout = .milliseconds(200)
    let server = HTTPServer(address: address, limits: limits, handler: handler)
    try server.start()
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// Runs a client that reports to a recorder.
func withClient(_ body: (DiscoveryClient, Recorder) async throws -> Void) async throws {
    let loop = EventLoop.started(name: "discovery-test")
    let recorder = Recorder()
    let client = DiscoveryClient(loop: loop) { recorder.record($0) }
    do {
        try await body(client, recorder)
    } catch {
        await client.shutdown()
        loop.stop()
        throw error
    }
    await client.shutdown()
    loop.stop()
}

/// An exporter as its ingress gateway shows it to a peer: the path names the peer, the certificate the gateway.
struct Exporter {
    let loop: EventLoop
    let server: DiscoveryServer

    init(_ configuration: DiscoveryServer.Configuration = .init(heartbeatInterval: .milliseconds(50))) {
        loop = EventLoop.started(name: "exporter-test")
        server = DiscoveryServer(loop: loop, configuration: configuration)
        server.setPeer("west", ingressIdentity: gateway)
    }

    func stop() {
        server.stop()
        loop.stop()
    }

    var handler: @Sendable (HTTPRequest) async -> HTTPResponse {
        { [server] request in
            var request = request
            request.peer.uriSAN = gateway.description
            request.path = request.path.hasSuffix("/") ? request.path + "west" : request.path + "/west"
            return await server.handle(request)
        }
    }
}
