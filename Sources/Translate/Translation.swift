import EnvoyConfig
import Resources

/// One run of `translate`: what was put together so far.
final class Translation {
    let input: TranslateInput
    let hosts: HostTable
    let rules: DestinationRules
    /// By name, so that order never matters.
    private(set) var clusters: [String: Cluster] = [:]
    private(set) var endpoints: [String: ClusterLoadAssignment] = [:]
    private(set) var listeners: [String: Listener] = [:]
    private(set) var routes: [String: RouteConfiguration] = [:]
    private(set) var warnings: Set<TranslateWarning>
    private(set) var summaries: [RouteSummary] = []

    init(_ input: TranslateInput) {
        self.input = input
        var warnings: Set<TranslateWarning> = []
        hosts = HostTable(input) { warnings.insert($0) }
        rules = DestinationRules(input, hosts: hosts) { warnings.insert($0) }
        self.warnings = warnings
    }

    func warn(_ object: String, _ path: String, _ message: String) {
        warnings.insert(TranslateWarning(object: object, path: path, message: message))
    }

    func add(_ summary: RouteSummary) {
        summaries.append(summary)
    }

    /// Adds a cluster unless one of its name is there; its endpoints go where the delivery wants them.
    func add(_ cluster: Cluster, endpoints localities: [LocalityLbEndpoints], endpointsName: String? = nil) {
        guard clusters[cluster.name] == nil else { return }
        var cluster = cluster
        let name = endpointsName ?? cluster.name
        if cluster.type == .strictDNS || input.delivery == .inline {
            cluster.loadAssignment = ClusterLoadAssignment(name: cluster.name, endpoints: localities)
        } else if case .dynamic(let source) = input.delivery {
            cluster.type = .eds
            cluster.edsClusterConfig = .init(serviceName: name == cluster.name ? "" : name, from: source)
            endpoints[name] = ClusterLoadAssignment(name: name, endpoints: localities)
        }
        clusters[cluster.name] = cluster
    }

    func hasCluster(_ name: String) -> Bool { clusters[name] != nil }

    /// Adds a listener; a second one on an address is left out with a warning.
    func add(_ listener: Listener, object: String) {
        if let other = listeners.values.first(where: { $0.address == listener.address }) {
            warn(
                object, "",
                "does not listen on \(listener.address.address):\(listener.address.port): \(other.name) does")
            return
        }
        listeners[listener.name] = listener
    }

    /// Where a manager finds these routes: by name, or in place.
    func place(_ configuration: RouteConfiguration) -> HTTPConnectionManager.Routes {
        guard case .dynamic(let source) = input.delivery else {
            var configuration = configuration
            configuration.validateClusters = false
            return .inline(configuration)
        }
        routes[configuration.name] = configuration
        return .rds(.init(configuration.name, from: source))
    }

    func gateway(_ name: String, _ role: NodeGateway.Role) -> NodeGateway? {
        input.gateways.first { $0.name == name && $0.role == role }
    }

    func finish() -> TranslateResult {
        var snapshot = Snapshot()
        snapshot.listeners = listeners.values.sorted { $0.name < $1.name }
        snapshot.clusters = clusters.values.sorted { $0.name < $1.name }
        snapshot.endpoints = endpoints.values.sorted { $0.name < $1.name }
        snapshot.routes = routes.values.sorted { $0.name < $1.name }
        return TranslateResult(
            snapshot: snapshot, routes: summaries.sorted(by: RouteSummary.inOrder),
            warnings: warnings.sorted())
    }
}
