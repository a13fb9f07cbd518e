import Bytes
public import Document

/// One node's whole configuration at a version.
public struct Snapshot: Sendable, Equatable {
    /// A name for this content, as `contentVersion` makes one; empty is none.
    public var version = ""
    /// Sorted by name, as all lists here.
    public var listeners: [Listener] = []
    /// The clusters.
    public var clusters: [Cluster] = []
    /// The endpoints of EDS clusters.
    public var endpoints: [ClusterLoadAssignment] = []
    /// The routes that listeners name.
    public var routes: [RouteConfiguration] = []
    /// The secrets that TLS contexts name.
    public var secrets: [Secret] = []

    /// An empty configuration.
    public init() {}

    /// The resources of a kind.
    public func resources(of kind: ResourceKind) -> [DynamicResource] {
        switch kind {
        case .clusters: clusters.map { .cluster($0) }
        case .endpoints: endpoints.map { .endpoints($0) }
        case .listeners: listeners.map { .listener($0) }
        case .routes: routes.map { .routes($0) }
        case .secrets: secrets.map { .secret($0) }
        }
    }

    /// Replaces the resources of a kind; those of other kinds in `resources` are left out.
    public mutating func replace(_ kind: ResourceKind, with resources: [DynamicResource]) {
        switch kind {
        case .clusters: clusters = resources.compactMap { if case .cluster(let it) = $0 { it } else { nil } }
        case .endpoints:
            endpoints = resources.compactMap { if case .endpoints(let it) = $0 { it } else { nil } }
        case .listeners:
            listeners = resources.compactMap { if case .listener(let it) = $0 { it } else { nil } }
        case .routes: routes = resources.compactMap { if case .routes(let it) = $0 { it } else { nil } }
        case .secrets: secrets = resources.compactMap { if case .secret(let it) = $0 { it } else { nil } }
        }
    }

    /// The snapshot as a document for the disk: `{"version", "listeners": [...], ...}`.
    public var node: Node {
        var object = Object()
        object["version"] = Node(.string(version))
        object["clusters"] = Node(.array(clusters.map(\.node)))
        object["endpoints"] = Node(.array(endpoints.map(\.node)))
        object["listeners"] = Node(.array(listeners.map(\.node)))
        object["routes"] = Node(.array(routes.map(\.node)))
        object["secrets"] = Node(.array(secrets.map(\.node)))
        return Node(.object(object))
    }

    /// Reads what `node` wrote.
    public static func read(_ node: Node) throws(ConfigError) -> Snapshot {
        let reader = ConfigReader()
        reader.context.resourceType = "Snapshot"
        var snapshot = Snapshot()
        FieldMapper.group(node, reader.context) { fields in
            fields.string("version", &snapshot.version)
            fields.resources("clusters", &snapshot.clusters)
            fields.resources("endpoints", &snapshot.endpoints)
            fields.resources("listeners", &snapshot.listeners)
            fields.resources("routes", &snapshot.routes)
            fields.resources("secrets", &snapshot.secrets)
        }
        ResourceChecks.check(listeners: snapshot.listeners, reader.context)
        ResourceChecks.check(names: snapshot.clusters, reader.context)
        ResourceChecks.check(aggregates: snapshot.clusters, isComplete: false, reader.context)
        ResourceChecks.check(names: snapshot.routes, reader.context)
        try reader.finish()
        return snapshot
    }

    /// The same configuration without deliveries: routes and endpoints stand in the listeners and clusters
    /// that name them.
    ///
    /// What a static bootstrap needs. Secrets by file stay as they are.
    public func inlined() -> Snapshot {
        let routesByName = Dictionary(routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let endpointsByName = Dictionary(
            endpoints.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var result = self
        result.routes = []
        result.endpoints = []
        result.listeners = listeners.map { $0.inlining(routesByName) }
        result.clusters = clusters.map { cluster in
            guard cluster.type == .eds else { return cluster }
            var cluster = cluster
            var assignment =
                endpointsByName[cluster.endpointsName]
                ?? ClusterLoadAssignment(name: cluster.name, endpoints: [])
            assignment.name = cluster.name
            cluster.type = .static
            cluster.edsClusterConfig = nil
            cluster.loadAssignment = assignment
            return cluster
        }
        return result
    }

    /// A bootstrap that holds all of it.
    public func staticBootstrap(identity: NodeIdentity, adminAddress: Address? = nil) -> Bootstrap {
        let snapshot = inlined()
        var bootstrap = Bootstrap()
        bootstrap.identity = identity
        bootstrap.adminAddress = adminAddress
        bootstrap.listeners = snapshot.listeners
        bootstrap.clusters = snapshot.clusters
        return bootstrap
    }
}

extension Listener {
    /// The listener with its named routes in place.
    fileprivate func inlining(_ routes: [String: RouteConfiguration]) -> Listener {
        var listener = self
        for index in listener.filterChains.indices {
            guard case .httpConnectionManager(var manager) = listener.filterChains[index].filters.last,
                case .rds(let rds) = manager.routes
            else { continue }
            var inline =
                routes[rds.routeConfigName] ?? RouteConfiguration(name: rds.routeConfigName, virtualHosts: [])
            inline.validateClusters = inline.validateClusters ?? false
            manager.routes = .inline(inline)
            let last = listener.filterChains[index].filters.count - 1
            listener.filterChains[index].filters[last] = .httpConnectionManager(manager)
        }
        return listener
    }
}

extension Snapshot {
    /// A version made from the content: equal content, equal version.
    public var contentVersion: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for kind in ResourceKind.allCases {
            let next = UInt64(kind: kind, resources: resources(of: kind))
            hash = (hash ^ next) &* 0x100_0000_01b3
            hash ^= hash >> 29
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

extension UInt64 {
    /// A hash of the resources as they are delivered.
    fileprivate init(kind: ResourceKind, resources: [DynamicResource]) {
        self = FNV1.hash64a(kind.rawValue.utf8)
        for resource in resources {
            self = (self ^ FNV1.hash64a(JSON.bytes(resource.anyNode))) &* 0x100_0000_01b3
        }
    }
}
