package import Document
package import Resources

/// One version of one object as the store keeps it; immutable, shared by readers, watchers and history.
package final class StoredObject: Sendable {
    /// Type and key.
    package let id: ObjectID
    /// The whole object, in its storage version, with its `resourceVersion`.
    package let node: Node
    /// The object's JSON, as it is on disk.
    let json: [UInt8]
    /// The version that made it.
    package let version: UInt64
    /// `metadata.uid`.
    let uid: String
    /// `metadata.labels`.
    let labels: [String: String]
    /// The uids in `metadata.ownerReferences`.
    let owners: [String]

    init(id: ObjectID, node: Node, version: UInt64, json: [UInt8]) {
        self.id = id
        self.node = node
        self.version = version
        self.json = json
        let metadata = node["metadata"]
        uid = metadata?["uid"]?.string ?? ""
        labels = metadata?["labels"]?.stringMap ?? [:]
        owners = metadata?["ownerReferences"]?.array?.compactMap { $0["uid"]?.string } ?? []
    }

    /// The object with `version` written into it.
    convenience init(id: ObjectID, node: Node, version: UInt64) {
        var node = node
        node.set(["metadata", "resourceVersion"], to: Node(.string(String(version))))
        self.init(id: id, node: node, version: version, json: JSON.bytes(node))
    }

    /// The object as a resource.
    package var resource: Resource { Resource(type: id.type, node: node) }

    /// Whether deletion has begun and finalizers hold it back.
    var isTerminating: Bool { node.at("metadata", "deletionTimestamp")?.string != nil }
}

/// One change, as watchers see it.
package struct StoreEvent: Sendable {
    /// What happened.
    package enum Change: Sendable { case added, modified, deleted }

    /// What happened.
    package let change: Change
    /// The object after the change; after a deletion its last state with the deletion's version.
    package let object: StoredObject
    /// The object before the change.
    package let previous: StoredObject?
    /// The version of the change.
    package var version: UInt64 { object.version }
}
