public import Document

/// What controllers see of an API: the embedded server's store or a real Kubernetes API server.
///
/// Writes through it obey the same rules as writes over REST: validation, pruning, optimistic concurrency,
/// finalizers, owner references. A write that changes nothing keeps the resourceVersion and makes no event.
public protocol ResourceClient: Sendable {
    /// Reads one object.
    func get(_ type: ResourceType, _ key: ObjectKey) async throws(ResourceError) -> Resource

    /// Reads all objects of a type, of one namespace or (nil) of all, with labels a selector accepts.
    func list(
        _ type: ResourceType, namespace: String?, selector: LabelSelector?
    ) async throws(ResourceError) -> ResourceList

    /// Follows every change after `from`, normally the version of a list. An `isExpired` error, now or from
    /// `next`, means list again.
    func watch(
        _ type: ResourceType, namespace: String?, from: ResourceVersion
    ) async throws(ResourceError) -> any ResourceWatch

    /// Stores a new object and returns it as stored.
    func create(_ resource: Resource) async throws(ResourceError) -> Resource

    /// Replaces an object, its status excepted where that is a resource of its own. The resourceVersion is checked
    /// when there is one.
    func update(_ resource: Resource) async throws(ResourceError) -> Resource

    /// Replaces the status only.
    func updateStatus(_ resource: Resource) async throws(ResourceError) -> Resource

    /// Changes an object by a patch document.
    func patch(
        _ type: ResourceType, _ key: ObjectKey, kind: PatchKind, patch: Node
    ) async throws(ResourceError) -> Resource

    /// Deletes an object, when `preconditionUID` is given only the one with that uid.
    func delete(
        _ type: ResourceType, _ key: ObjectKey, preconditionUID: String?
    ) async throws(ResourceError)
}

/// All objects of a type at one version.
public struct ResourceList: Sendable, Equatable {
    /// The objects, ordered by namespace and name.
    public var items: [Resource]
    /// The version to watch from.
    public var resourceVersion: ResourceVersion

    /// Makes a list.
    public init(items: [Resource], resourceVersion: ResourceVersion) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

/// Changes as they happen.
public protocol ResourceWatch: Sendable {
    /// Waits for the next event. Nil when the watch ended in good order: watch again from the last version seen.
    func next() async throws(ResourceError) -> WatchEvent?

    /// Ends the watch; a waiting `next` returns nil.
    func cancel()
}

/// One change a watch reports.
public enum WatchEvent: Sendable, Equatable {
    /// A new object.
    case added(Resource)
    /// An object after a change.
    case modified(Resource)
    /// The last state of an object that is gone, with the deletion's version.
    case deleted(Resource)
    /// Nothing changed up to this version.
    case bookmark(ResourceVersion)

    /// The version to watch from after this event.
    public var resourceVersion: ResourceVersion? {
        switch self {
        case .added(let resource), .modified(let resource), .deleted(let resource): resource.resourceVersion
        case .bookmark(let version): version
        }
    }
}

/// The patch formats of the API.
public enum PatchKind: String, Sendable, Hashable, CaseIterable {
    /// RFC 7386.
    case merge = "application/merge-patch+json"
    /// RFC 6902.
    case json = "application/json-patch+json"
    /// Kubernetes' merge by list keys; built-in kinds only.
    case strategic = "application/strategic-merge-patch+json"
    /// Server-side apply.
    case apply = "application/apply-patch+yaml"

    /// The media type of the patch.
    public var contentType: String { rawValue }
}
