public import Document

/// Why an API call failed, as the API's Status documents say it.
public struct ResourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One reason among several.
    public struct Cause: Hashable, Sendable {
        /// `FieldValueInvalid`, `FieldValueRequired`...
        public var reason: String
        /// What is wrong, without the field.
        public var message: String
        /// The field's path, empty when it is about the whole object.
        public var field: String

        /// Makes a cause.
        public init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }

        /// `field: message`.
        public var description: String { field.isEmpty ? message : "\(field): \(message)" }
    }

    /// What the error is about.
    public struct Details: Hashable, Sendable {
        /// The object's name.
        public var name: String
        /// The object's group.
        public var group: String
        /// The plural, or the kind for invalid objects.
        public var kind: String
        /// The object's uid.
        public var uid: String
        /// The single reasons.
        public var causes: [Cause]
        /// After how many seconds a retry makes sense; 0 for none.
        public var retryAfterSeconds: Int

        /// Makes details; empty parts are left out of the document.
        public init(
            name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [],
            retryAfterSeconds: Int = 0
        ) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// The HTTP status.
    public var code: Int
    /// The machine-readable reason: `NotFound`, `Conflict`, `Invalid`...
    public var reason: String
    /// The whole message.
    public var message: String
    /// What it is about, when known.
    public var details: Details?

    /// Makes an error.
    public init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// The single reasons, empty for most errors.
    public var causes: [Cause] { details?.causes ?? [] }

    /// The message.
    public var description: String { message }

    /// True for a missing object.
    public var isNotFound: Bool { reason == "NotFound" }
    /// True for a write based on an old version.
    public var isConflict: Bool { reason == "Conflict" }
    /// True when the object to create is already there.
    public var isAlreadyExists: Bool { reason == "AlreadyExists" }
    /// True when a watch must start over with a list.
    public var isExpired: Bool { reason == "Expired" || reason == "Gone" }
}

extension ResourceError {
    /// The Status document.
    public var statusNode: Node {
        var node: Node = [
            "kind": "Status", "apiVersion": "v1", "metadata": Node(Object()), "status": "Failure",
            "message": Node(message),
        ]
        if !reason.isEmpty { node["reason"] = Node(reason) }
        if let details { node["details"] = details.node }
        node["code"] = Node(code)
        return node
    }

    /// Reads a Status document; nil for other documents and for a success.
    public init?(statusNode node: Node) {
        guard node["kind"]?.string == "Status", node["status"]?.string != "Success" else { return nil }
        self.init(
            code: Int(clamping: node["code"]?.int ?? 500), reason: node["reason"]?.string ?? "",
            message: node["message"]?.string ?? "", details: node["details"].map { Details($0) })
    }
}

extension ResourceError.Details {
    init(_ node: Node) {
        self.init(
            name: node["name"]?.string ?? "", group: node["group"]?.string ?? "",
            kind: node["kind"]?.string ?? "", uid: node["uid"]?.string ?? "",
            causes: (node["causes"]?.array ?? []).map {
                ResourceError.Cause(
                    reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "",
                    field: $0["field"]?.string ?? "")
            }, retryAfterSeconds: Int(clamping: node["retryAfterSeconds"]?.int ?? 0))
    }

    var node: Node {
        var node = Node(Object())
        if !name.isEmpty { node["name"] = Node(name) }
        if !group.isEmpty { node["group"] = Node(group) }
        if !kind.isEmpty { node["kind"] = Node(kind) }
        if !uid.isEmpty { node["uid"] = Node(uid) }
        if !causes.isEmpty {
            node["causes"] = Node(
                causes.map { cause -> Node in
                    var node: Node = ["reason": Node(cause.reason), "message": Node(cause.message)]
                    if !cause.field.isEmpty { node["field"] = Node(cause.field) }
                    return node
                })
        }
        if retryAfterSeconds != 0 { node["retryAfterSeconds"] = Node(retryAfterSeconds) }
        return node
    }
}
