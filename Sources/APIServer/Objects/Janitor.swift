import Bytes
import Document
import Reactor
import Resources
import Synchronization

/// Finishes in the background what deletions begin: empties namespaces, deletes what has lost its owners,
/// waits for dependents and lets go of orphans; and deletes old Events.
///
/// It keeps no record of its own: everything it has to do follows from the stored objects, so it goes on after
/// a restart where it was.
final class Janitor: Sendable {
    private enum Chore: Hashable {
        /// Delete this object if it has owners and none is left.
        case collect(ObjectID)
        /// Deal with the dependents of this object, which is being deleted.
        case release(ObjectID)
        /// Empty this namespace, which is being deleted, and then remove it.
        case empty(String)
    }

    private struct State {
        var chores: [Chore] = []
        var known: Set<Chore> = []
        var isWorking = false
        var isStopped = false
        var sweeper: Task<Void, Never>?
    }

    /// Events are told and forgotten: they go this long after they happened last.
    static let eventLifetime = Duration.seconds(3600)
    private static let sweepInterval = Duration.seconds(300)

    private let service: ObjectService
    private let state = Mutex(State())

    init(service: ObjectService) { self.service = service }

    private var store: ObjectStore { service.store }

    /// Takes up what is left from before and follows every change from now on.
    func start() {
        store.observe { [self] event in add(chores(after: event)) }
        let all = store.state.withLock { $0.all }
        add(all.flatMap(chores(for:)))
        let sweeper = Task {
            while !Task.isCancelled {
                await sweepEvents()
                // Ends early when the janitor stops.
                try? await Task.sleep(for: Self.sweepInterval)
            }
        }
        state.withLock { $0.sweeper = sweeper }
    }

    /// Deletes the Events that are older than their lifetime.
    func sweepEvents() async {
        let limit = service.clock() - Self.eventLifetime
        let old = store.list(.event, namespace: nil).objects.filter { event in
            let times = [["lastTimestamp"], ["eventTime"], ["metadata", "creationTimestamp"]]
            let last = times.lazy.compactMap { event.node.at($0)?.string.flatMap { WallTime(rfc3339: $0) } }
                .first
            return last.map { $0 < limit } ?? false
        }
        do throws(ResourceError) {
            try await deleteAll(old)
        } catch {
            Log.warning("store", "cannot delete old events: \(error.message)")
        }
    }

    /// Begins no further chore.
    func stop() {
        store.observe(nil)
        state.withLock { state in
            state.isStopped = true
            state.sweeper?.cancel()
        }
    }

    private func chores(after event: StoreEvent) -> [Chore] {
        let object = event.object
        guard event.change == .deleted else { return chores(for: object) }
        var chores = store.state.withLock { $0.dependents(of: object.uid) }.map(Chore.collect)
        for owner in object.owners {
            if let id = store.state.withLock({ $0.find(uid: owner) }), store.get(id)?.isTerminating == true {
                chores.append(.release(id))
            }
        }
        let namespace = object.id.key.namespace
        if !namespace.isEmpty, store.get(.namespace(namespace))?.isTerminating == true {
            chores.append(.empty(namespace))
        }
        return chores
    }

    private func chores(for object: StoredObject) -> [Chore] {
        var chores: [Chore] = []
        if !object.owners.isEmpty { chores.append(.collect(object.id)) }
        if object.isTerminating {
            chores.append(.release(object.id))
            if object.id.type == .namespace { chores.append(.empty(object.id.key.name)) }
        }
        return chores
    }

    private func add(_ chores: [Chore]) {
        guard !chores.isEmpty else { return }
        state.withLock { state in
            for chore in chores where state.known.insert(chore).inserted { state.chores.append(chore) }
            guard !state.isWorking, !state.isStopped, !state.chores.isEmpty else { return }
            state.isWorking = true
            Task { await self.work() }
        }
    }

    private func work() async {
        while let chore = next() {
            do throws(ResourceError) {
                switch chore {
                case .collect(let id): try await collect(id)
                case .release(let id): try await release(id)
                case .empty(let name): try await empty(name)
                }
            } catch {
                // A full disk or a stop; what was not done is done after a while, or after the next start.
                Log.warning("store", "cannot finish a deletion yet: \(error.message)")
                Task {
                    try? await Task.sleep(for: .seconds(1))
                    self.add([chore])
                }
            }
        }
    }

