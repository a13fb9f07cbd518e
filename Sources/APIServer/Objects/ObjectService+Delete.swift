import Bytes
import Document
package import Resources
import Synchronization

extension ObjectService {
    /// Deletes an object, or begins to when finalizers or a namespace's contents hold it.
    package func delete(
        _ type: ResourceType, _ key: ObjectKey, options: DeleteOptions
    ) async throws(ResourceError) -> Answer {
        let target = ObjectID(type, key)
        let result = try await store.write(target) { [self] (existing) throws(ResourceError) in
            guard let existing else { throw .notFound(type, key.name) }
            try check(options, existing, type, key)
            return begin(existing, type, options)
        }
        return Answer(node: result.node, isRemoved: result.isRemoved)
    }

    private func check(
        _ options: DeleteOptions, _ existing: StoredObject, _ type: ResourceType, _ key: ObjectKey
    ) throws(ResourceError) {
        if let uid = options.uid, uid != existing.uid {
            throw .uidConflict(type, key.name, precondition: uid, current: existing.uid)
        }
        if let version = options.resourceVersion, version != String(existing.version) {
            throw .conflict(
                type, key.name,
                why:
                    "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in "
                    + "record (\(existing.version)). The object might have been modified")
        }
    }

    private func begin(
        _ existing: StoredObject, _ type: ResourceType, _ options: DeleteOptions
    ) -> WriteDecision {
        var node = existing.node
        var finalizers = node.at("metadata", "finalizers")?.strings ?? []
        if let finalizer = options.propagation.finalizer, !finalizers.contains(finalizer),
            !existing.isTerminating, store.hasDependents(existing.uid)
        {
            finalizers.append(finalizer)
            node.set(["metadata", "finalizers"], to: Node(.array(finalizers.map { Node(.string($0)) })))
        }
        let isHeld = !finalizers.isEmpty || type == .namespace
        if isHeld, existing.isTerminating { return .keep }
        if isHeld {
            node.set(["metadata", "deletionTimestamp"], to: Node(.string(clock().rfc3339)))
            node.set(["metadata", "deletionGracePeriodSeconds"], to: 0)
            if type.hasGeneration {
                let generation = node.at("metadata", "generation")?.int ?? 0
                node.set(["metadata", "generation"], to: Node(.int(generation + 1)))
            }
            if type == .namespace { node.set(["status", "phase"], to: "Terminating") }
            return options.isDryRun ? .pretend(node) : .put(node)
        }
        return options.isDryRun ? .pretend(node) : .remove(node)
    }
}

extension ObjectStore {
    /// Whether any object names this uid as an owner.
    func hasDependents(_ uid: String) -> Bool { state.withLock { !$0.dependents(of: uid).isEmpty } }
}
