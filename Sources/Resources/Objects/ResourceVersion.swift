/// The version of an object or list: one counter for a whole server.
///
/// Clients may compare for equality only; the embedded server also relies on the order.
public struct ResourceVersion: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The counter.
    public var value: UInt64

    /// Makes a version.
    public init(_ value: UInt64) {
        self.value = value
    }

    /// Parses a decimal string; nil for anything else (signs, spaces, leading zeros of longer numbers included).
    public init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt64(text),
            text == "0" || text.utf8.first != 0x30
        else { return nil }
        self.value = value
    }

    /// Before every change.
    public static let zero = ResourceVersion(0)

    /// The decimal string.
    public var description: String { String(value) }

    /// True when `lhs` is older.
    public static func < (lhs: ResourceVersion, rhs: ResourceVersion) -> Bool { lhs.value < rhs.value }
}
