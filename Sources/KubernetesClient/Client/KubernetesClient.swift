public import Document
public import Resources

/// A `ResourceClient` over a real API server, or over our own from outside of its process.
public final class KubernetesClient: ResourceClient {
    private let api: APIClient
    private let fieldManager: String

    /// A client; `fieldManager` names the writer in `managedFields`.
    public init(_ transport: any APITransport, fieldManager: String = "hanse") {
        api = APIClient(transport)
        self.fieldManager = fieldManager
    }

    private var options: APIClient.WriteOptions { APIClient.WriteOptions(fieldManager: fieldManager) }

    /// Reads one object.
    public func get(_ type: ResourceType, _ key: ObjectKey) async throws(ResourceError) -> Resource {
        try await run { () async throws(APIError) in
            Resource(
                type: type,
                node: try await self.api.get(APIResource(type), namespace: key.namespace, name: key.name))
        }
    }

    /// Reads all objects of a type.
    public func list(
        _ type: ResourceType, namespace: String?, selector: LabelSelector?
    ) async throws(ResourceError) -> ResourceList {
        let selection = APIClient.Selection(namespace: namespace, labels: selector?.query ?? "")
        let node = try await run { () async throws(APIError) in
            try await self.api.list(APIResource(type), selection)
        }
        guard let version = node.at("metadata", "resourceVersion")?.string.flatMap({ ResourceVersion($0) })
        else {
            throw .internalError("the list of \(type) has no resourceVersion")
        }
        let items = (node["items"]?.array ?? []).map { Resource(type: type, node: $0) }
        return ResourceList(items: items.sorted { $0.key < $1.key }, resourceVersion: version)
    }

    /// Follows every change after a version.
    public func watch(
        _ type: ResourceType, namespace: String?, from: ResourceVersion
    ) async throws(ResourceError) -> any ResourceWatch {
        let watch = try await run { () async throws(APIError) in
            try await self.api.watch(
                APIResource(type), APIClient.Selection(namespace: namespace), from: String(from.value),
                allowsBookmarks: true)
        }
        return KubernetesWatch(watch, type: type)
    }

    /// Stores a new object.
    public func create(_ resource: Resource) async throws(ResourceError) -> Resource {
        try await run { () async throws(APIError) in
            Resource(
                type: resource.type,
                node: try await self.api.create(
                    self.target(of: resource), namespace: resource.namespace, resource.node, self.options))
        }
    }

    /// Replaces an object.
    public func update(_ resource: Resource) async throws(ResourceError) -> Resource {
        try await put(resource, subresource: nil)
    }

    /// Replaces the status of an object.
    public func updateStatus(_ resource: Resource) async throws(ResourceError) -> Resource {
        try await put(resource, subresource: "status")
    }

    /// Changes an object by a patch.
    public func patch(
        _ type: ResourceType, _ key: ObjectKey, kind: PatchKind, patch: Node
    ) async throws(ResourceError) -> Resource {
        try await run { () async throws(APIError) in
            Resource(
                type: type,
                node: try await self.api.patch(
                    APIResource(type), namespace: key.namespace, name: key.name, kind: kind, patch,
                    APIClient.WriteOptions(fieldManager: self.fieldManager, isForced: kind == .apply)))
        }
    }

    /// Deletes an object.
    public func delete(
        _ type: ResourceType, _ key: ObjectKey, preconditionUID: String?
    ) async throws(ResourceError) {
        var body: Node = ["apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"]
        if let preconditionUID { body["preconditions"] = ["uid": Node(preconditionUID)] }
        let options = body
        _ = try await run { () async throws(APIError) in
            try await self.api.delete(
                APIResource(type), namespace: key.namespace, name: key.name, options: options)
        }
    }

    private func put(_ resource: Resource, subresource: String?) async throws(ResourceError) -> Resource {
        try await run { () async throws(APIError) in
            Resource(
                type: resource.type,
                node: try await self.api.update(
                    self.target(of: resource), namespace: resource.namespace, name: resource.name,
                    resource.node,
                    subresource: subresource, self.options))
        }
    }

    /// The resource in the version the document is written in: that is the URL it must go to.
    private func target(of resource: Resource) -> APIResource {
        let version = ResourceType.split(apiVersion: resource.apiVersion).version
        return APIResource(resource.type, version: version)
    }

    private func run<T: Sendable>(
        _ body: () async throws(APIError) -> T
    ) async throws(ResourceError) -> T {
        do {
            return try await body()
        } catch {
            throw error.resourceError
        }
    }
}

/// The events of a watch as `ResourceWatch` has them.
final class KubernetesWatch: ResourceWatch {
    private let watch: APIWatch
    private let type: ResourceType

    init(_ watch: APIWatch, type: ResourceType) {
        self.watch = watch
        self.type = type
    }

    func next() async throws(ResourceError) -> WatchEvent? {
        while true {
            let event: APIWatch.Event?
            do {
                event = try await watch.next()
            } catch {
                throw error.resourceError
            }
            guard let event else { return nil }
            let resource = Resource(type: type, node: event.object)
            switch event.type {
            case "ADDED": return .added(resource)
            case "MODIFIED": return .modified(resource)
            case "DELETED": return .deleted(resource)
            case "BOOKMARK": if let version = resource.resourceVersion { return .bookmark(version) }
            // Types of later API versions say nothing that a client of today must know.
            default: continue
            }
        }
    }

    func cancel() {
        watch.cancel()
    }
}
