import Bytes
import Document
import EnvoyConfig
import Foundation
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import TLS
import Testing

@testable import XDS

/// Controller and gateway ends of delivery over TLS on loopback.
@Suite struct LiveDeliveryTests {
    static let node = "gateway-1"

    /// A controller's end: CA, server, hub.
    final class ControllerEnd: Sendable {
        let root: Certificate
        let hub: DeliveryHub
        let server: HTTPServer

        init(certificateFor address: String = "127.0.0.1") throws {
            let now = WallTime(seconds: Int64(Date().timeIntervalSince1970))
            let key = try PrivateKey.generateP256()
            root = try CertificateAuthority.selfSigned(
                CertificateTemplate(
                    subjectCommonName: "root", notBefore: now - .seconds(60), notAfter: now + .seconds(600),
                    isCA: true),
                key: key)
            let leafKey = try PrivateKey.generateP256()
            let leaf = try CertificateAuthority.issue(
                CertificateTemplate(
                    ipSANs: [address], notBefore: now - .seconds(60), notAfter: now + .seconds(600)),
                publicKey: leafKey.publicKey, issuer: root, issuerKey: key)
            let tls = try TLSServerContext(
                configuration: TLSServerConfiguration(
                    identity: TLSIdentity(chain: [leaf], key: leafKey), verification: .none))
            let hub = DeliveryHub(holdTime: .seconds(2))
            self.hub = hub
            let handler = XDSHandler(hub: hub) { token in
                guard ConstantTime.equal(Array(token.utf8), Array("secret-token".utf8)) else { return nil }
                return AuthorizedNode(node: LiveDeliveryTests.node, gateways: ["ingress"])
            }
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            server = HTTPServer(address: address, tls: tls) { await handler.handle($0) }
            try server.start()
        }

        func endpoint(token: String = "secret-token") -> ControlPlaneEndpoint {
            ControlPlaneEndpoint(
                url: "https://127.0.0.1:\(server.boundAddress.port)", roots: [root], token: token)
        }
    }

    /// What a gateway would put into force; refuses clusters whose name begins with "bad".
    final class GatewayEnd: Sendable {
        let applied = Mutex<[[String]]>([])

        func apply(_ snapshot: Snapshot) -> [String] {
            let names = snapshot.clusters.map(\.name)
            let bad = names.filter { $0.hasPrefix("bad") }
            if bad.isEmpty { applied.withLock { $0.append(names) } }
            return bad.map { "Cluster '\($0)': name: is bad" }
        }

        var last: [String]? { applied.withLock { $0.last } }
    }

