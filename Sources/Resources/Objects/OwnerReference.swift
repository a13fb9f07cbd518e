public import Document

/// One entry of `metadata.ownerReferences`.
public struct OwnerReference: Hashable, Sendable {
    /// The owner's apiVersion.
    public var apiVersion: String
    /// The owner's kind.
    public var kind: String
    /// The owner's name.
    public var name: String
    /// The owner's uid; what counts when deciding whether the owner is still there.
    public var uid: String
    /// True for the one owner that manages the object.
    public var isController: Bool
    /// True when the object keeps its owner from vanishing in a foreground deletion.
    public var blocksOwnerDeletion: Bool

    /// Makes a reference.
    public init(
        apiVersion: String, kind: String, name: String, uid: String, isController: Bool = false,
        blocksOwnerDeletion: Bool = false
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
        self.blocksOwnerDeletion = blocksOwnerDeletion
    }

    /// Makes the reference to an object as its managing owner.
    public init(controller owner: Resource) {
        self.init(
            apiVersion: owner.apiVersion, kind: owner.type.kind, name: owner.name, uid: owner.uid,
            isController: true, blocksOwnerDeletion: true)
    }

    /// Reads an entry; absent fields are empty.
    public init(_ node: Node) {
        self.init(
            apiVersion: node["apiVersion"]?.string ?? "", kind: node["kind"]?.string ?? "",
            name: node["name"]?.string ?? "", uid: node["uid"]?.string ?? "",
            isController: node["controller"]?.bool ?? false,
            blocksOwnerDeletion: node["blockOwnerDeletion"]?.bool ?? false)
    }

    /// The entry.
    public var node: Node {
        var node: Node = [
            "apiVersion": Node(apiVersion), "kind": Node(kind), "name": Node(name), "uid": Node(uid),
        ]
        if isController { node["controller"] = true }
        if blocksOwnerDeletion { node["blockOwnerDeletion"] = true }
        return node
    }
}
