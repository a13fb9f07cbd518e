import Document
import Resources

/// What the server tells clients about its groups, versions and resources, in both forms.
struct DiscoveryDocuments: Sendable {
    /// A resource that is not stored: it is asked and answered at once.
    private struct Review {
        let group: String
        let kind: String
        let plural: String
    }

    private static let reviews = [
        Review(
            group: "authorization.k8s.io", kind: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews"
        ),
        Review(group: "authentication.k8s.io", kind: "SelfSubjectReview", plural: "selfsubjectreviews"),
    ]
    /// Groups in order of priority: a bare resource name means the first group that has it.
    private static let priority = [
        "", "apps", "discovery.k8s.io", "authorization.k8s.io", "authentication.k8s.io",
        "apiextensions.k8s.io",
        "federation.maistra.io", "maistra.io", "networking.istio.io",
    ]

    private static var groups: [String] {
        priority + ResourceType.groups.filter { !priority.contains($0) }
    }

    /// The versions of a group, most preferred first.
    static func versions(of group: String) -> [String] {
        var versions = Set(ResourceType.all.filter { $0.group == group }.flatMap(\.versions))
        if reviews.contains(where: { $0.group == group }) { versions.insert("v1") }
        return versions.sorted { rank($0) > rank($1) }
    }

    /// Orders versions: released, then beta, then alpha; within each the higher number first.
    private static func rank(_ version: String) -> (Int, Int, Int) {
        let digits = version.dropFirst()
        let major = Int(digits.prefix { $0.isNumber }) ?? 0
        let rest = digits.drop { $0.isNumber }
        let minor = Int(rest.drop { !$0.isNumber }) ?? 0
        let stage = rest.hasPrefix("alpha") ? 0 : rest.hasPrefix("beta") ? 1 : 2
        return (stage, major, minor)
    }

    /// The types served in a group version.
    static func types(_ group: String, _ version: String) -> [ResourceType] {
        ResourceType.all.filter { $0.group == group && $0.versions.contains(version) }
    }

    // MARK: Aggregated

    /// `/api` or `/apis` in the form kubectl asks for since 1.30.
    static func aggregated(core: Bool) -> Node {
        let groups = groups.filter { core == $0.isEmpty }
        let items = groups.map { group -> Node in
            let metadata: Node = group.isEmpty ? [:] : ["name": Node(.string(group))]
            let versions = versions(of: group).map { version -> Node in
                let resources =
                    types(group, version).map { aggregated($0, version) }
                    + reviews.filter { $0.group == group }.map { review in
                        entry(
                            review.plural, review.kind, group, version, scope: "Cluster",
                            singular: review.kind.lowercased(), verbs: ["create"])
                    }
                return [
                    "version": Node(.string(version)), "freshness": "Current",
                    "resources": Node(.array(resources)),
                ]
            }
            return ["metadata": metadata, "versions": Node(.array(versions))]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": Node(.array(items)),
        ]
    }

    private static func entry(
        _ plural: String, _ kind: String, _ group: String, _ version: String, scope: String, singular: String,
        verbs: [String]
    ) -> Node {
        [
            "resource": Node(.string(plural)), "responseKind": responseKind(group, version, kind),
            "scope": Node(.string(scope)), "singularResource": Node(.string(singular)),
            "verbs": strings(verbs),
        ]
    }

    private static func responseKind(_ group: String, _ version: String, _ kind: String) -> Node {
        ["group": Node(.string(group)), "version": Node(.string(version)), "kind": Node(.string(kind))]
    }

    private static func aggregated(_ type: ResourceType, _ version: String) -> Node {
        var node = entry(
            type.plural, type.kind, type.group, version, scope: type.isNamespaced ? "Namespaced" : "Cluster",
            singular: type.singular, verbs: type.verbs)
        if !type.shortNames.isEmpty { node["shortNames"] = strings(type.shortNames) }
        if !type.categories.isEmpty { node["categories"] = strings(type.categories) }
        var subresources: [Node] = []
        if type.hasScale {
            subresources.append([
                "subresource": "scale", "responseKind": responseKind("autoscaling", "v1", "Scale"),
                "verbs": ["get", "patch", "update"],
            ])
        }
        if type.hasStatus {
            subresources.append([
                "subresource": "status", "responseKind": responseKind(type.group, version, type.kind),
                "verbs": ["get", "patch", "update"],
            ])
        }
        if !subresources.isEmpty { node["subresources"] = Node(.array(subresources)) }
        return node
    }

    // MARK: Legacy

    /// `/api` in the form of every client.
    static func legacyCore(address: String) -> Node {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [
                ["clientCIDR": "0.0.0.0/0", "serverAddress": Node(.string(address))]
            ],
        ]
    }

    /// `/apis` in the form of every client.
    static func legacyGroups() -> Node {
        let items = groups.filter { !$0.isEmpty }.map(groupEntry)
        return ["kind": "APIGroupList", "apiVersion": "v1", "groups": Node(.array(items))]
    }

    /// `/apis/GROUP`; `nil` for a group that is not served.
    static func legacyGroup(_ group: String) -> Node? {
        guard !group.isEmpty, groups.contains(group) else { return nil }
        var node: Node = ["kind": "APIGroup", "apiVersion": "v1"]
        for member in groupEntry(group).object?.members ?? [] { node[member.key] = member.value }
        return node
    }

    private static func groupEntry(_ group: String) -> Node {
        let versions = versions(of: group).map { version -> Node in
            [
                "groupVersion": Node(.string(ResourceType.apiVersion(group: group, version: version))),
                "version": Node(.string(version)),
            ]
        }
        return [
            "name": Node(.string(group)), "versions": Node(.array(versions)),
            "preferredVersion": versions.first ?? .null,
        ]
    }

    /// `/api/v1` and `/apis/GROUP/VERSION`; `nil` for one that is not served.
    static func legacyResources(_ group: String, _ version: String) -> Node? {
        guard groups.contains(group), versions(of: group).contains(version) else { return nil }
        var resources: [Node] = []
        for type in types(group, version) {
            var node = legacy(type.plural, type.kind, singular: type.singular, type.isNamespaced, type.verbs)
            if !type.shortNames.isEmpty { node["shortNames"] = strings(type.shortNames) }
            if !type.categories.isEmpty { node["categories"] = strings(type.categories) }
            resources.append(node)
            let verbs = ["get", "patch", "update"]
            if type.hasScale {
                var scale = legacy("\(type.plural)/scale", "Scale", singular: "", type.isNamespaced, verbs)
                scale["group"] = "autoscaling"
                scale["version"] = "v1"
                resources.append(scale)
            }
            if type.hasStatus {
                resources.append(
                    legacy("\(type.plural)/status", type.kind, singular: "", type.isNamespaced, verbs))
            }
        }
        for review in reviews where review.group == group {
            resources.append(
                legacy(review.plural, review.kind, singular: review.kind.lowercased(), false, ["create"]))
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": Node(.string(ResourceType.apiVersion(group: group, version: version))),
            "resources": Node(.array(resources)),
        ]
    }

    private static func legacy(
        _ name: String, _ kind: String, singular: String, _ isNamespaced: Bool, _ verbs: [String]
    ) -> Node {
        [
            "name": Node(.string(name)), "singularName": Node(.string(singular)),
            "namespaced": Node(.bool(isNamespaced)), "kind": Node(.string(kind)), "verbs": strings(verbs),
        ]
    }

    private static func strings(_ texts: [String]) -> Node { Node(.array(texts.map { Node(.string($0)) })) }
}
