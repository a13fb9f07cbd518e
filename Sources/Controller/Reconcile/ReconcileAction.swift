public import Resources

/// One thing a reconcile pass wants done to the stored objects.
public enum ReconcileAction: Equatable, Sendable {
    /// Store a new object.
    case create(Resource)
    /// Replace an object; its resourceVersion is that of the object the decision was made on.
    case update(Resource)
    /// Replace the status of an object.
    case updateStatus(Resource)
    /// Delete an object.
    case delete(ResourceType, ObjectKey)
    /// Record an Event.
    case event(EventRecord)
}

/// What a controller tells the admin about an object, as a core/v1 Event.
public struct EventRecord: Hashable, Sendable {
    /// How grave it is.
    public enum Severity: String, Sendable { case normal = "Normal", warning = "Warning" }

    /// The kind of the object it is about.
    public var type: ResourceType
    /// The object it is about.
    public var key: ObjectKey
    /// The object's uid; empty when unknown.
    public var uid: String
    /// How grave it is.
    public var severity: Severity
    /// A short CamelCase word for programs.
    public var reason: String
    /// A sentence for people.
    public var message: String

    /// An event about `resource`.
    public init(about resource: Resource, _ severity: Severity, reason: String, message: String) {
        self.type = resource.type
        self.key = resource.key
        self.uid = resource.uid
        self.severity = severity
        self.reason = reason
        self.message = message
    }
}
