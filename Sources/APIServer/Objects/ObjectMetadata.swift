import Document
import Resources

/// The rules of `metadata` that hold for every kind.
enum ObjectMetadata {
    private static let strings: Set<String> = [
        "name", "generateName", "namespace", "uid", "resourceVersion", "selfLink", "creationTimestamp",
        "deletionTimestamp",
    ]
    private static let numbers: Set<String> = ["generation", "deletionGracePeriodSeconds"]
    private static let maps: Set<String> = ["labels", "annotations"]
    private static let lists: Set<String> = ["finalizers", "ownerReferences", "managedFields"]
    private static let serverOwned = [
        "uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp",
        "deletionGracePeriodSeconds", "selfLink", "managedFields",
    ]
    /// All annotations of one object together.
    private static let maxAnnotationBytes = 256 * 1024

    /// Checks the types of `metadata`, drops what is empty, and takes out unknown members.
    ///
    /// - Returns: The paths of the unknown members.
    /// - Throws: 400 when a member has the wrong type.
    static func normalize(_ node: inout Node) throws(ResourceError) -> [String] {
        guard node.object != nil else { throw .badRequest("the body of the request must be a JSON object") }
        guard let metadata = node["metadata"], !metadata.isNull else {
            node["metadata"] = Node(Object())
            return []
        }
        guard let object = metadata.object else { throw mistyped(metadata, "metadata", "an object") }
        var members: [Object.Member] = []
        var unknown: [String] = []
        for member in object.members {
            let path = "metadata.\(member.key)"
            if strings.contains(member.key) {
                if member.value.isNull { continue }
                guard let text = member.value.string else { throw mistyped(member.value, path, "a string") }
                if text.isEmpty { continue }
            } else if numbers.contains(member.key) {
                if member.value.isNull { continue }
                guard member.value.int != nil else { throw mistyped(member.value, path, "an integer") }
            } else if maps.contains(member.key) {
                if member.value.isNull { continue }
                guard let map = member.value.object else { throw mistyped(member.value, path, "an object") }
                for entry in map.members where entry.value.string == nil {
                    throw mistyped(entry.value, "\(path)[\(quoted(entry.key))]", "a string")
                }
                if map.isEmpty { continue }
            } else if lists.contains(member.key) {
                if member.value.isNull { continue }
                guard let items = member.value.array else { throw mistyped(member.value, path, "a list") }
                for (index, item) in items.enumerated() {
                    let isRight = member.key == "finalizers" ? item.string != nil : item.object != nil
                    let expected = member.key == "finalizers" ? "a string" : "an object"
                    guard isRight else { throw mistyped(item, "\(path)[\(index)]", expected) }
                }
                if items.isEmpty { continue }
            } else {
                unknown.append(path)
                continue
            }
            members.append(member)
        }
        node["metadata"] = Node(Object(members: members))
        return unknown
    }

    private static func mistyped(_ node: Node, _ path: String, _ expected: String) -> ResourceError {
        .badRequest("\(path): must be \(expected), not \(typeName(node))")
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

    /// Checks name, namespace, labels, annotations, finalizers and owner references.
    static func check(_ node: Node, _ type: ResourceType) -> [ResourceError.Cause] {
        var causes: [ResourceError.Cause] = []
        let metadata = node["metadata"]
        let name = metadata?["name"]?.string ?? ""
        if name.isEmpty {
            causes.append(.required("metadata.name", why: "name or generateName is required"))
        } else if let why = nameProblem(name, type) {
            causes.append(.invalid("metadata.name", value: quoted(name), why: why))
        }
        for member in metadata?["labels"]?.object?.members ?? [] {
            if let why = NameRules.qualifiedName(member.key) {
                causes.append(.invalid("metadata.labels", value: quoted(member.key), why: why))
            }
            let value = member.value.string ?? ""
            if let why = NameRules.labelValue(value) {
                causes.append(.invalid("metadata.labels", value: quoted(value), why: why))
            }
        }
        var annotationBytes = 0
        for member in metadata?["annotations"]?.object?.members ?? [] {
            annotationBytes += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
            // Annotation keys are checked without regard to case.
            if let why = NameRules.qualifiedName(member.key.lowercased()) {
                causes.append(.invalid("metadata.annotations", value: quoted(member.key), why: why))
            }
        }
        if annotationBytes > maxAnnotationBytes {
            causes.append(
                ResourceError.Cause(
                    reason: "FieldValueTooLong",
                    message: "Too long: may not be more than \(maxAnnotationBytes) bytes",
                    field: "metadata.annotations"))
        }
        for (index, item) in (metadata?["finalizers"]?.array ?? []).enumerated() {
            let finalizer = item.string ?? ""
            if let why = NameRules.qualifiedName(finalizer) {
                causes.append(.invalid("metadata.finalizers[\(index)]", value: quoted(finalizer), why: why))
            }
        }
        for (index, owner) in (metadata?["ownerReferences"]?.array ?? []).enumerated() {
            for field in ["apiVersion", "kind", "name", "uid"] where owner[field]?.string?.isEmpty != false {
                causes.append(.required("metadata.ownerReferences[\(index)].\(field)"))
            }
        }
        return causes
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
