import Document
import Resources

/// The rules of `metadata` that hold for every kind.
enum ObjectMetadata {
    private static let serverOwned = [
        "uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp",
        "deletionGracePeriodSeconds", "selfLink", "managedFields",
    ]
    /// Makes sure that there is `metadata`, and drops what is empty in it, as a typed API does.
    static func normalize(_ node: inout Node) {
        guard let metadata = node["metadata"], !metadata.isNull else {
            node["metadata"] = Node(Object())
            return
        }
        guard let object = metadata.object else { return }
        let members = object.members.filter { member in
            switch member.value.value {
            case .null: false
            case .string(let text): !text.isEmpty
            case .array(let items): !items.isEmpty
            case .object(let object): !object.isEmpty
            default: true
            }
        }
        node["metadata"] = Node(.object(Object(members: members)), position: metadata.position)
    }

    /// What a value is, in JSON's words.
    static func typeName(_ node: Node) -> String {
        switch node.value {
        case .null: "null"
        case .bool: "a boolean"
        case .int, .uint, .double: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    static func quoted(_ text: String) -> String { JSON.serialize(Node(.string(text))) }

    /// Takes out what only the server sets.
    static func removeServerOwned(_ node: inout Node) {
        for name in serverOwned { node.set(["metadata", name], to: nil) }
    }

    /// Puts the stored object's server-owned members in place of what the client sent.
    static func carryOver(from stored: Node, to node: inout Node) {
        for name in serverOwned where name != "resourceVersion" {
            node.set(["metadata", name], to: stored.at("metadata", name))
        }
        node.set(["metadata", "name"], to: stored.at("metadata", "name"))
        node.set(["metadata", "generateName"], to: stored.at("metadata", "generateName"))
        node.set(["metadata", "namespace"], to: stored.at("metadata", "namespace"))
        node.set(["metadata", "resourceVersion"], to: stored.at("metadata", "resourceVersion"))
    }

    /// Why a name is not one for an object of this type; `nil` for a good one.
    static func nameProblem(_ name: String, _ type: ResourceType) -> String? {
        switch type {
        case .namespace: NameRules.label(name)
        case .service: NameRules.dns1035Label(name)
        default: NameRules.subdomain(name)
        }
    }

    /// Finalizers that were not there before; none may be added once deletion has begun.
    static func newFinalizers(_ node: Node, since stored: Node) -> [String] {
        let old = stored.at("metadata", "finalizers")?.strings ?? []
        return (node.at("metadata", "finalizers")?.strings ?? []).filter { !old.contains($0) }
    }
}
