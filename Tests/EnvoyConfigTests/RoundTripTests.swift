import Document
import EnvoyConfig
import Testing

@Suite struct RoundTripTests {
    @Test func bootstrapWithEveryFieldSurvivesWritingAndReading() throws {
        let bootstrap = try Bootstrap.read(FixtureFiles.json("gateway.json"))
        let again = try Bootstrap.read(bootstrap.node)
        #expect(again == bootstrap)
        #expect(JSON.serialize(again.node) == JSON.serialize(bootstrap.node))
    }

    @Test func everyFieldOfTheBootstrapIsWrittenAgain() throws {
        let original = try FixtureFiles.json("gateway.json")
        let written = try Bootstrap.read(original).node
        var lost: [String] = []
        Self.compare(original, written, path: "", lost: &lost)
        // An empty list equals an absent one.
        #expect(lost == [".static_resources.clusters[1].load_assignment.endpoints[1].lb_endpoints"])
    }

    /// Collects what of `a` is missing or different in `b`; names of extensions are labels and may differ.
    static func compare(_ a: Node, _ b: Node?, path: String, lost: inout [String]) {
        if let object = a.object {
            for member in object.members where member.key != "name" || path.hasSuffix("]") == false {
                let key = member.key == "normalizePath" ? "normalize_path" : member.key
                compare(member.value, b?[key], path: path + "." + key, lost: &lost)
            }
        } else if let array = a.array {
            if array.isEmpty && b == nil { return lost.append(path) }
            for (index, element) in array.enumerated() {
                compare(element, b?[index], path: "\(path)[\(index)]", lost: &lost)
            }
        } else if a != b, !path.hasSuffix(".name"), a.int.map({ String($0) }) != b?.string,
            a.string != b?.int.map({ String($0) })
        {
            if a.string?.replacing(" ", with: "") == b?.string { return }
            lost.append(b == nil ? path : path + "=" + (b?.string ?? "?"))
        }
    }

    @Test(arguments: [
        OpenTelemetryConfig(OTLPService(uri: "http://a.example/v1/traces", cluster: "c"), serviceName: "s"),
        {
            var config = OpenTelemetryConfig()
            config.export = .grpc(cluster: "c")
            return config
        }(),
    ])
    func openTelemetrySurvivesWritingAndReading(_ config: OpenTelemetryConfig) throws {
        var manager = HTTPConnectionManager()
        manager.statPrefix = "a"
        manager.httpFilters = [.router]
        var tracing = Tracing()
        tracing.provider = .openTelemetry(config)
        manager.tracing = tracing
        let listener = Listener(
            name: "l", address: Address("127.0.0.1", port: 1),
            filterChains: [FilterChain(name: "c", filters: [.httpConnectionManager(manager)])])
        let answer: Node = ["version_info": "1", "resources": [listener.anyNode]]
        #expect(try DiscoveryResponse.read(answer, expecting: .listeners).resources == [.listener(listener)])
    }

    @Test func snapshotSurvivesTheDisk() throws {
        let bootstrap = try Bootstrap.read(FixtureFiles.json("gateway.json"))
        var snapshot = Snapshot()
        snapshot.version = "v7"
        snapshot.listeners = bootstrap.listeners
        snapshot.clusters = bootstrap.clusters
        snapshot.endpoints = [
            ClusterLoadAssignment(
                name: "db", endpoints: [LocalityLbEndpoints([LbEndpoint("127.0.0.9", port: 33)])])
        ]
        snapshot.routes = [RouteConfiguration(name: "r", virtualHosts: [])]
        snapshot.secrets = [Secret(name: "s", .validationContext(.init(.trustedCA(.filename("./ca.pem")))))]
        let text = JSON.serialize(snapshot.node)
        #expect(try Snapshot.read(JSON.parse([UInt8](text.utf8))) == snapshot)
    }

    @Test func inliningPutsRoutesAndEndpointsInPlace() throws {
        var snapshot = Snapshot()
        var manager = HTTPConnectionManager()
        manager.statPrefix = "m"
        manager.routes = .rds(.init("r", from: ConfigSource()))
        manager.httpFilters = [.router]
        snapshot.listeners = [
            Listener(
                name: "l", address: Address("127.0.0.1", port: 80),
                filterChains: [FilterChain(name: "c", filters: [.httpConnectionManager(manager)])])
        ]
        var cluster = Cluster()
        cluster.name = "c"
        cluster.type = .eds
        cluster.edsClusterConfig = .init(serviceName: "e", from: ConfigSource())
        snapshot.clusters = [cluster]
        snapshot.endpoints = [
            ClusterLoadAssignment(
                name: "e", endpoints: [LocalityLbEndpoints([LbEndpoint("127.0.0.9", port: 33)])])
        ]
        snapshot.routes = [
            RouteConfiguration(name: "r", virtualHosts: [VirtualHost(name: "v", domains: ["*"], routes: [])])
        ]
        let bootstrap = snapshot.staticBootstrap(identity: NodeIdentity(id: "n", cluster: "n"))
        #expect(
            bootstrap.listeners[0].inlineRoutes.map(\.virtualHosts) == snapshot.routes.map(\.virtualHosts))
        #expect(bootstrap.clusters[0].type == .static)
        #expect(bootstrap.clusters[0].loadAssignment?.endpoints == snapshot.endpoints[0].endpoints)
        #expect(try Bootstrap.read(bootstrap.node) == bootstrap)
    }

    @Test func absentAndZeroAreTold() throws {
        var reader = ConfigReader()
        let zero = RouteAction(
            reading: ["cluster": "c", "timeout": "0s", "idle_timeout": "0s"], reader: &reader)
        let absent = RouteAction(reading: ["cluster": "c"], reader: &reader)
        #expect(zero.timeout == .zero && zero.idleTimeout == .zero)
        #expect(absent.timeout == .seconds(15) && absent.idleTimeout == nil)
        #expect(reader.findings.isEmpty)
    }

    @Test func nullMeansAbsent() throws {
        var reader = ConfigReader()
        let cluster = Cluster(
            reading: ["name": "c", "outlier_detection": .null, "type": .null], reader: &reader)
        #expect(cluster.outlierDetection == nil && cluster.type == .static)
        #expect(reader.findings.isEmpty)
    }
}
