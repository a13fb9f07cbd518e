/// What a peer did wrong on an HTTP/2 connection or stream.
public enum H2Fault: String, Sendable, CaseIterable {
    /// The connection does not begin with the client's preface, or with SETTINGS.
    case badPreface
    /// A frame is longer than allowed, or has a length its type cannot have.
    case badFrameSize
    /// A frame came on a stream, or on the connection, where its type cannot be.
    case unexpectedFrame
    /// A frame came on a stream that was never opened.
    case idleStream
    /// A frame came on a stream whose peer side is closed.
    case closedStream
    /// A stream number went backwards or is of the wrong side.
    case badStreamID
    /// Padding is as long as its frame or longer.
    case badPadding
    /// A stream depends on itself.
    case selfDependency
    /// A settings value is out of range.
    case badSetting
    /// More SETTINGS were acknowledged than sent.
    case unexpectedAcknowledgement
    /// A window was exceeded or outgrew 2^31-1.
    case flowControl
    /// A WINDOW_UPDATE by 0.
    case emptyWindowUpdate
    /// A header block cannot be decoded.
    case badCompression
    /// A head or trailer section breaks RFC 9113 8.
    case malformedHead
    /// A body does not fit its content-length.
    case badContentLength
    /// A head is over its limit in bytes.
    case headTooLarge
    /// A head has more fields than allowed.
    case tooManyHeaders
    /// More streams were opened than allowed at a time.
    case tooManyStreams
    /// A stream was opened after our GOAWAY.
    case closing
    /// A header block is spread over too many bytes or frames.
    case continuationFlood
    /// Too many streams were reset early in their life.
    case rapidReset
    /// Too many frames want a reply while replies are not read.
    case replyFlood
    /// Too many frames that carry nothing.
    case emptyFrameFlood
    /// Too many PRIORITY frames.
    case priorityFlood
    /// Too many WINDOW_UPDATE frames.
    case windowUpdateFlood
}

/// A broken connection: its GOAWAY is queued, nothing more is read.
///
/// What remains is to send the output and close.
public struct H2Error: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the GOAWAY said.
    public let code: H2ErrorCode
    /// Why.
    public let fault: H2Fault

    init(_ code: H2ErrorCode, _ fault: H2Fault) {
        self.code = code
        self.fault = fault
    }

    /// Code and cause in words.
    public var description: String { "\(code): \(fault.rawValue)" }
}
