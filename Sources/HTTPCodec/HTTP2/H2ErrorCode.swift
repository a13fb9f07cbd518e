/// The code of a RST_STREAM or GOAWAY frame (RFC 9113 7).
///
/// A peer may send any 32-bit number.
public struct H2ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt32

    /// The code of this number.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Nothing went wrong.
    public static let noError = H2ErrorCode(rawValue: 0x0)
    /// A rule of the protocol was broken, and no other code says which.
    public static let protocolError = H2ErrorCode(rawValue: 0x1)
    /// The sender failed; also what an oversized head is answered with.
    public static let internalError = H2ErrorCode(rawValue: 0x2)
    /// More was sent than a window allowed, or a window outgrew 2^31-1.
    public static let flowControlError = H2ErrorCode(rawValue: 0x3)
    /// SETTINGS were not acknowledged in time.
    public static let settingsTimeout = H2ErrorCode(rawValue: 0x4)
    /// A frame came on a stream that was closed already.
    public static let streamClosed = H2ErrorCode(rawValue: 0x5)
    /// A frame had a wrong length.
    public static let frameSizeError = H2ErrorCode(rawValue: 0x6)
    /// The stream was refused before any of it was processed: it is safe to try again.
    public static let refusedStream = H2ErrorCode(rawValue: 0x7)
    /// The stream is no longer wanted.
    public static let cancel = H2ErrorCode(rawValue: 0x8)
    /// The field compression state is lost.
    public static let compressionError = H2ErrorCode(rawValue: 0x9)
    /// The connection of a CONNECT broke.
    public static let connectError = H2ErrorCode(rawValue: 0xA)
    /// The peer causes excessive load.
    public static let enhanceYourCalm = H2ErrorCode(rawValue: 0xB)
    /// The transport is not good enough.
    public static let inadequateSecurity = H2ErrorCode(rawValue: 0xC)
    /// HTTP/1.1 must be used instead.
    public static let http11Required = H2ErrorCode(rawValue: 0xD)

    private static let names = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
        "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]

    /// The name RFC 9113 7 gives the code, or its number.
    public var description: String {
        rawValue < Self.names.count ? Self.names[Int(rawValue)] : "0x" + String(rawValue, radix: 16)
    }
}
