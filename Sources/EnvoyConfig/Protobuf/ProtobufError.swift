/// Why bytes are no message of a type.
public struct ProtobufError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where: `resources[0].value.name`; empty is the message itself.
    public var path: String
    /// What is wrong.
    public var reason: String
    /// The byte it was found at, from the start of the whole message.
    public var offset: Int

    /// `PATH: REASON (byte N)`.
    public var description: String {
        (path.isEmpty ? "" : path + ": ") + "\(reason) (byte \(offset))"
    }
}
