import Bytes
import Document
import Federation
import Resources
import TLS
import Testing
import Translate
import Trust

@testable import Controller

/// What the stored objects say about a peer.
@Suite struct PeerPlanTests {
    private let now = WallTime(seconds: 1_780_000_000, nanoseconds: 0)

    private func authority(_ domain: String) throws -> MeshCA {
        try MeshCA.make(
            trustDomain: try #require(TrustDomain(domain)), key: try PrivateKey.generateP256(), now: now)
    }

    private func rootMap(_ ca: MeshCA) throws -> String {
        let text = JSON.serialize(Node(ca.roots.pem))
        return """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: west-ca-root-cert, namespace: east-mesh}
            data: {root-cert.pem: \(text)}
            """
    }

    private let services = """
        apiVersion: v1
        kind: Service
        metadata: {name: details, namespace: bookinfo}
        spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 9080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: vault, namespace: private}
        spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 9080}]}
        ---
        apiVersion: federation.maistra.io/v1
        kind: ExportedServiceSet
        metadata: {name: west, namespace: east-mesh}
        spec: {exportRules: [{type: NameSelector, nameSelector: {namespace: "*", name: "*"}}]}
        """

    private func registry(_ world: World, _ mesh: MeshFacts) -> ServiceRegistry {
        ServiceRegistry.build(world.all.filter { mesh.namespaces.contains($0.namespace) })
    }

    @Test func aPeerWithoutItsRootIsNotTrusted() throws {
        let world = try world(eastMesh, westPeer)
        let mesh = try #require(MeshFacts(world))
        let plan = try #require(planPeers(world, mesh, now: now).first)
        let trust = TrustStore(
            own: mesh.trustDomain, ownBundle: try authority("east.local").roots, peers: [plan.trust])
        #expect(trust.trustDomain(ofPeer: plan.peer.key) == nil)
        let empty = plan.exports(ServiceRegistry(), mesh)
        let state = plan.state(mesh, trust, empty, plan.imports([], mesh))
        #expect(state.bundle.isEmpty)
        #expect(state.trustDomain == nil)
    }

    @Test func aPeerWithItsRootIsTrustedForItsDomainAlone() throws {
        let west = try authority("west.local")
        let world = try world(eastMesh, westPeer, try rootMap(west))
        let mesh = try #require(MeshFacts(world))
        let plan = try #require(planPeers(world, mesh, now: now).first)
        let own = try authority("east.local")
        let trust = TrustStore(own: mesh.trustDomain, ownBundle: own.roots, peers: [plan.trust])
        let state = plan.state(
            mesh, trust, plan.exports(ServiceRegistry(), mesh), plan.imports([], mesh))
        #expect(state.bundle == west.roots.roots.map(\.pem))
        #expect(state.trustDomain?.name == "west.local")
        #expect(state.egressAddresses == ["127.0.30.4"])
        #expect(
            state.remoteChecksum
                == Checksum.of(remoteAddresses: ["127.0.31.3"], discoveryPort: 8188, servicePort: 15443))
    }

    @Test func exportsStopAtTheMeshsMembersAndItsGateways() throws {
        let world = try world(eastMesh, westPeer, services)
        let mesh = try #require(MeshFacts(world))
        let plan = try #require(planPeers(world, mesh, now: now).first)
        let exports = plan.exports(registry(world, mesh), mesh).exports
        #expect(exports.map(\.exportedHostname) == ["details.bookinfo.svc.west-exports.local"])
        #expect(
            exports.first?.message.serviceAccounts == [
                "spiffe://east.local/ns/east-mesh/sa/west-ingress-service-account"
            ])
        #expect(
            exports.first?.message.servicePorts == [ServicePort(name: "http", port: 9080, protocol: "HTTP")])
    }

    @Test func withoutASetNothingIsExported() throws {
        let world = try world(eastMesh, westPeer)
        let mesh = try #require(MeshFacts(world))
        let plan = try #require(planPeers(world, mesh, now: now).first)
        #expect(plan.exports(registry(world, mesh), mesh).exports.isEmpty)
    }

    @Test func statusIsWrittenOnlyWhenItChanges() throws {
        let world = try world(eastMesh, westPeer, services)
        let mesh = try #require(MeshFacts(world))
        var plan = try #require(planPeers(world, mesh, now: now).first)
        let exports = plan.exports(registry(world, mesh), mesh)
        let imports = plan.imports([], mesh)
        let status = PeerDiscoveryStatus(pod: "p", watch: PeerConnectionStatus())
        let first = plan.statusActions(status, exports, imports, staleSince: nil)
        #expect(first.count == 2)
        for case .updateStatus(let resource) in first {
            if resource.type == .serviceMeshPeer { plan.peer = resource } else { plan.exportSet = resource }
        }
        #expect(plan.statusActions(status, exports, imports, staleSince: nil).isEmpty)
    }

    @Test func whatKeepsAPeerOutIsToldWithItsField() throws {
        let bad = """
            apiVersion: federation.maistra.io/v1
            kind: ServiceMeshPeer
            metadata: {name: west, namespace: east-mesh}
            spec:
              gateways: {ingress: {name: nowhere}, egress: {name: west-ingress}}
              security: {trustDomain: west.local}
            """
        let world = try world(eastMesh, bad)
        let mesh = try #require(MeshFacts(world))
        let plan = try #require(planPeers(world, mesh, now: now).first)
        let messages = plan.problems(mesh).map(\.message)
        #expect(messages.contains("spec.security.clientID: is not set; nobody is admitted"))
        #expect(
            messages.contains(
                "spec.gateways.ingress.name: \"nowhere\" is not an ingress gateway of this mesh; it has: west-ingress"
            ))
        #expect(
            messages.contains(
                "spec.gateways.egress.name: \"west-ingress\" is not an egress gateway of this mesh; it has: west-egress"
            ))
        #expect(messages.contains("spec.remote.addresses: is empty; the peer cannot be reached"))
    }

    @Test func peersOutsideTheControlPlanesNamespaceDoNotCount() throws {
        let elsewhere = westPeer.replacingOccurrencesOfNamespace("east-mesh", "bookinfo")
        let world = try world(eastMesh, elsewhere)
        let mesh = try #require(MeshFacts(world))
        #expect(planPeers(world, mesh, now: now).isEmpty)
    }
}

extension String {
    fileprivate func replacingOccurrencesOfNamespace(_ old: String, _ new: String) -> String {
        split(separator: "namespace: \(old)", omittingEmptySubsequences: false).joined(
            separator: "namespace: \(new)")
    }
}