    private func next() -> Chore? {
        state.withLock { state in
            guard !state.isStopped, !state.chores.isEmpty else {
                state.isWorking = false
                return nil
            }
            let chore = state.chores.removeFirst()
            state.known.remove(chore)
            return chore
        }
    }

    private func collect(_ id: ObjectID) async throws(ResourceError) {
        guard let object = store.get(id), !object.owners.isEmpty, !object.isTerminating else { return }
        let hasOwner = store.state.withLock { state in
            object.owners.contains { state.find(uid: $0) != nil }
        }
        if !hasOwner { try await delete(object) }
    }

    /// Deletes this very object; one that is gone or another by now is fine.
    private func delete(_ object: StoredObject) async throws(ResourceError) {
        var options = DeleteOptions()
        options.uid = object.uid
        do throws(ResourceError) {
            _ = try await service.delete(object.id.type, object.id.key, options: options)
        } catch {
            if !error.isNotFound, !error.isConflict { throw error }
        }
    }

    private func deleteAll(_ objects: [StoredObject]) async throws(ResourceError) {
        let failure = await withTaskGroup(of: ResourceError?.self) { group in
            for object in objects {
                group.addTask {
                    do throws(ResourceError) {
                        try await self.delete(object)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
    }

    private func release(_ id: ObjectID) async throws(ResourceError) {
        guard let owner = store.get(id), owner.isTerminating else { return }
        let finalizers = owner.node.at("metadata", "finalizers")?.strings ?? []
        let isOrphaning = finalizers.contains("orphan")
        guard isOrphaning || finalizers.contains("foregroundDeletion") else { return }
        let dependents = store.state.withLock { state in
            state.dependents(of: owner.uid).compactMap { state.get($0) }
        }
        if isOrphaning {
            for dependent in dependents { try await disown(dependent.id, owner.uid) }
            return try await drop("orphan", from: id)
        }
        if dependents.isEmpty { return try await drop("foregroundDeletion", from: id) }
        try await deleteAll(dependents.filter { !$0.isTerminating })
    }

    private func disown(_ id: ObjectID, _ owner: String) async throws(ResourceError) {
        _ = try await store.write(id) { (existing) throws(ResourceError) in
            guard var node = existing?.node, existing?.owners.contains(owner) == true else { return .keep }
            let left = (node.at("metadata", "ownerReferences")?.array ?? []).filter {
                $0["uid"]?.string != owner
            }
            node.set(["metadata", "ownerReferences"], to: left.isEmpty ? Node?.none : Node(.array(left)))
            return .put(node)
        }
    }

    private func drop(_ finalizer: String, from id: ObjectID) async throws(ResourceError) {
        _ = try await store.write(id) { (existing) throws(ResourceError) in
            guard let existing, existing.isTerminating else { return .keep }
            var node = existing.node
            let left = (node.at("metadata", "finalizers")?.array ?? []).filter { $0.string != finalizer }
            node.set(["metadata", "finalizers"], to: left.isEmpty ? Node?.none : Node(.array(left)))
            return left.isEmpty && id.type != .namespace ? .remove(node) : .put(node)
        }
    }

    private func empty(_ name: String) async throws(ResourceError) {
        let id = ObjectID.namespace(name)
        guard let namespace = store.get(id), namespace.isTerminating else { return }
        let contents = store.state.withLock { $0.contents(of: name) }
        if !contents.isEmpty { return try await deleteAll(contents.filter { !$0.isTerminating }) }
        _ = try await store.write(id) { [store] (existing) throws(ResourceError) in
            guard let existing, existing.isTerminating, existing.uid == namespace.uid,
                store.state.withLock({ $0.contents(of: name).isEmpty }),
                existing.node.at("metadata", "finalizers")?.array?.isEmpty != false
            else { return .keep }
            var node = existing.node
            node.set(["spec", "finalizers"], to: nil)
            return .remove(node)
        }
    }
}
