package import Document
package import Resources

extension ObjectService {
    /// The part of an object a write is for.
    package enum Part: Sendable {
        /// Everything but status, where the kind has a status of its own.
        case main
        /// Status alone.
        case status
    }

    /// Replaces an object, or its status, by a body.
    ///
    /// - Parameter mustNameVersion: Whether a custom object has to say which version it replaces.
    package func update(
        _ type: ResourceType, _ key: ObjectKey, part: Part = .main, body: Node, options: WriteOptions,
        mustNameVersion: Bool = true
    ) async throws(ResourceError) -> Answer {
        let given = body.at("metadata", "name")?.string ?? ""
        guard given == key.name else {
            throw .badRequest(
                "the name of the object (\(given)) does not match the name on the URL (\(key.name))")
        }
        let version = body.at("metadata", "resourceVersion")?.string ?? ""
        if version.isEmpty, type.isCustom, mustNameVersion {
            throw .invalid(
                type, key.name,
                causes: [
                    .invalid("metadata.resourceVersion", value: "0x0", why: "must be specified for an update")
                ])
        }
        return try await change(type, key, part: part, options: options) { _ in body }
    }

    /// Patches an object, or its status.
    package func patch(
        _ type: ResourceType, _ key: ObjectKey, part: Part = .main, kind: PatchKind, patch: Node,
        options: WriteOptions
    ) async throws(ResourceError) -> Answer {
        let steps: JSONPatch?
        do {
            steps = kind == .json ? try JSONPatch(patch) : nil
        } catch {
            throw .badRequest(error.message)
        }
        return try await change(type, key, part: part, options: options) {
            (current) throws(ResourceError) in
            do throws(PatchError) {
                switch kind {
                case .merge:
                    guard patch.object != nil else { throw .malformed("a merge patch must be an object") }
                    return MergePatch.apply(patch, to: current)
                case .json: return try steps?.apply(to: current) ?? current
                case .strategic:
                    guard let schema = StrategicSchema.forType(type) else {
                        throw .malformed("strategic merge patch is not supported for \(type.qualifiedPlural)")
                    }
                    return try StrategicMergePatch.apply(patch, to: current, schema: schema)
                case .apply: throw .malformed("server-side apply is not supported")
                }
            } catch {
                switch error {
                case .malformed(let text): throw .badRequest(text)
                case .inapplicable(let text):
                    throw ResourceError(
                        code: 422, reason: "Invalid",
                        message: "the server rejected our request due to an error in our request: \(text)",
                        details: ResourceError.Details(name: key.name, group: type.group, kind: type.kind))
                }
            }
        }
    }

    private func change(
        _ type: ResourceType, _ key: ObjectKey, part: Part, options: WriteOptions,
        next: @escaping @Sendable (Node) throws(ResourceError) -> Node
    ) async throws(ResourceError) -> Answer {
        let said = WarningBox()
        let target = ObjectID(type, key)
        let result = try await store.write(target) { [self] (existing) throws(ResourceError) in
            guard let existing else { throw .notFound(type, key.name) }
            let current = existing.node
            var body = try next(Self.present(current, type, version: options.version))
            try checkIdentity(body, current, type, key)
            if part == .status {
                // Only status is the client's; the rest is what is stored, whatever the body says.
                let status = body["status"]
                body = Self.present(current, type, version: options.version)
                body["status"] = status
            } else if type.hasStatus {
                body["status"] = current["status"]
            }
            var (node, warnings) = try admit(body, type, namespace: key.namespace, options: options)
            said.set(warnings)
            switch part {
            case .main:
                ObjectMetadata.carryOver(from: current, to: &node)
                if type == .namespace { node["spec"] = current["spec"] }
                if type == .service { keepAddress(of: current, in: &node) }
                BuiltinDefaults.apply(to: &node, type)
            case .status:
                let status = node["status"]
                node = current
                node["status"] = status
            }
            return try finish(node, type, current: current, isDryRun: options.isDryRun)
        }
        let node = Self.present(result.node, type, version: options.version)
        return Answer(node: node, warnings: said.get(), isRemoved: result.isRemoved)
    }

    /// The object the client means must be the one that is stored.
    private func checkIdentity(
        _ body: Node, _ current: Node, _ type: ResourceType, _ key: ObjectKey
    ) throws(ResourceError) {
        let name = body.at("metadata", "name")?.string ?? ""
        guard name == key.name else {
            throw .badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(key.name))")
        }
        let uid = body.at("metadata", "uid")?.string ?? ""
        let currentUID = current.at("metadata", "uid")?.string ?? ""
        if !uid.isEmpty, uid != currentUID {
            throw .conflict(
                type, key.name,
                why: "Precondition failed: UID in precondition: \(uid), UID in object meta: \(currentUID)")
        }
        let version = body.at("metadata", "resourceVersion")?.string ?? ""
        if !version.isEmpty, version != current.at("metadata", "resourceVersion")?.string {
            guard ResourceVersion(version) != nil else {
                throw .invalid(
                    type, key.name,
                    causes: [
                        .invalid(
                            "metadata.resourceVersion", value: ObjectMetadata.quoted(version),
                            why: "must be a number the server gave out")
                    ])
            }
            throw .conflict(type, key.name)
        }
    }

    /// Counts the generation, and removes what waited only for its last finalizer.
    private func finish(
        _ node: Node, _ type: ResourceType, current: Node, isDryRun: Bool
    ) throws(ResourceError) -> WriteDecision {
        if node == current { return .keep }
        var node = node
        if type.hasGeneration, Self.content(node) != Self.content(current) {
            let generation = current.at("metadata", "generation")?.int ?? 0
            node.set(["metadata", "generation"], to: Node(.int(generation + 1)))
        }
        try validate(node, type, replacing: current)
        if isDryRun { return .pretend(node) }
        let isHeld =
            node.at("metadata", "finalizers")?.array?.isEmpty == false
            || node.at("metadata", "deletionTimestamp") == nil || type == .namespace
        return isHeld ? .put(node) : .remove(node)
    }

    private static func content(_ node: Node) -> Node {
        var node = node
        node["metadata"] = nil
        node["status"] = nil
        return node
    }

    /// A replaced Service that names no address keeps the one it has.
    private func keepAddress(of current: Node, in node: inout Node) {
        guard node.at("spec", "type")?.string != "ExternalName", node["spec"]?.object != nil,
            node.at("spec", "clusterIP")?.string ?? "" == ""
        else { return }
        for field in ["clusterIP", "clusterIPs"] {
            if let value = current.at("spec", field) { node.set(["spec", field], to: value) }
        }
    }
}
