import Document
import Resources
import Testing
import Translate

@Suite struct RegistryTests {
    static func build(_ yaml: String) throws -> ServiceRegistry {
        .build(try YAML.parse([UInt8](yaml.utf8)).map { try Resource(reading: $0) })
    }

    static func service(_ extra: String) throws -> MeshService {
        let registry = try build(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: s, namespace: ns, labels: {team: x}}
            spec:
              selector: {app: s}
              ports: [{name: http, port: 80, targetPort: web}, {name: dns, port: 53, protocol: UDP}]
            ---
            """ + extra)
        return try #require(
            registry.service(ObjectKey(namespace: "ns", name: "s"), clusterDomain: "cluster.local"))
    }

    static let pod = """

        apiVersion: v1
        kind: Pod
        metadata: {name: p, namespace: ns, labels: {app: s, version: v1}}
        spec:
          serviceAccountName: acc
          containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]
        status: {podIP: 127.0.0.5, phase: Running, conditions: [{type: Ready, status: "True"}]}
        ---
        """
    static let entry = """

        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: w, namespace: ns}
        spec: {address: 127.0.0.6, labels: {app: s, version: v2}, ports: {http: 9090}, locality: a/b, weight: 3}
        ---
        """
    static let slice = """

        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: s-1, namespace: ns, labels: {kubernetes.io/service-name: s}}
        addressType: IPv4
        endpoints: [{addresses: [127.0.0.7], conditions: {ready: false}, targetRef: {kind: Pod, name: p}}]
        ports: [{name: http, port: 8081}]
        ---
        """

    @Test func workloadsAreFoundBySelector() throws {
        let service = try Self.service(Self.pod + Self.entry)
        #expect(service.endpoints.map(\.address) == ["127.0.0.5", "127.0.0.6"])
        #expect(service.endpoints.map { $0.ports[80] } == [8080, 9090])
        #expect(service.endpoints[1].weight == 3)
        #expect(service.endpoints[1].locality == Locality(region: "a", zone: "b"))
        #expect(service.readyEndpoints(port: 80, labels: ["version": "v2"]).map(\.address) == ["127.0.0.6"])
        #expect(service.serviceAccounts == ["acc"])
        #expect(service.ports.map(\.number) == [80])
    }

    @Test func slicesComeBeforeWorkloads() throws {
        let service = try Self.service(Self.pod + Self.entry + Self.slice)
        #expect(service.endpoints.map(\.address) == ["127.0.0.7"])
        #expect(service.endpoints[0].labels["version"] == "v1")
        #expect(service.endpoints[0].serviceAccount == "acc")
        #expect(service.readyEndpoints(port: 80).isEmpty)
    }

    @Test func emptyEndpointsBesideASelectorCountAsNone() throws {
        let service = try Self.service(
            Self.entry + "\napiVersion: v1\nkind: Endpoints\nmetadata: {name: s, namespace: ns}\n")
        #expect(service.endpoints.map(\.address) == ["127.0.0.6"])
    }

    @Test func otherNamespacesAndLabelsAreNotSelected() throws {
        let elsewhere = Self.entry.replacing("namespace: ns", with: "namespace: m")
        #expect(try Self.service(elsewhere).endpoints.isEmpty)
        #expect(try Self.service(Self.entry.replacing("app: s", with: "app: t")).endpoints.isEmpty)
    }

    @Test func serviceEntriesAddHostsAndEndpoints() throws {
        let registry = try Self.build(
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: e, namespace: ns}
            spec:
              hosts: [a.example, b.example]
              location: MESH_INTERNAL
              resolution: STATIC
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
              workloadSelector: {labels: {app: s}}
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: d, namespace: ns}
            spec:
              hosts: [c.example]
              resolution: DNS
              ports: [{number: 443, name: tls, protocol: TLS}]
            ---
            """ + Self.entry)
        #expect(registry.sorted.map(\.hostname) == ["a.example", "b.example", "c.example"])
        let a = try #require(registry.services["a.example"])
        #expect(a.endpoints.map { $0.ports[80] } == [9090] && !a.isMeshExternal)
        let c = try #require(registry.services["c.example"])
        #expect(c.resolution == .dns && c.endpoints.map(\.address) == ["c.example"] && c.isMeshExternal)
    }
}
