/// What was read from an HTTP/2 connection.
///
/// Of one stream come: `head` (a client gets any `informational` before), `data`, `trailers`, with `endStream` once on
/// the last of `head` and `data`, or `trailers`; or a `reset` at any time after our side knows the stream, after which
/// it is forgotten.
public enum H2Event: Hashable, Sendable {
    /// A request (server) or final response (client) began: `takeHead` has it.
    case head(StreamID, endStream: Bool)
    /// An interim response came, for a client: `takeHead` has it.
    case informational(StreamID)
    /// The stream ended with trailers: `takeHead` has them.
    case trailers(StreamID)
    /// These bytes of the input are content; a frame may come in several pieces, and an `endStream` may have none.
    ///
    /// Tell `consumed` when they were passed on.
    case data(StreamID, Range<Int>, endStream: Bool)
    /// The stream is gone, both ways.
    ///
    /// By the peer; or because the peer broke a rule and a RST_STREAM is queued; or, for a client, because the peer's
    /// GOAWAY excludes it: then the code is REFUSED_STREAM and it was not processed.
    case reset(StreamID, H2ErrorCode, byPeer: Bool)
    /// A stream was refused before it had an event: a RST_STREAM is queued; for statistics only.
    ///
    /// `lastFault` says why.
    case streamRefused(StreamID, H2ErrorCode)
    /// A window that had stopped `sendData` is open again: that stream's, or the connection's for stream 0.
    case windowOpened(StreamID)
    /// The peer opens no more streams, and processes of ours only those up to `lastStream`.
    ///
    /// Each of ours above it follows as a `reset`.
    case goAway(lastStream: StreamID, H2ErrorCode)
    /// The peer's settings changed: streams may be opened or not, windows may have opened.
    case settingsChanged
    /// The peer answered a PING.
    case pong(UInt64)
}

/// One step of reading.
public enum H2Step: Hashable, Sendable {
    /// So many bytes are done with; the rest waits for more.
    case needsMore(consumed: Int)
    /// So many bytes are done with; look at a `data` range before dropping them.
    case event(H2Event, consumed: Int)
}
