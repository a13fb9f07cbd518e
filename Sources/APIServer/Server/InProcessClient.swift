import Document
import Resources
import Synchronization

/// The objects of the server, without HTTP: the same rules for controllers of the same process.
struct InProcessClient: ResourceClient {
    let service: ObjectService

    /// What this process writes follows the schema; a field it does not know is pruned without a word.
    private static let options = WriteOptions(version: nil, validation: .ignore)

    func get(_ type: ResourceType, _ key: ObjectKey) async throws(ResourceError) -> Resource {
        try service.get(type, key).resource
    }

    func list(
        _ type: ResourceType, namespace: String?, selector: LabelSelector?
    ) async throws(ResourceError) -> ResourceList {
        let (objects, version) = service.store.list(type, namespace: namespace)
        let items = objects.filter { selector?.matches($0.labels) ?? true }.map(\.resource)
        return ResourceList(items: items, resourceVersion: ResourceVersion(version))
    }

    func watch(
        _ type: ResourceType, namespace: String?, from: ResourceVersion
    ) async throws(ResourceError) -> any ResourceWatch {
        guard from == .zero else {
            return InProcessWatch(
                watch: service.store.watch(type, from: from.value), namespace: namespace, from: from,
                initial: [])
        }
        let (objects, version) = service.store.list(type, namespace: namespace)
        return InProcessWatch(
            watch: service.store.watch(type, from: version), namespace: namespace, from: from,
            initial: objects.map(\.resource))
    }

    func create(_ resource: Resource) async throws(ResourceError) -> Resource {
        let answer = try await service.create(
            resource.type, namespace: resource.namespace, body: resource.node, options: Self.options)
        return Resource(type: resource.type, node: answer.node)
    }

    func update(_ resource: Resource) async throws(ResourceError) -> Resource {
        try await update(resource, .main)
    }

    func updateStatus(_ resource: Resource) async throws(ResourceError) -> Resource {
        try await update(resource, resource.type.hasStatus ? .status : .main)
    }

    private func update(
        _ resource: Resource, _ part: ObjectService.Part
    ) async throws(ResourceError) -> Resource {
        let answer = try await service.update(
            resource.type, resource.key, part: part, body: resource.node, options: Self.options,
            mustNameVersion: false)
        return Resource(type: resource.type, node: answer.node)
    }

    func patch(
        _ type: ResourceType, _ key: ObjectKey, kind: PatchKind, patch: Node
    ) async throws(ResourceError) -> Resource {
        let answer = try await service.patch(type, key, kind: kind, patch: patch, options: Self.options)
        return Resource(type: type, node: answer.node)
    }

    func delete(
        _ type: ResourceType, _ key: ObjectKey, preconditionUID: String?
    ) async throws(ResourceError) {
        var options = DeleteOptions()
        options.uid = preconditionUID
        _ = try await service.delete(type, key, options: options)
    }
}

/// A watch of this process; see `StoreWatch`.
private final class InProcessWatch: ResourceWatch {
    private let watch: StoreWatch
    private let namespace: String?
    private let from: ResourceVersion
    /// Objects that are there already, newest first, to be told before anything else.
    private let initial: Mutex<[Resource]>

    init(watch: StoreWatch, namespace: String?, from: ResourceVersion, initial: [Resource]) {
        self.watch = watch
        self.from = from
        self.namespace = namespace
        self.initial = Mutex(initial.reversed())
    }

    func next() async throws(ResourceError) -> WatchEvent? {
        if let resource = initial.withLock({ $0.popLast() }) { return .added(resource) }
        while true {
            let step = await withTaskCancellationHandler {
                await watch.next()
            } onCancel: {
                watch.cancel()
            }
            switch step {
            case .event(let event):
                if let namespace, event.object.id.key.namespace != namespace { continue }
                switch event.change {
                case .added: return .added(event.object.resource)
                case .modified: return .modified(event.object.resource)
                case .deleted: return .deleted(event.object.resource)
                }
            case .idle(let version): return .bookmark(ResourceVersion(version))
            case .expired(let newest):
                throw .expired(requested: from, oldest: ResourceVersion(newest))
            case .closed: return nil
            }
        }
    }

    func cancel() { watch.cancel() }
}
