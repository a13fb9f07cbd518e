import Bytes
public import Document

/// All kinds a server offers, most preferred first.
public struct APICatalog: Sendable, Hashable {
    /// The kinds in the server's order: groups by priority, in each the versions by preference.
    public var resources: [APIResource]

    /// Makes a catalog.
    public init(resources: [APIResource]) {
        self.resources = resources
    }

    /// Reads an aggregated discovery document (`APIGroupDiscoveryList`); nil for other documents.
    public init?(aggregated node: Node) {
        guard node["kind"]?.string == "APIGroupDiscoveryList" else { return nil }
        resources = []
        for item in node["items"]?.array ?? [] {
            let group = item.at("metadata", "name")?.string ?? ""
            for version in item["versions"]?.array ?? [] {
                guard let name = version["version"]?.string else { continue }
                for entry in version["resources"]?.array ?? [] {
                    guard let plural = entry["resource"]?.string,
                        let kind = entry.at("responseKind", "kind")?.string
                    else { continue }
                    var resource = APIResource(
                        group: group, version: name, plural: plural,
                        singular: entry["singularResource"]?.string ?? "", kind: kind,
                        isNamespaced: entry["scope"]?.string == "Namespaced")
                    resource.shortNames = entry["shortNames"]?.strings ?? []
                    resource.categories = entry["categories"]?.strings ?? []
                    resource.verbs = entry["verbs"]?.strings ?? []
                    resources.append(resource)
                }
            }
        }
    }

    /// Reads the kinds of one group version from its `APIResourceList`.
    public init(legacy node: Node) {
        let groupVersion = node["groupVersion"]?.string ?? "v1"
        let slash = groupVersion.firstIndex(of: "/")
        let group = slash.map { String(groupVersion[..<$0]) } ?? ""
        let version = slash.map { String(groupVersion[groupVersion.index(after: $0)...]) } ?? groupVersion
        resources = []
        for entry in node["resources"]?.array ?? [] {
            guard let plural = entry["name"]?.string, !plural.contains("/"), let kind = entry["kind"]?.string
            else { continue }
            var resource = APIResource(
                group: group, version: version, plural: plural, singular: entry["singularName"]?.string ?? "",
                kind: kind, isNamespaced: entry["namespaced"]?.bool ?? false)
            resource.shortNames = entry["shortNames"]?.strings ?? []
            resource.categories = entry["categories"]?.strings ?? []
            resource.verbs = entry["verbs"]?.strings ?? []
            resources.append(resource)
        }
    }

    /// The kind a document names.
    public func find(apiVersion: String, kind: String) -> APIResource? {
        resources.first { $0.kind == kind && $0.apiVersion == apiVersion && !$0.plural.contains("/") }
    }

    /// The kinds a user names: one by plural, singular, short name or kind, alone or with `.group` or
    /// `.version.group` behind it; or all of a category.
    public func find(name: String) -> [APIResource] {
        let name = ASCII.lowercased(name)
        let dot = name.firstIndex(of: ".")
        let head = dot.map { String(name[..<$0]) } ?? name
        let rest = dot.map { String(name[name.index(after: $0)...]) } ?? ""
        func matches(_ resource: APIResource) -> Bool {
            rest.isEmpty || rest == resource.group
                || rest
                    == (resource.group.isEmpty ? resource.version : "\(resource.version).\(resource.group)")
        }
        // A full name goes before a short one, whatever the order of the groups.
        let byName = resources.first { resource in
            (resource.plural == head || resource.singular == head || ASCII.lowercased(resource.kind) == head)
                && matches(resource)
        }
        if let found = byName ?? resources.first(where: { $0.shortNames.contains(head) && matches($0) }) {
            return [found]
        }
        guard dot == nil else { return [] }
        var seen: Set<String> = []
        return resources.filter {
            $0.categories.contains(head) && $0.verbs.contains("list")
                && seen.insert($0.qualifiedPlural).inserted
        }
    }
}
