package import Resources

/// Which object: its type and key.
package struct ObjectID: Hashable, Sendable {
    /// The type.
    package let type: ResourceType
    /// Namespace and name.
    package let key: ObjectKey

    /// Makes an id.
    package init(_ type: ResourceType, _ key: ObjectKey) {
        self.type = type
        self.key = key
    }

    /// The namespace of this name.
    static func namespace(_ name: String) -> ObjectID {
        ObjectID(.namespace, ObjectKey(namespace: "", name: name))
    }
}
