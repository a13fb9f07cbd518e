package import Bytes
package import Document
package import Resources
import Synchronization

/// The rules of every read and write of objects, whoever asks: the REST handler and the in-process client both
/// go through here.
package final class ObjectService: Sendable {
    /// The objects.
    package let store: ObjectStore
    /// The schemas objects are checked against.
    package let schemas: SchemaRegistry
    /// The time that is stamped on objects.
    package let clock: @Sendable () -> WallTime

    /// The watches that are being answered over HTTP.
    let openWatches = Atomic<Int>(0)

    /// The biggest object that is stored, in bytes of JSON.
    static let maxObjectBytes = 1_572_864

    /// Makes the service of a store.
    package init(store: ObjectStore, schemas: SchemaRegistry, clock: @escaping @Sendable () -> WallTime) {
        self.store = store
        self.schemas = schemas
        self.clock = clock
    }

    /// The outcome of a write.
    package struct Answer: Sendable {
        /// The object, in the version asked for.
        package var node: Node
        /// What the client should be told.
        package var warnings: [String] = []
        /// Whether the object was made.
        package var isCreated = false
        /// Whether the object is gone.
        package var isRemoved = false
    }

    /// One object; 404 when there is none.
    package func get(_ type: ResourceType, _ key: ObjectKey) throws(ResourceError) -> StoredObject {
        guard let object = store.get(ObjectID(type, key)) else { throw .notFound(type, key.name) }
        return object
    }

    /// The object as a client of `version` sees it.
    package static func present(_ node: Node, _ type: ResourceType, version: String?) -> Node {
        guard let version, version != type.versions.first else { return node }
        var node = node
        node["apiVersion"] = Node(.string(ResourceType.apiVersion(group: type.group, version: version)))
        return node
    }

    /// Reads a body as an object of `type`: type, version and namespace agree with the request, `metadata` is
    /// well formed, unknown fields are gone.
    func admit(
        _ body: Node, _ type: ResourceType, namespace: String, options: WriteOptions
    ) throws(ResourceError) -> (node: Node, warnings: [String]) {
        var node = body
        guard node.object != nil else { throw .badRequest("the body of the request must be a JSON object") }
        try checkKind(&node, type, options)
        if let metadata = node["metadata"], !metadata.isNull, metadata.object == nil {
            throw .badRequest("metadata: must be an object, not \(ObjectMetadata.typeName(metadata))")
        }
        ObjectMetadata.normalize(&node)
        try checkNamespace(&node, type, namespace)
        return try conform(node, type, options: options)
    }

    private func checkKind(_ node: inout Node, _ type: ResourceType, _ options: WriteOptions)
        throws(ResourceError)
    {
        let version = options.version ?? type.versions.first ?? "v1"
        let expected = ResourceType.apiVersion(group: type.group, version: version)
        for (field, value) in [("apiVersion", expected), ("kind", type.kind)] {
            guard let given = node[field], !given.isNull, given.string != "" else {
                if type.isCustom {
                    throw .badRequest("Object '\(field)' is missing in the body of the request")
                }
                node[field] = Node(.string(value))
                continue
            }
            guard let text = given.string else {
                throw .badRequest("\(field): must be a string, not \(ObjectMetadata.typeName(given))")
            }
            // An in-process client may hold any served version.
            let isServed =
                field == "apiVersion" && options.version == nil
                && type.versions.contains { ResourceType.apiVersion(group: type.group, version: $0) == text }
            guard text == value || isServed else {
                if field == "kind" {
                    throw .badRequest(
                        "the kind in the data (\(text)) does not match the expected kind (\(value))")
                }
                throw .badRequest(
                    "the API version in the data (\(text)) does not match the expected API version (\(value))"
                )
            }
        }
        node["apiVersion"] = Node(.string(type.apiVersion))
    }

    private func checkNamespace(
        _ node: inout Node, _ type: ResourceType, _ namespace: String
    ) throws(ResourceError) {
        let given = node.at("metadata", "namespace")?.string ?? ""
        guard type.isNamespaced else {
            node.set(["metadata", "namespace"], to: nil)
            return
        }
        guard given.isEmpty || given == namespace else {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        node.set(["metadata", "namespace"], to: Node(.string(namespace)))
    }

    /// Prunes, defaults and checks by schema and rules, and answers for unknown fields as the request wants.
    private func conform(
        _ node: Node, _ type: ResourceType, options: WriteOptions
    ) throws(ResourceError) -> (node: Node, warnings: [String]) {
        let result = schemas.validate(Resource(type: type, node: node), mode: options.validation)
        let causes = (result.causes + BuiltinRules.check(result.resource.node, type)).map {
            type == .secret ? Self.veiled($0) : $0
        }
        if options.validation == .strict, !result.unknownFields.isEmpty {
            throw .strictDecoding(
                type, version: options.version ?? type.versions.first ?? "v1",
                problems: result.unknownFields.map { "unknown field \"\($0)\"" }, causes: causes)
        }
        if !causes.isEmpty {
            let metadata = node["metadata"]
            let name = metadata?["name"]?.string ?? metadata?["generateName"]?.string ?? ""
            throw .invalid(type, name, causes: causes)
        }
        return (result.resource.node, result.warnings)
    }

    /// A cause that does not repeat what may be a secret: text that was meant to be base64 and is not.
    private static func veiled(_ cause: ResourceError.Cause) -> ResourceError.Cause {
        guard cause.field.hasPrefix("data"), cause.message.contains("must be of type byte") else {
            return cause
        }
        return .invalid(cause.field, value: "\"<hidden>\"", why: "must be base64")
    }

    /// The last checks of a finished object: what it may not change, and its size.
    func validate(_ node: Node, _ type: ResourceType, replacing stored: Node?) throws(ResourceError) {
        var causes: [ResourceError.Cause] = []
        let name = node.at("metadata", "name")?.string ?? ""
        if stored == nil, let why = ObjectMetadata.nameProblem(name, type) {
            // Only a generated name has not been looked at yet.
            causes.append(.invalid("metadata.name", value: ObjectMetadata.quoted(name), why: why))
        }
        if let stored { causes += BuiltinRules.checkChange(node, type, from: stored) }
        if let stored, stored.at("metadata", "deletionTimestamp") != nil {
            let added = ObjectMetadata.newFinalizers(node, since: stored)
            if !added.isEmpty {
                let list = added.map { ObjectMetadata.quoted($0) }.joined(separator: ", ")
                causes.append(
                    .forbidden(
                        "metadata.finalizers",
                        why: "no new finalizers can be added if the object is being deleted, found new "
                            + "finalizers [\(list)]"))
            }
        }
        if !causes.isEmpty { throw .invalid(type, name, causes: causes) }
        let size = JSON.bytes(node).count
        if size > Self.maxObjectBytes {
            throw ResourceError(
                code: 413, reason: "RequestEntityTooLarge",
                message: "\(type.qualifiedPlural) \"\(name)\" is too large: \(size) bytes, "
                    + "at most \(Self.maxObjectBytes) are stored")
        }
    }
}
