internal import Document

/// What of a dump is asked for, in the parameters of Envoy's `/config_dump`.
public struct ConfigDumpQuery: Sendable {
    /// `resource`: one list alone, by its field's name (`dynamic_listeners`); nil for the whole dump.
    public var resource: String?
    /// `mask`: the fields to show of each item, or of each section; empty shows all.
    public var mask: [String] = []
    /// `name_regex`: which resources to show, by name; nil for all.
    public var matchesName: (@Sendable (String) -> Bool)?
    /// `include_eds`: whether endpoints are shown.
    public var includesEndpoints = false

    /// Everything but endpoints.
    public init() {}
}

/// What a dump answers.
public enum ConfigDumpAnswer: Equatable, Sendable {
    /// `{"configs": [...]}`.
    case text(String)
    /// There is no such list.
    case notFound(String)
    /// The query cannot be answered.
    case invalid(String)
}

extension ConfigDump {
    /// The messages in the lists of sections.
    private static let itemTypes = [
        "static_clusters": "StaticCluster", "dynamic_active_clusters": "DynamicCluster",
        "dynamic_warming_clusters": "DynamicCluster", "static_listeners": "StaticListener",
        "dynamic_listeners": "DynamicListener", "static_route_configs": "StaticRouteConfig",
        "dynamic_route_configs": "DynamicRouteConfig", "static_endpoint_configs": "StaticEndpointConfig",
        "dynamic_endpoint_configs": "DynamicEndpointConfig", "dynamic_active_secrets": "DynamicSecret",
    ]

    /// Fields that items have, whether or not they are set.
    private static let itemFields: Set<String> = [
        "name", "version_info", "last_updated", "error_state", "client_status", "cluster", "listener",
        "route_config", "endpoint_config", "secret", "active_state", "warming_state", "draining_state",
    ]

    /// The keys under which an item holds its resource.
    private static let resourceFields = [
        "cluster", "listener", "route_config", "endpoint_config", "secret",
    ]

    /// The dump as a query wants it.
    public func answer(_ query: ConfigDumpQuery) -> ConfigDumpAnswer {
        var sections = sections(includingEndpoints: query.includesEndpoints)
        if let matches = query.matchesName {
            sections = sections.map { ($0.name, Self.filtered($0.content, matches)) }
        }
        var shown: [Node]
        if let resource = query.resource, !resource.isEmpty {
            guard let section = sections.first(where: { $0.content[resource] != nil }),
                let value = section.content[resource]
            else { return .notFound("\(resource) not found in config dump") }
            guard let items = value.array, let type = Self.itemTypes[resource] else {
                return .invalid(
                    "\(resource) is not a repeated field. Use ?mask=\(resource) to get only this field")
            }
            for path in query.mask where !Self.itemFields.contains(Self.head(of: path)) {
                return .invalid("FieldMask paths: \"\(path)\" could not be successfully used.")
            }
            shown = items.map { item in
                wrappedAsAny(
                    Self.masked(item, query.mask), type: "envoy.admin.v3.\(section.name).\(type)")
            }
        } else {
            shown = sections.map { section in
                wrappedAsAny(
                    Self.masked(section.content, query.mask), type: "envoy.admin.v3.\(section.name)")
            }
        }
        for index in shown.indices { shown[index].redactKeys() }
        return .text(JSON.serialize(["configs": Node(shown)], style: .pretty))
    }

    private static func head(of path: String) -> String { String(path.prefix { $0 != "." }) }

    /// The fields that a mask names; an Any keeps its type.
    private static func masked(_ node: Node, _ mask: [String]) -> Node {
        guard !mask.isEmpty, let object = node.object else { return node }
        var kept = Object()
        for member in object.members {
            if member.key == "@type" { kept[member.key] = member.value }
            let paths = mask.filter { head(of: $0) == member.key }
            guard !paths.isEmpty else { continue }
            let isWhole = paths.contains(member.key)
            let rest = paths.map { String($0.dropFirst(member.key.count + 1)) }
            kept[member.key] = isWhole ? member.value : masked(member.value, rest)
        }
        return Node(.object(kept))
    }

    /// A section with those items whose resource has such a name.
    private static func filtered(_ section: Node, _ matches: (String) -> Bool) -> Node {
        guard let object = section.object else { return section }
        var kept = Object()
        for member in object.members {
            guard let items = member.value.array, itemTypes[member.key] != nil else {
                kept[member.key] = member.value
                continue
            }
            kept[member.key] = Node(items.filter { name(of: $0).map(matches) ?? false })
        }
        return Node(.object(kept))
    }

    private static func name(of item: Node) -> String? {
        if let name = item["name"]?.string { return name }
        for field in resourceFields {
            guard let resource = item[field] else { continue }
            return (resource["name"] ?? resource["cluster_name"])?.string
        }
        return nil
    }
}
