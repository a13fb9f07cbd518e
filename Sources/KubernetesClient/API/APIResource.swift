import Bytes
public import Resources

/// A kind of object a server offers, in one version: what discovery says, or what Hanse knows by itself.
public struct APIResource: Sendable, Hashable {
    /// The API group, empty for core.
    public var group: String
    /// The version.
    public var version: String
    /// The name in URLs.
    public var plural: String
    /// The name of one object.
    public var singular: String
    /// The kind as documents write it.
    public var kind: String
    /// False for what belongs to the whole cluster.
    public var isNamespaced: Bool
    /// What users may write instead of the plural.
    public var shortNames: [String] = []
    /// The sets of kinds it belongs to.
    public var categories: [String] = []
    /// What may be done with it.
    public var verbs: [String] = []

    /// Makes a description.
    public init(
        group: String, version: String, plural: String, singular: String, kind: String, isNamespaced: Bool
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.singular = singular
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// A type Hanse knows, in a version, its preferred one unless said otherwise.
    public init(_ type: ResourceType, version: String? = nil) {
        self.init(
            group: type.group, version: version ?? type.versions.first ?? "v1", plural: type.plural,
            singular: type.singular, kind: type.kind, isNamespaced: type.isNamespaced)
        shortNames = type.shortNames
        categories = type.categories
        verbs = type.verbs
    }

    /// `v1` or `group/version`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `plural` or `plural.group`.
    public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// What stands before `/NAME` in messages: `configmap`, `servicemeshpeer.federation.maistra.io`.
    public var qualifiedSingular: String {
        let name = singular.isEmpty ? ASCII.lowercased(kind) : singular
        return group.isEmpty ? name : "\(name).\(group)"
    }

    /// True for kinds that come with Kubernetes: their patches may merge lists by key.
    public var isBuiltIn: Bool {
        group.isEmpty || group == "apps" || group == "batch" || group == "autoscaling" || group == "policy"
            || group.hasSuffix(".k8s.io") && group != "gateway.networking.k8s.io"
    }

    /// The path of a list or an object.
    ///
    /// Nil and empty namespaces stand for all namespaces, or for kinds without.
    public func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace, !namespace.isEmpty {
            path += "/namespaces/" + URLText.segment(namespace)
        }
        path += "/" + plural
        if let name { path += "/" + URLText.segment(name) }
        if let subresource { path += "/" + subresource }
        return path
    }
}

/// Percent-encoding (RFC 3986 section 2).
enum URLText {
    /// A text as one segment of a path, or as a key or value of a query.
    static func segment(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if ASCII.isLetter(byte) || ASCII.isDigit(byte) || "-._~".utf8.contains(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(contentsOf: Hex.encode([byte]).uppercased().utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A query with its question mark, empty for no pairs.
    static func query(_ pairs: [(String, String)]) -> String {
        if pairs.isEmpty { return "" }
        return "?" + pairs.map { "\(segment($0))=\(segment($1))" }.joined(separator: "&")
    }
}
