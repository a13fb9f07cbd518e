internal import Document
public import Resources

/// Everything a controller knows of its mesh at one moment: the stored objects by kind and key.
///
/// A value: reconciling reads one `World` from beginning to end, so a pass never sees half a change.
public struct World: Sendable {
    private var objects: [ResourceType: [ObjectKey: Resource]] = [:]

    /// An empty world.
    public init() {}

    /// A world that holds `resources`; for tests and for offline previews.
    public init(_ resources: [Resource]) {
        for resource in resources { set(resource) }
    }

    /// The object of that kind and key, if there is one.
    public func get(_ type: ResourceType, _ key: ObjectKey) -> Resource? { objects[type]?[key] }

    /// The objects of a kind, in the order of namespace and name; in one namespace only if one is given.
    public func list(_ type: ResourceType, namespace: String? = nil) -> [Resource] {
        (objects[type] ?? [:]).values
            .filter { namespace == nil || $0.namespace == namespace }
            .sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }

    /// Every object of every kind, in a stable order.
    public var all: [Resource] {
        objects.keys.sorted { ($0.group, $0.kind) < ($1.group, $1.kind) }.flatMap { list($0) }
    }

    /// Puts an object in, in place of the one with its key.
    public mutating func set(_ resource: Resource) {
        objects[resource.type, default: [:]][resource.key] = resource
    }

    /// Takes an object out.
    public mutating func remove(_ type: ResourceType, _ key: ObjectKey) {
        objects[type]?[key] = nil
    }

    /// Replaces all objects of a kind, as a list answer does.
    public mutating func replace(_ type: ResourceType, with resources: [Resource]) {
        objects[type] = Dictionary(resources.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
    }
}
