public import Bytes
internal import Document

/// What a gateway has, as Envoy's `/config_dump` shows it; keys given inline are left out.
public struct ConfigDump: Sendable {
    /// One delivered resource.
    public struct Item: Sendable {
        /// The resource.
        public var resource: DynamicResource
        /// Its version.
        public var version: String
        /// When it came.
        public var updated: WallTime

        /// An item from its parts.
        public init(_ resource: DynamicResource, version: String, updated: WallTime) {
            self.resource = resource
            self.version = version
            self.updated = updated
        }
    }

    /// A refusal in force.
    public struct Failure: Sendable {
        /// What was refused.
        public var kind: ResourceKind
        /// The resource that was asked for; empty when all of the kind were.
        public var name: String
        /// The refused version; empty when it could not be read.
        public var version: String
        /// Why.
        public var details: String
        /// When.
        public var time: WallTime

        /// A failure from its parts.
        public init(_ kind: ResourceKind, name: String, version: String, details: String, time: WallTime) {
            self.kind = kind
            self.name = name
            self.version = version
            self.details = details
            self.time = time
        }
    }

    /// The bootstrap, whose own resources are the static ones.
    public var bootstrap: Bootstrap
    /// When the process started.
    public var started: WallTime
    /// The accepted version of each kind.
    public var versions: [ResourceKind: String] = [:]
    /// What was delivered.
    public var items: [Item] = []
    /// Names of delivered listeners and clusters that wait for what they need.
    public var warming: [ResourceKind: Set<String>] = [:]
    /// The refusals in force.
    public var failures: [Failure] = []

    /// A dump of a bootstrap alone.
    public init(_ bootstrap: Bootstrap, started: WallTime) {
        self.bootstrap = bootstrap
        self.started = started
    }

    /// The messages of `envoy.admin.v3` that a dump consists of.
    func sections(includingEndpoints: Bool) -> [(name: String, content: Node)] {
        var sections = [
            ("BootstrapConfigDump", ["bootstrap": bootstrap.node, "last_updated": time(started)]),
            ("ClustersConfigDump", clusters),
        ]
        if includingEndpoints { sections.append(("EndpointsConfigDump", endpoints)) }
        return sections + [
            ("ListenersConfigDump", listeners), ("RoutesConfigDump", routes), ("SecretsConfigDump", secrets),
        ]
    }

    private func time(_ time: WallTime) -> Node { Node(time.rfc3339) }

    private func items(_ kind: ResourceKind) -> [Item] { items.filter { $0.resource.kind == kind } }

    private func isWarming(_ item: Item) -> Bool {
        warming[item.resource.kind]?.contains(item.resource.name) == true
    }

    /// `{"version_info", KEY: resource, "last_updated"}` and the refusal that concerns it.
    private func entry(_ item: Item, _ key: String) -> Node {
        var node: Node = ["version_info": Node(item.version)]
        node[key] = item.resource.anyNode
        node["last_updated"] = time(item.updated)
        return node
    }

    private func fixed(_ resources: [DynamicResource], _ key: String) -> Node {
        Node(
            resources.map { resource in
                var node: Node = ["last_updated": time(started)]
                node[key] = resource.anyNode
                return node
            })
    }

    /// The refusal that names a resource, in Envoy's `UpdateFailureState`.
    private func errorState(_ kind: ResourceKind, _ name: String, _ type: String) -> Node? {
        let found = failures.first {
            $0.kind == kind && ($0.name == name || $0.details.contains("\(type) '\(name)'"))
        }
        return found.map(errorState)
    }

    private func errorState(_ failure: Failure) -> Node {
        [
            "last_update_attempt": time(failure.time), "details": Node(failure.details),
            "version_info": Node(failure.version),
        ]
    }

    private func withError(_ node: Node, _ item: Item) -> Node {
        var node = node
        node["error_state"] = errorState(item.resource.kind, item.resource.name, item.resource.typeName)
        return node
    }

    private var clusters: Node {
        let all = items(.clusters)
        return [
            "version_info": Node(versions[.clusters] ?? ""),
            "static_clusters": fixed(bootstrap.clusters.map { .cluster($0) }, "cluster"),
            "dynamic_active_clusters": Node(
                all.filter { !isWarming($0) }.map { withError(entry($0, "cluster"), $0) }),
            "dynamic_warming_clusters": Node(
                all.filter(isWarming).map { withError(entry($0, "cluster"), $0) }),
        ]
    }

    private var listeners: Node {
        var dynamic = items(.listeners).map { item in
            var node: Node = ["name": Node(item.resource.name)]
            node[isWarming(item) ? "warming_state" : "active_state"] = entry(item, "listener")
            return withError(node, item)
        }
        // A list that was refused for what is not in force yet.
        let names = Set(items(.listeners).map(\.resource.name))
        for failure in failures where failure.kind == .listeners {
            if names.contains(where: { failure.details.contains("Listener '\($0)'") }) { continue }
            dynamic.append(["name": "", "error_state": errorState(failure)])
        }
        return [
            "version_info": Node(versions[.listeners] ?? ""),
            "static_listeners": fixed(bootstrap.listeners.map { .listener($0) }, "listener"),
            "dynamic_listeners": Node(dynamic),
        ]
    }

    private var routes: Node {
        [
            "static_route_configs": fixed(
                bootstrap.listeners.flatMap(\.inlineRoutes).map { .routes($0) }, "route_config"),
            "dynamic_route_configs": Node(items(.routes).map { withError(entry($0, "route_config"), $0) }),
        ]
    }

    private var endpoints: Node {
        [
            "static_endpoint_configs": fixed(
                bootstrap.clusters.compactMap(\.loadAssignment).map { .endpoints($0) }, "endpoint_config"),
            "dynamic_endpoint_configs": Node(
                items(.endpoints).map { withError(entry($0, "endpoint_config"), $0) }),
        ]
    }

    private var secrets: Node {
        let all = items(.secrets).map { item in
            var node = withError(entry(item, "secret"), item)
            node["name"] = Node(item.resource.name)
            return node
        }
        return ["dynamic_active_secrets": Node(all)]
    }
}

extension ConfigDump {
    /// A dump of what came as one snapshot.
    public init(_ bootstrap: Bootstrap, started: WallTime, dynamic: Snapshot, updated: WallTime) {
        self.init(bootstrap, started: started)
        for kind in ResourceKind.allCases {
            items += dynamic.resources(of: kind).map { Item($0, version: dynamic.version, updated: updated) }
            versions[kind] = dynamic.version
        }
    }
}
