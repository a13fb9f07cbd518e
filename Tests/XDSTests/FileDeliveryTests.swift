import EnvoyConfig
import Reactor
import Synchronization
import Testing

@testable import XDS

/// Resources from files, with a data plane that only looks on.
@Suite(.timeLimit(.minutes(2))) struct FileDeliveryTests {
    private let directory: String

    init() throws {
        directory = try FileSystem.makeTemporaryDirectory(prefix: "hanse-files")
    }

    private static let cluster = """
        {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "a", "type": "EDS", \
        "eds_cluster_config": {"service_name": "s", "eds_config": \
        {"resource_api_version": "V3", "path_config_source": {"path": "FILE"}}}}
        """

    private static func endpoints(port: Int) -> String {
        """
        {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", "cluster_name": "s", \
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": \
        {"address": "127.0.0.1", "port_value": \(port)}}}}]}]}
        """
    }

    private static func put(_ path: String, _ resource: String) {
        let eds = FileSystem.parent(of: path) + "/eds.json"
        let text = #"{"resources": [\#(resource)]}"#.replacing("FILE", with: eds)
        do {
            try FileSystem.writeAtomically(path, Array(text.utf8))
        } catch {
            Issue.record("\(error)")
        }
    }

    private static func port(_ snapshot: Snapshot) -> UInt16? {
        snapshot.endpoints.first?.endpoints.first?.lbEndpoints.first?.address.port
    }

    /// What is renamed onto a file while the file's first content is being put into force.
    @Test func fileThatIsReplacedWhileItIsTakenIsReadAgain() async throws {
        let loop = EventLoop.started(name: "files")
        defer {
            loop.stop()
            loop.join()
        }
        let (cds, eds) = (directory + "/cds.json", directory + "/eds.json")
        Self.put(cds, "")
        Self.put(eds, Self.endpoints(port: 1))
        var bootstrap = Bootstrap()
        bootstrap.identity = NodeIdentity(id: "n", cluster: "c")
        var dynamic = Bootstrap.DynamicResources()
        dynamic.cdsConfig = ConfigSource(path: cds)
        bootstrap.dynamicResources = dynamic

        let ports = Mutex<[UInt16]>([])
        let resources = DynamicResources(
            bootstrap, loop: loop,
            gateway: DynamicResources.Gateway(
                check: { _ in nil },
                apply: { snapshot in
                    guard let port = Self.port(snapshot) else { return nil }
                    let isFirst = ports.withLock { ports in
                        ports.append(port)
                        return ports.count == 1
                    }
                    if isFirst { Self.put(eds, Self.endpoints(port: 2)) }
                    return nil
                }, target: { _ in nil }))
        try await resources.start()
        #expect(ports.withLock { $0 }.isEmpty)

        Self.put(cds, Self.cluster)
        let deadline = ContinuousClock.now + .seconds(60)
        while ports.withLock({ $0.last }) != 2, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(ports.withLock { $0 } == [1, 2])
        await resources.stop()
        try FileSystem.removeTree(directory)
    }
}
