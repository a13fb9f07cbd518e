public import Bytes

/// One HTTP/2 connection (RFC 9113), as the bytes on it; owns no socket and no clock.
///
/// Reading: call `next` with all bytes not yet consumed, until it answers `needsMore`; each call may append replies to
/// the output. Writing: every call that sends takes the output queue. A driver flushes after a batch, never per call,
/// and tells `outputFlushed` whenever the socket took everything.
public struct H2Connection: ~Copyable {
    /// Which side of the connection this is.
    public enum Role: Hashable, Sendable {
        /// Reads requests.
        case server
        /// Sends requests.
        case client
    }

    /// Which side this is.
    public let role: Role
    /// What this side announces.
    public let settings: H2Settings
    /// What the peer may do for nothing.
    public let limits: H2Limits

    /// A connection of which nothing was sent or read.
    public init(role: Role, settings: H2Settings = H2Settings(), limits: H2Limits = H2Limits()) {
        self.role = role
        self.settings = settings
        self.limits = limits
    }

    /// Why the last stream was reset or refused by this side.
    public internal(set) var lastFault: H2Fault?

    // MARK: Reading

    /// Queues what opens a connection: the client's preface, SETTINGS, and the connection's window when it is larger
    /// than 65,535.
    ///
    /// Call it once, first.
    public mutating func start(into output: inout ByteQueue) {}

    /// Reads on: `input` begins at the first byte not yet consumed.
    ///
    /// After an error the connection is lost; its GOAWAY is in the output.
    public mutating func next(_ input: Span<UInt8>, into output: inout ByteQueue) throws(H2Error) -> H2Step {
        .needsMore(consumed: 0)
    }

    /// Moves the fields of the last `head`, `informational` or `trailers` into `view`, whose memory is taken over.
    ///
    /// As HTTP/1.1 would have them: names in lower case; `:method` and `:path` (an authority for CONNECT) as method and
    /// target; `:status` as status; a first field `host` from `:authority`, which wins over any Host; cookies joined.
    /// `framing` is `none` or a length when that is known, else `chunked` for requests and `untilClose` for responses.
    public mutating func takeHead(into view: inout HeadView) {}

    /// Gives `count` bytes of a `data` event back to the windows, once they were passed on.
    ///
    /// For a stream already forgotten this does nothing: its bytes were given back with it.
    public mutating func consumed(_ count: Int, stream: StreamID, into output: inout ByteQueue) {}

    /// Tells that the transport took all output, so replies no longer pile up.
    public mutating func outputFlushed() {}

    // MARK: Opening and ending

    /// Whether `openStream` would give a stream.
    public var canOpenStream: Bool { false }

    /// Takes the next stream number of a client; nil at the peer's limit, after a GOAWAY of either side, or when the
    /// numbers are used up.
    ///
    /// Send the request's head before opening another.
    public mutating func openStream() -> StreamID? { nil }

    /// Resets a stream and forgets it; does nothing for one that is gone.
    public mutating func reset(_ stream: StreamID, _ code: H2ErrorCode, into output: inout ByteQueue) {}

    /// Queues a GOAWAY that only announces one: streams are still accepted.
    ///
    /// The first step of a graceful end; a while later call `goAway`.
    public mutating func announceGoAway(into output: inout ByteQueue) {}

    /// Queues a GOAWAY: streams above the last one seen are refused from now on, those up to it finish.
    public mutating func goAway(_ code: H2ErrorCode, into output: inout ByteQueue) {}

    /// Queues a PING; `pong` brings the number back.
    public mutating func ping(_ opaque: UInt64, into output: inout ByteQueue) {}

    // MARK: Writing

    /// Queues a request's head on a stream just opened.
    ///
    /// Method, target and the field `host` become pseudo-fields; an absolute target gives only its path and query; the
    /// target of CONNECT becomes `:authority`. Fields of one connection are left out, values are sent as they are.
    public mutating func sendRequest(
        _ head: borrowing HeadView, scheme: StaticString, stream: StreamID, endStream: Bool,
        into output: inout ByteQueue
    ) {}

    /// Queues a response's head; the status of `head` itself is not looked at.
    ///
    /// Fields of one connection and `host` are left out.
    public mutating func sendResponse(
        status: Int, _ head: borrowing HeadView, stream: StreamID, endStream: Bool,
        into output: inout ByteQueue
    ) {}

    /// Queues an interim response (100 ..< 200, not 101).
    public mutating func sendInformational(
        status: Int, _ head: borrowing HeadView, stream: StreamID, into output: inout ByteQueue
    ) {}

    /// Queues trailers, which end this side of the stream.
    public mutating func sendTrailers(
        _ trailers: borrowing HeadView, stream: StreamID, into output: inout ByteQueue
    ) {}

    /// Queues as many of the bytes as the windows of stream and connection allow, and returns how many.
    ///
    /// `endStream` counts when all were taken; without bytes it queues an empty frame. When fewer are taken,
    /// `windowOpened` tells when to go on.
    public mutating func sendData(
        _ bytes: Span<UInt8>, stream: StreamID, endStream: Bool, into output: inout ByteQueue
    ) -> Int { 0 }

    /// How many bytes `sendData` would take now.
    public func sendWindow(_ stream: StreamID) -> Int { 0 }

    // MARK: State

    /// Streams open in at least one direction.
    public var activeStreams: Int { 0 }

    /// Streams the peer lets this side open at a time; `Int.max` until it says.
    public var peerMaxConcurrentStreams: Int { .max }

    /// Whether the peer reads extended CONNECT (RFC 8441).
    public var peerEnablesConnectProtocol: Bool { false }

    /// The last stream the peer opened; 0 before any.
    public var lastPeerStream: StreamID { .connection }

    /// Whether a GOAWAY was sent (one that only announces does not count) or came: no stream can be opened.
    public var isClosing: Bool { false }

    /// Whether the stream is known: opened and not yet closed in both directions.
    public func isOpen(_ stream: StreamID) -> Bool { false }

    /// Whether the peer acknowledged our settings.
    public var areSettingsAcknowledged: Bool { false }
}
