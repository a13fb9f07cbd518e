public import Document

/// Something about a peer's exports or imports that an admin should know; nothing is refused because of it.
public struct FederationWarning: Hashable, Sendable, CustomStringConvertible {
    /// What it is about, such as `ExportedServiceSet mesh2`.
    public var object: String
    /// The field it is about, nil when it is not about one.
    public var path: FieldPath?
    /// What is wrong and what was done instead.
    public var message: String

    /// A warning of the given parts.
    public init(object: String, path: FieldPath? = nil, message: String) {
        self.object = object
        self.path = path
        self.message = message
    }

    /// The parts in one line.
    public var description: String {
        if let path, !path.isEmpty { "\(object): \(path): \(message)" } else { "\(object): \(message)" }
    }
}
