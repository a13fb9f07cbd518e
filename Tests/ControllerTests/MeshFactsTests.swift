import Resources
import Testing

@testable import Controller

/// What a controller takes its own mesh to be.
@Suite struct MeshFactsTests {
    @Test func thereIsNoMeshWithoutAControlPlane() throws {
        #expect(MeshFacts(try world("{apiVersion: v1, kind: Namespace, metadata: {name: a}}")) == nil)
    }

    @Test func readsNameTrustDomainAndMembers() throws {
        let mesh = try #require(MeshFacts(try world(eastMesh)))
        #expect(mesh.name == "east")
        #expect(mesh.namespace == "east-mesh")
        #expect(mesh.trustDomain.name == "east.local")
        #expect(mesh.namespaces == ["east-mesh", "bookinfo"], "members that do not exist do not count")
        #expect(mesh.controllerIdentity?.description == "spiffe://east.local/ns/east-mesh/sa/istiod-east")
    }

    @Test func knowsGatewaysByNameWithAddressAndIdentity() throws {
        let mesh = try #require(MeshFacts(try world(eastMesh)))
        #expect(mesh.gateways.keys.sorted() == ["mesh-gateway", "west-egress", "west-ingress"])
        let ingress = try #require(mesh.gateways["west-ingress"])
        #expect(ingress.direction == .ingress)
        #expect(ingress.isAdditional)
        #expect(ingress.address == "127.0.30.3")
        #expect(
            ingress.identity.description == "spiffe://east.local/ns/east-mesh/sa/west-ingress-service-account"
        )
        #expect(mesh.gateways["mesh-gateway"]?.targetPorts == [80: 15080])
        #expect(mesh.gateways["off-egress"] == nil, "a gateway that is switched off is no gateway")
    }

    @Test func labelsOfNamespacesMakeMembersToo() throws {
        let roll = """
            apiVersion: maistra.io/v1
            kind: ServiceMeshMemberRoll
            metadata: {name: default, namespace: east-mesh}
            spec: {memberSelectors: [{matchLabels: {team: books}}]}
            """
        let mesh = try #require(MeshFacts(try world(eastMesh, roll)))
        #expect(mesh.namespaces == ["east-mesh", "bookinfo"])
    }

    @Test func aServiceMeshMemberJoinsItsNamespace() throws {
        let member = """
            apiVersion: maistra.io/v1
            kind: ServiceMeshMember
            metadata: {name: default, namespace: private}
            spec: {controlPlaneRef: {name: east, namespace: east-mesh}}
            """
        let mesh = try #require(MeshFacts(try world(eastMesh, member)))
        #expect(mesh.namespaces == ["east-mesh", "bookinfo", "private"])
    }
}
