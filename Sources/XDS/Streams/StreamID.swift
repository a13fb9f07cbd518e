internal import EnvoyConfig

/// Which discovery stream.
enum StreamID: Hashable, Sendable {
    /// The one of `ads_config`.
    case aggregated
    /// Of one kind, to these clusters.
    case own(ResourceKind, [String], APIConfigSource.APIType)

    /// A fixed order: the aggregated stream, then by kind.
    var order: Int {
        switch self {
        case .aggregated: -1
        case .own(let kind, _, _): ResourceKind.allCases.firstIndex(of: kind) ?? 0
        }
    }

    /// The path of the call.
    func method(_ type: APIConfigSource.APIType) -> String {
        let form = type == .deltaGRPC ? "Delta" : "Stream"
        switch self {
        case .aggregated:
            return "/envoy.service.discovery.v3.AggregatedDiscoveryService/\(form)AggregatedResources"
        case .own(let kind, _, _):
            let (package, service, noun) =
                switch kind {
                case .clusters: ("cluster", "ClusterDiscoveryService", "Clusters")
                case .endpoints: ("endpoint", "EndpointDiscoveryService", "Endpoints")
                case .listeners: ("listener", "ListenerDiscoveryService", "Listeners")
                case .routes: ("route", "RouteDiscoveryService", "Routes")
                case .secrets: ("secret", "SecretDiscoveryService", "Secrets")
                }
            return "/envoy.service.\(package).v3.\(service)/\(form)\(noun)"
        }
    }
}