    private func snapshot(_ clusters: [String]) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.clusters = clusters.map {
            Cluster(name: $0, loadAssignment: ClusterLoadAssignment(name: $0, endpoints: []))
        }
        return snapshot
    }

    private func client(_ controller: ControllerEnd, _ gateway: GatewayEnd, file: SnapshotFile? = nil) throws
        -> XDSClient
    {
        XDSClient(
            connection: try ControlPlaneConnection(controller.endpoint()),
            identity: NodeIdentity(id: Self.node, cluster: "mesh"), file: file
        ) { gateway.apply($0) }
    }

    /// Waits until a claim holds; fails after a minute.
    private func eventually(_ claim: String, _ check: @Sendable () async -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if await check() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("never: \(claim)")
    }

    @Test func changesReachTheGatewayAndAreAcknowledged() async throws {
        let controller = try ControllerEnd()
        let gateway = GatewayEnd()
        let client = try client(controller, gateway)
        await client.start()
        await controller.hub.setSnapshot(snapshot(["a"]), node: Self.node)
        try await eventually("the first configuration") { await client.isReady }
        #expect(gateway.last == ["a"])
        try await eventually("acknowledged") { await controller.hub.statuses().first?.isSettled == true }

        await controller.hub.setSnapshot(snapshot(["b"]), node: Self.node)
        try await eventually("moved") { gateway.last == ["b"] }
        #expect(gateway.applied.withLock { $0 }.contains(["a", "b"]), "both while routes move over")
        try await eventually("settled") { await controller.hub.statuses().first?.isSettled == true }
        await client.stop()
        await controller.server.stop()
    }

    @Test func refusalsAreToldAndMended() async throws {
        let controller = try ControllerEnd()
        let gateway = GatewayEnd()
        let client = try client(controller, gateway)
        await controller.hub.setSnapshot(snapshot(["bad-first"]), node: Self.node)
        await client.start()
        try await eventually("refused") {
            await controller.hub.statuses().first?.refusals.first?.message
                == "Cluster 'bad-first': name: is bad"
        }
        #expect(await !client.isReady)
        await controller.hub.setSnapshot(snapshot(["good"]), node: Self.node)
        try await eventually("mended") { gateway.last == ["good"] }
        await controller.hub.setSnapshot(snapshot(["bad-later"]), node: Self.node)
        try await eventually("refused again") {
            await controller.hub.statuses().first?.refusals.map(\.kind) == [.clusters]
        }
        #expect(gateway.last == ["good"])
        #expect(await client.refusals[.clusters] != nil)
        await controller.hub.setSnapshot(snapshot(["better"]), node: Self.node)
        try await eventually("settled") { gateway.last == ["better"] }
        try await eventually("no refusal left") {
            await controller.hub.statuses().first?.refusals.isEmpty == true
        }
        await client.stop()
        await controller.server.stop()
    }

    @Test func lastGoodConfigurationSurvivesWithoutController() async throws {
        let directory = NSTemporaryDirectory() + "/hanse-xds-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = SnapshotFile(path: directory + "/snapshot.json")
        let controller = try ControllerEnd()
        let gateway = GatewayEnd()
        let first = try client(controller, gateway, file: file)
        await controller.hub.setSnapshot(snapshot(["kept"]), node: Self.node)
        await first.start()
        try await eventually("stored") { file.load()?.snapshot.clusters.map(\.name) == ["kept"] }
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        await first.stop()
        await controller.server.stop()

        let restarted = GatewayEnd()
        let second = try client(controller, restarted, file: file)
        await second.start()
        #expect(restarted.last == ["kept"])
        #expect(await second.isReady)
        await second.stop()
        try "{ torn".write(toFile: file.path, atomically: true, encoding: .utf8)
        #expect(file.load() == nil)
    }

    @Test func strangersAreRefused() async throws {
        let controller = try ControllerEnd()
        let request = DiscoveryRequest(.clusters, from: NodeIdentity(id: Self.node, cluster: "mesh"))
        let wrongToken = try ControlPlaneConnection(controller.endpoint(token: "secret-tokem"))
        do {
            _ = try await wrongToken.poll(.clusters, request)
            Issue.record("let in")
        } catch {
            #expect(error.status == 401)
            #expect(!error.description.contains("secret"))
        }
        let right = try ControlPlaneConnection(controller.endpoint())
        do {
            _ = try await right.poll(
                .clusters, DiscoveryRequest(.clusters, from: NodeIdentity(id: "another", cluster: "mesh")))
            Issue.record("let in")
        } catch {
            #expect(error.status == 403)
        }
        await controller.server.stop()
    }

    @Test func onlyTheControllersOwnCertificateIsBelieved() async throws {
        let request = DiscoveryRequest(.clusters, from: NodeIdentity(id: Self.node, cluster: "mesh"))
        // A gateway of the same mesh has a certificate of the same CA, but not for the controller's address.
        let gateway = try ControllerEnd(certificateFor: "127.0.0.9")
        let toGateway = try ControlPlaneConnection(gateway.endpoint())
        do {
            _ = try await toGateway.poll(.clusters, request)
            Issue.record("believed")
        } catch {
            #expect(error.status == nil)
            #expect(error.description.contains("127.0.0.9"))
        }
        let controller = try ControllerEnd()
        var endpoint = controller.endpoint()
        endpoint.roots = [gateway.root]
        let toController = try ControlPlaneConnection(endpoint)
        do {
            _ = try await toController.poll(.clusters, request)
            Issue.record("believed")
        } catch {
            #expect(error.description.contains("untrusted CA"))
        }
        #expect(throws: TLSError.self) {
            try ControlPlaneConnection(ControlPlaneEndpoint(url: "http://127.0.0.1:1", roots: [], token: ""))
        }
        await gateway.server.stop()
        await controller.server.stop()
    }

    @Test func unchangedPollsAreHeldThenAnswered304() async throws {
        let controller = try ControllerEnd()
        await controller.hub.setSnapshot(snapshot(["a"]), node: Self.node)
        let connection = try ControlPlaneConnection(controller.endpoint())
        var request = DiscoveryRequest(
            .clusters, from: NodeIdentity(id: Self.node, cluster: "mesh", metadata: ["HANSE_INSTANCE": "1"]))
        guard case .success(let answer) = try await connection.poll(.clusters, request) else {
            Issue.record("no answer")
            return
        }
        request.versionInfo = answer.versionInfo
        let began = ContinuousClock.now
        let held = try await connection.poll(.clusters, request)
        #expect(held == nil)
        #expect(ContinuousClock.now - began > .milliseconds(1_500))
        await controller.server.stop()
    }

    @Test(arguments: [
        ("POST", "/v3/discovery:clusters", "{", 400), ("POST", "/v3/discovery:clusters", "[]", 400),
        ("POST", "/v3/discovery:clusters", "{\"node\":{\"id\":\"gateway-1\"},\"type_url\":\"x\"}", 400),
        ("GET", "/v3/discovery:clusters", "", 405), ("POST", "/v3/discovery:secrets", "{}", 404),
        ("POST", "/v3/other", "{}", 404),
    ])
    func badQuestionsAreAnsweredByStatus(method: String, path: String, body: String, status: Int) async throws
    {
        let handler = XDSHandler(hub: DeliveryHub()) { _ in AuthorizedNode(node: Self.node, gateways: []) }
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        var request = try #require(
            HTTPRequest(
                method: method, target: path, body: Array(body.utf8), peer: PeerInfo(address: address)))
        request.headers.set("Authorization", "Bearer x")
        #expect(await handler.handle(request).status == status)
    }
}
