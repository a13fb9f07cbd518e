public import Document

/// One API object: its type and the whole of its document.
///
/// Everything a user wrote stays in `node`, also what Hanse does not read.
public struct Resource: Sendable, Equatable {
    /// What kind of object it is.
    public var type: ResourceType
    /// The object with `apiVersion`, `kind`, `metadata` and the rest.
    public var node: Node

    /// Wraps a document known to be of this type.
    ///
    /// A missing `apiVersion` or `kind` is filled in.
    public init(type: ResourceType, node: Node) {
        self.type = type
        self.node = node
        if self.node["apiVersion"] == nil { self.node["apiVersion"] = Node(type.apiVersion) }
        if self.node["kind"] == nil { self.node["kind"] = Node(type.kind) }
    }

    /// Makes an object with a name and nothing else.
    public init(type: ResourceType, namespace: String = "", name: String) {
        var metadata: Node = ["name": Node(name)]
        if !namespace.isEmpty { metadata["namespace"] = Node(namespace) }
        self.init(
            type: type,
            node: ["apiVersion": Node(type.apiVersion), "kind": Node(type.kind), "metadata": metadata])
    }

    /// Wraps a document whose `apiVersion` and `kind` say what it is.
    ///
    /// Throws a 400 whose text names what is missing or unknown.
    public init(reading node: Node) throws(ResourceError) {
        guard node.object != nil else {
            throw .badRequest("the document is not an object with apiVersion and kind")
        }
        guard let kind = node["kind"]?.string, !kind.isEmpty else {
            throw .badRequest("Object 'Kind' is missing in the document")
        }
        guard let apiVersion = node["apiVersion"]?.string, !apiVersion.isEmpty else {
            throw .badRequest("Object 'apiVersion' is missing in the \(kind)")
        }
        guard let type = ResourceType.find(apiVersion: apiVersion, kind: kind) else {
            throw .badRequest("no matches for kind \"\(kind)\" in version \"\(apiVersion)\"")
        }
        self.init(type: type, node: node)
    }

    /// The namespace and name.
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// The apiVersion the document is written in.
    public var apiVersion: String {
        get { node["apiVersion"]?.string ?? type.apiVersion }
        set { node["apiVersion"] = Node(newValue) }
    }

    /// What messages call it: `servicemeshpeers.federation.maistra.io "west"` without the quotes' backslashes.
    public var displayName: String { "\(type.qualifiedPlural) \"\(name)\"" }
}

extension Resource {
    /// `metadata`, an empty object when absent.
    public var metadata: Node {
        get { node["metadata"] ?? Node(Object()) }
        set { node["metadata"] = newValue }
    }

    /// `metadata.name`, empty when absent.
    public var name: String {
        get { string("name") }
        set { set("name", newValue) }
    }

    /// `metadata.namespace`, empty for cluster-wide objects.
    public var namespace: String {
        get { string("namespace") }
        set { set("namespace", newValue) }
    }

    /// `metadata.uid`, empty before creation.
    public var uid: String {
        get { string("uid") }
        set { set("uid", newValue) }
    }

    /// `metadata.generateName`, empty when absent.
    public var generateName: String {
        get { string("generateName") }
        set { set("generateName", newValue) }
    }

    /// `metadata.resourceVersion`; nil when absent or not a number.
    public var resourceVersion: ResourceVersion? {
        get { node["metadata"]?["resourceVersion"]?.string.flatMap { ResourceVersion($0) } }
        set { set("resourceVersion", newValue?.description ?? "") }
    }

    /// `metadata.generation`, 0 when absent.
    public var generation: Int64 {
        get { node["metadata"]?["generation"]?.int ?? 0 }
        set { setMetadata("generation", Node(newValue), unless: newValue == 0) }
    }

    /// `metadata.labels`.
    public var labels: [String: String] {
        get { node["metadata"]?["labels"]?.stringMap ?? [:] }
        set { setMetadata("labels", Node(newValue), unless: newValue.isEmpty) }
    }

    /// `metadata.annotations`.
    public var annotations: [String: String] {
        get { node["metadata"]?["annotations"]?.stringMap ?? [:] }
        set { setMetadata("annotations", Node(newValue), unless: newValue.isEmpty) }
    }

    /// `metadata.creationTimestamp` as RFC 3339 text, empty before creation.
    public var creationTimestamp: String {
        get { string("creationTimestamp") }
        set { set("creationTimestamp", newValue) }
    }

    /// `metadata.deletionTimestamp`; nil unless the object waits for its finalizers.
    public var deletionTimestamp: String? {
        get { node["metadata"]?["deletionTimestamp"]?.string }
        set { setMetadata("deletionTimestamp", Node(newValue ?? ""), unless: newValue == nil) }
    }

    /// `metadata.finalizers`.
    public var finalizers: [String] {
        get { node["metadata"]?["finalizers"]?.strings ?? [] }
        set { setMetadata("finalizers", Node(newValue), unless: newValue.isEmpty) }
    }

    /// `metadata.ownerReferences`.
    public var ownerReferences: [OwnerReference] {
        get { (node["metadata"]?["ownerReferences"]?.array ?? []).map { OwnerReference($0) } }
        set { setMetadata("ownerReferences", Node(newValue.map(\.node)), unless: newValue.isEmpty) }
    }

    /// `spec`.
    public var spec: Node? {
        get { node["spec"] }
        set { node["spec"] = newValue }
    }

    /// `status`.
    public var status: Node? {
        get { node["status"] }
        set { node["status"] = newValue }
    }

    private func string(_ key: String) -> String {
        node["metadata"]?[key]?.string ?? ""
    }

    private mutating func set(_ key: String, _ value: String) {
        setMetadata(key, Node(value), unless: value.isEmpty)
    }

    /// Sets a member, or removes it when the value says nothing.
    private mutating func setMetadata(_ key: String, _ value: Node, unless isAbsent: Bool) {
        var metadata = node["metadata"] ?? Node(Object())
        metadata[key] = isAbsent ? nil : value
        node["metadata"] = metadata
    }
}
