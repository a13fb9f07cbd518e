/// A kind of object the API serves.
///
/// Two are the same when group and plural are.
public struct ResourceType: Sendable {
    /// The API group, empty for core.
    public let group: String
    /// The versions served, the preferred one first.
    public let versions: [String]
    /// The name in URLs, lower case.
    public let plural: String
    /// The singular name, lower case.
    public let singular: String
    /// The kind as documents write it.
    public let kind: String
    /// False for what belongs to the whole cluster.
    public let isNamespaced: Bool
    /// What kubectl accepts instead of the plural.
    public let shortNames: [String]
    /// The sets `kubectl get CATEGORY` finds it in.
    public let categories: [String]
    /// True when `/status` is a resource of its own and writes to the object leave `status` alone.
    public let hasStatus: Bool
    /// True when a CustomResourceDefinition defines it.
    public let isCustom: Bool
    /// True when `/scale` is served.
    public let hasScale: Bool
    /// False when clients may only read.
    public let isWritable: Bool

    init(
        _ group: String, _ versions: [String], _ kind: String, _ plural: String, isNamespaced: Bool = true,
        shortNames: [String] = [], categories: [String] = [], hasStatus: Bool = false, isCustom: Bool = false,
        hasScale: Bool = false, isWritable: Bool = true, singular: String? = nil
    ) {
        self.group = group
        self.versions = versions
        self.kind = kind
        self.plural = plural
        self.singular = singular ?? kind.lowercased()
        self.isNamespaced = isNamespaced
        self.shortNames = shortNames
        self.categories = categories
        self.hasStatus = hasStatus
        self.isCustom = isCustom
        self.hasScale = hasScale
        self.isWritable = isWritable
    }

    /// The preferred apiVersion: `v1`, `federation.maistra.io/v1`.
    public var apiVersion: String { Self.apiVersion(group: group, version: versions.first ?? "v1") }

    /// `plural` or `plural.group`, as messages name the type.
    public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// `Kind` or `Kind.group`, as messages about invalid objects name the type.
    public var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

    /// The kind of a list of these.
    public var listKind: String { kind + "List" }

    /// The verbs the API accepts, sorted.
    public var verbs: [String] {
        if !isWritable { return ["get", "list", "watch"] }
        let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        return self == .namespace ? verbs.filter { $0 != "deletecollection" } : verbs
    }

    /// True when `metadata.generation` counts changes of this kind's spec.
    public var hasGeneration: Bool { isCustom || self == .deployment || self == .endpointSlice }

    /// The apiVersion text of a group and version.
    public static func apiVersion(group: String, version: String) -> String {
        group.isEmpty ? version : "\(group)/\(version)"
    }

    /// The group and version of an apiVersion text.
    public static func split(apiVersion: String) -> (group: String, version: String) {
        guard let slash = apiVersion.firstIndex(of: "/") else { return ("", apiVersion) }
        return (String(apiVersion[..<slash]), String(apiVersion[apiVersion.index(after: slash)...]))
    }
}

extension ResourceType: Hashable, CustomStringConvertible {
    /// True when group and plural are equal.
    public static func == (lhs: ResourceType, rhs: ResourceType) -> Bool {
        lhs.plural == rhs.plural && lhs.group == rhs.group
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(plural)
        hasher.combine(group)
    }

    /// `plural` or `plural.group`.
    public var description: String { qualifiedPlural }
}

extension ResourceType {
    /// The type of a group (empty for core) and kind.
    public static func find(group: String, kind: String) -> ResourceType? {
        all.first { $0.kind == kind && $0.group == group }
    }

    /// The type of a group (empty for core) and plural.
    public static func find(group: String, plural: String) -> ResourceType? {
        all.first { $0.plural == plural && $0.group == group }
    }

    /// The type a document's `apiVersion` and `kind` name, nil also when this version is not served.
    public static func find(apiVersion: String, kind: String) -> ResourceType? {
        let (group, version) = split(apiVersion: apiVersion)
        guard let type = find(group: group, kind: kind), type.versions.contains(version) else { return nil }
        return type
    }

    /// The type a user names on a command line: plural, singular, short name or kind, in any case, alone or
    /// followed by `.group` or `.version.group`.
    ///
    /// A name several groups have means the first one in the order of `all`.
    public static func find(name: String) -> ResourceType? {
        let name = name.lowercased()
        let (head, rest) =
            name.firstIndex(of: ".").map { dot in
                (String(name[..<dot]), String(name[name.index(after: dot)...]))
            } ?? (name, "")
        return all.first { type in
            guard type.plural == head || type.singular == head || type.shortNames.contains(head) else {
                return false
            }
            return rest.isEmpty || rest == type.group
                || type.versions.contains { rest == (type.group.isEmpty ? $0 : "\($0).\(type.group)") }
        }
    }

    /// All types of a category, in the order of `all`.
    public static func inCategory(_ category: String) -> [ResourceType] {
        all.filter { $0.categories.contains(category) }
    }

    /// The groups in priority order, each once.
    public static var groups: [String] {
        var groups: [String] = []
        for type in all where !groups.contains(type.group) { groups.append(type.group) }
        return groups
    }
}
