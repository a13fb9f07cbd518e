package import Document
import Resources

/// What a write makes of its object.
package enum WriteDecision: Sendable {
    /// Nothing changes: no version, no event.
    case keep
    /// The object becomes this.
    case put(Node)
    /// The object goes; the node is its last state.
    case remove(Node)
    /// Nothing is stored, the answer is as if it had been.
    case pretend(Node)
}

/// What a write did.
package struct WriteResult: Sendable {
    /// The object as it is now, or as it last was when it is gone.
    package let node: Node
    /// Whether anything was stored.
    package let isChanged: Bool
    /// Whether the object is gone.
    package let isRemoved: Bool
}

/// The end of a write.
typealias WriteOutcome = Result<WriteResult, ResourceError>

/// A write that waits for its turn.
struct WriteRequest: Sendable {
    let target: ObjectID
    let reads: [ObjectID]
    let decide: @Sendable (StoredObject?) throws(ResourceError) -> WriteDecision
    let continuation: CheckedContinuation<WriteOutcome, Never>
}

extension ResourceError {
    /// The server is stopping.
    static var storeClosed: ResourceError {
        ResourceError(code: 503, reason: "ServiceUnavailable", message: "the server is stopping")
    }

    /// More writes wait than the server takes on.
    static var storeBusy: ResourceError {
        ResourceError(
            code: 429, reason: "TooManyRequests", message: "too many writes are waiting, try again later")
    }

    /// The change could not be made durable.
    static func notStored(_ cause: String) -> ResourceError {
        ResourceError(code: 500, reason: "InternalError", message: "the change was not stored: \(cause)")
    }
}
