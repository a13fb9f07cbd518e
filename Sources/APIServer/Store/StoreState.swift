import Resources

/// What the store holds in memory.
///
/// Only the committer changes it; readers look at it under its lock.
struct StoreState {
    private var objects: [ResourceType: [ObjectKey: StoredObject]] = [:]
    private var sortedKeys: [ResourceType: [ObjectKey]] = [:]
    private var byUID: [String: ObjectID] = [:]
    private var dependents: [String: Set<ObjectID>] = [:]
    private var histories: [ResourceType: WatchHistory] = [:]
    private let startVersion: UInt64
    private let limits: ObjectStore.Limits
    /// The version of the newest change that can be seen.
    private(set) var version: UInt64
    /// Watches that wait for a change, by type and watch.
    var waiting: [ResourceType: [UInt64: CheckedContinuation<Void, Never>]] = [:]
    /// The last number given to a watch.
    var lastWatch: UInt64 = 0
    /// Set when the store closes: watches end.
    var isClosed = false

    init(objects loaded: [StoredObject], version: UInt64, limits: ObjectStore.Limits) {
        self.version = version
        self.limits = limits
        startVersion = version
        for object in loaded {
            objects[object.id.type, default: [:]][object.id.key] = object
            index(object)
        }
    }

    func get(_ id: ObjectID) -> StoredObject? { objects[id.type]?[id.key] }

    func find(uid: String) -> ObjectID? { byUID[uid] }

    func dependents(of uid: String) -> Set<ObjectID> { dependents[uid] ?? [] }

    var count: Int { objects.values.reduce(0) { $0 + $1.count } }

    /// Every object, in no order.
    var all: [StoredObject] { objects.values.flatMap(\.values) }

    /// The objects of a type in order of namespace and name; all namespaces for `nil`.
    mutating func list(_ type: ResourceType, namespace: String?) -> [StoredObject] {
        guard let table = objects[type] else { return [] }
        if sortedKeys[type] == nil {
            sortedKeys[type] = table.keys.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        }
        let keys = sortedKeys[type] ?? []
        guard let namespace else { return keys.compactMap { table[$0] } }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].namespace < namespace { low = middle + 1 } else { high = middle }
        }
        return keys[low...].prefix { $0.namespace == namespace }.compactMap { table[$0] }
    }

    /// The objects in a namespace, of every type.
    mutating func contents(of namespace: String) -> [StoredObject] {
        objects.keys.filter(\.isNamespaced).flatMap { list($0, namespace: namespace) }
    }

    /// Makes a change visible and wakes those who wait for one; the caller resumes them without the lock.
    mutating func publish(_ event: StoreEvent) -> [CheckedContinuation<Void, Never>] {
        let object = event.object
        let type = object.id.type
        if let previous = event.previous { unindex(previous) }
        if event.change == .deleted {
            objects[type]?[object.id.key] = nil
        } else {
            objects[type, default: [:]][object.id.key] = object
            index(object)
        }
        if event.change != .modified { sortedKeys[type] = nil }
        version = max(version, event.version)
        let empty = WatchHistory(
            floor: startVersion, limit: limits.history, byteLimit: limits.historyBytes)
        histories[type, default: empty].append(event)
        return waiting.removeValue(forKey: type).map { Array($0.values) } ?? []
    }

    /// What a watch of `type` at `version` gets next.
    func step(_ type: ResourceType, after version: UInt64) -> WatchHistory.Step {
        histories[type]?.step(after: version) ?? (version < startVersion ? .expired : .current)
    }

    private mutating func index(_ object: StoredObject) {
        if !object.uid.isEmpty { byUID[object.uid] = object.id }
        for owner in object.owners { dependents[owner, default: []].insert(object.id) }
    }

    private mutating func unindex(_ object: StoredObject) {
        if !object.uid.isEmpty { byUID[object.uid] = nil }
        for owner in object.owners {
            dependents[owner]?.remove(object.id)
            if dependents[owner]?.isEmpty == true { dependents[owner] = nil }
        }
    }
}
