public import Document

/// The kinds of resources that are delivered.
public enum ResourceKind: String, CaseIterable, Sendable, Hashable {
    /// CDS.
    case clusters
    /// EDS.
    case endpoints
    /// LDS.
    case listeners
    /// RDS.
    case routes
    /// SDS.
    case secrets

    /// `type.googleapis.com/...`, as requests name it.
    public var typeURL: String {
        switch self {
        case .clusters: Cluster.typeURL
        case .endpoints: ClusterLoadAssignment.typeURL
        case .listeners: Listener.typeURL
        case .routes: RouteConfiguration.typeURL
        case .secrets: Secret.typeURL
        }
    }

    /// The path of its REST polls.
    public var path: String { "/v3/discovery:" + rawValue }

    /// The kind that a request names.
    public init?(typeURL: String) {
        guard let kind = Self.allCases.first(where: { $0.typeURL == typeURL }) else { return nil }
        self = kind
    }

    /// The kind of a REST path.
    public init?(path: String) {
        guard let kind = Self.allCases.first(where: { $0.path == path }) else { return nil }
        self = kind
    }
}

/// One delivered resource.
public enum DynamicResource: Sendable, Equatable {
    /// CDS.
    case cluster(Cluster)
    /// EDS.
    case endpoints(ClusterLoadAssignment)
    /// LDS.
    case listener(Listener)
    /// RDS.
    case routes(RouteConfiguration)
    /// SDS.
    case secret(Secret)

    /// Its kind.
    public var kind: ResourceKind {
        switch self {
        case .cluster: .clusters
        case .endpoints: .endpoints
        case .listener: .listeners
        case .routes: .routes
        case .secret: .secrets
        }
    }

    /// The message name without its package, as findings have it.
    public var typeName: String {
        switch self {
        case .cluster: Cluster.shortName
        case .endpoints: ClusterLoadAssignment.shortName
        case .listener: Listener.shortName
        case .routes: RouteConfiguration.shortName
        case .secret: Secret.shortName
        }
    }

    /// Its name.
    public var name: String {
        switch self {
        case .cluster(let resource): resource.name
        case .endpoints(let resource): resource.name
        case .listener(let resource): resource.name
        case .routes(let resource): resource.name
        case .secret(let resource): resource.name
        }
    }

    /// The resource with its `@type`.
    public var anyNode: Node {
        switch self {
        case .cluster(let resource): resource.anyNode
        case .endpoints(let resource): resource.anyNode
        case .listener(let resource): resource.anyNode
        case .routes(let resource): resource.anyNode
        case .secret(let resource): resource.anyNode
        }
    }

    /// Reads a resource by its `@type`; nil, and a finding, when it is of none of these.
    static func read(_ node: Node, _ context: ConfigReader.Context) -> DynamicResource? {
        var result: DynamicResource?
        let allowed = [
            Cluster.messageName, ClusterLoadAssignment.messageName, Listener.messageName,
            RouteConfiguration.messageName, Secret.messageName,
        ]
        FieldMapper.any(node, allowed: allowed, context) { type, fields in
            var reader = ConfigReader(context: context)
            switch type {
            case Cluster.messageName: result = .cluster(.readResource(fields, reader: &reader))
            case ClusterLoadAssignment.messageName:
                let endpoints = ClusterLoadAssignment.readResource(
                    fields, key: "cluster_name", reader: &reader)
                context.scoped(type: ClusterLoadAssignment.shortName, name: endpoints.name) {
                    endpoints.checkAreIPs(context)
                }
                result = .endpoints(endpoints)
            case Listener.messageName: result = .listener(.readResource(fields, reader: &reader))
            case RouteConfiguration.messageName: result = .routes(.readResource(fields, reader: &reader))
            default: result = .secret(.readResource(fields, reader: &reader))
            }
        }
        return result
    }
}
