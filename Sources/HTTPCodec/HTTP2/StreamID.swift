/// The number of an HTTP/2 stream (RFC 9113 5.1.1).
public struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; odd for what a client opened, below 2^31.
    public let rawValue: UInt32

    /// The stream of this number.
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Stream 0: the connection itself.
    public static let connection = StreamID(0)

    /// The highest number there is; names no real stream in a GOAWAY that only announces one.
    public static let last = StreamID(0x7FFF_FFFF)

    /// Whether a client opens streams of this number.
    public var isClientInitiated: Bool { rawValue & 1 == 1 }

    /// The number in digits.
    public var description: String { String(rawValue) }

    /// Orders by number, which is the order of opening.
    public static func < (left: StreamID, right: StreamID) -> Bool { left.rawValue < right.rawValue }
}
