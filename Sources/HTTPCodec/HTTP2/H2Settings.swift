/// What this side announces and allows on an HTTP/2 connection.
public struct H2Settings: Hashable, Sendable {
    /// Streams the peer may have open at a time; a client announces none and lets no stream be opened to it.
    public var maxConcurrentStreams: UInt32 = 100
    /// Bytes the peer may send on a stream before they are consumed; at most 2^31-1.
    public var initialStreamWindow = 65_535
    /// Bytes the peer may send on all streams together; 65,535 ..< 2^31.
    public var initialConnectionWindow = 65_535
    /// The longest frame payload read; 16,384 ..< 2^24.
    public var maxFrameSize = 16_384
    /// Bytes of the header compression table, for both directions.
    public var headerTableSize = 4096
    /// Bytes of names and values of one head, decoded; over it the stream is reset with INTERNAL_ERROR.
    public var maxHeaderListBytes = 60 * 1024
    /// Fields of one head, pseudo-fields not counted.
    public var maxHeaders = 100
    /// Whether a server reads extended CONNECT (RFC 8441).
    public var enableConnectProtocol = false

    /// The defaults: small windows and Envoy's header limits.
    public init() {}
}

/// How much of what costs its sender nothing a peer may send.
///
/// Over any of these the connection ends with ENHANCE_YOUR_CALM.
public struct H2Limits: Hashable, Sendable {
    /// Streams that the peer reset before our head, or that we reset for a fault of the peer.
    ///
    /// Each stream that ends well takes one back.
    public var maxEarlyResets = 300
    /// Replies (to PING, SETTINGS, and RST_STREAM for faults) queued since `outputFlushed`.
    public var maxQueuedReplies = 1000
    /// DATA frames in a row without bytes and without END_STREAM.
    public var maxEmptyData = 100
    /// PRIORITY frames for each stream opened, and as many before the first.
    public var maxPriorityPerStream = 100
    /// WINDOW_UPDATE frames for each DATA frame sent (one more for each 4 KiB in it) and each stream opened, beyond the
    /// first hundred.
    public var maxWindowUpdatesPerDataFrame = 10
    /// Bytes of one header block as sent, over all its frames; at least twice what a head may have.
    public var maxHeaderBlockBytes = 256 * 1024
    /// CONTINUATION frames of one header block; at least one for each 4 KiB that a head may have.
    public var maxContinuations = 64
    /// CONTINUATION frames without bytes in one header block.
    public var maxEmptyContinuations = 4

    /// The defaults.
    public init() {}
}
