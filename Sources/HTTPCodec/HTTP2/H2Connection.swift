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

    /// What tells a client's preface from any HTTP/1.1 request (RFC 9113 3.4).
    public static let prefaceStart = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Which side this is.
    public let role: Role
    /// What this side announces.
    public let settings: H2Settings
    /// What the peer may do for nothing.
    public let limits: H2Limits

    // MARK: What was read so far

    /// Bytes of the client's preface that a server still expects.
    var prefaceLeft: Int
    /// The first frame must be SETTINGS.
    var awaitsSettings = true
    var hasFailed = false
    var payload = H2Payload()
    var block: H2Block?
    /// The start of a field that CONTINUATION will complete.
    var partialField: [UInt8] = []
    var decoder: HPACKDecoder
    /// The head of the last event, for `takeHead`.
    var pending = HeadView()

    // MARK: Streams

    var streams = StreamTable()
    var closed = ClosedStreams()
    var lastPeerID: UInt32 = 0
    var nextOwnID: UInt32 = 1
    /// What our GOAWAY named; nil before.
    var goAwaySent: UInt32?
    /// What the peer's GOAWAY named; nil before.
    var goAwayReceived: UInt32?
    /// Streams above `goAwayReceived` are still to be reported.
    var hasUnprocessed = false

    // MARK: Windows and the peer's settings

    var sendWindowLeft = 65_535
    var isSendBlocked = false
    var receiveWindowLeft = 65_535
    var receiveCredit = 0
    var peerInitialWindow = 65_535
    var peerMaxFrameSize = 16_384
    var peerMaxStreams = 100
    var peerAllowsConnectProtocol = false
    var settingsInFlight = 0

    // MARK: What costs the peer nothing

    var earlyResets = 0
    var queuedReplies = 0
    var emptyData = 0
    var priorities = 0
    var windowUpdates = 0
    /// DATA frames sent, a long one counted as several.
    var dataSent = 0
    var streamsOpened = 0

    // MARK: Writing

    var encoder: HPACKEncoder
    var encoded: [UInt8] = []
    var frameHeader = [UInt8](repeating: 0, count: H2FrameHeader.size)

    /// A connection of which nothing was sent or read.
    public init(role: Role, settings: H2Settings = H2Settings(), limits: H2Limits = H2Limits()) {
        self.role = role
        self.settings = settings
        self.limits = limits
        prefaceLeft = role == .server ? Self.preface.count : 0
        decoder = HPACKDecoder(maxTableSize: max(4096, settings.headerTableSize))
        encoder = HPACKEncoder(ownLimit: settings.headerTableSize)
    }

    /// What a client sends first (RFC 9113 3.4); also how a server tells HTTP/2 from HTTP/1.1 on a clear connection.
    public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Why the last stream was reset or refused by this side.
    public internal(set) var lastFault: H2Fault?

    // MARK: State

    /// Streams open in at least one direction.
    public var activeStreams: Int { streams.count }

    /// Streams the peer lets this side open at a time; 100 until it says.
    public var peerMaxConcurrentStreams: Int { peerMaxStreams }

    /// Whether the peer's first SETTINGS are here.
    public var hasPeerSettings: Bool { !awaitsSettings }

    /// Whether the peer reads extended CONNECT (RFC 8441).
    public var peerEnablesConnectProtocol: Bool { peerAllowsConnectProtocol }

    /// The last stream the peer opened; 0 before any.
    public var lastPeerStream: StreamID { StreamID(lastPeerID) }

    /// Whether a GOAWAY was sent (one that only announces does not count) or came: no stream can be opened.
    public var isClosing: Bool { goAwaySent != nil || goAwayReceived != nil || hasFailed }

    /// Whether the stream is known: opened and not yet closed in both directions.
    public func isOpen(_ stream: StreamID) -> Bool { streams.find(stream.rawValue) != nil }

    /// Whether the peer acknowledged our settings.
    public var areSettingsAcknowledged: Bool { settingsInFlight == 0 && !awaitsSettings }

    /// Whether `openStream` would give a stream.
    public var canOpenStream: Bool {
        role == .client && !isClosing && streams.count < peerMaxStreams && nextOwnID <= StreamID.last.rawValue
    }

    // MARK: Opening and ending

    /// Queues what opens a connection: the client's preface, SETTINGS, and the connection's window when it is larger
    /// than 65,535.
    ///
    /// Call it once, first.
    public mutating func start(into output: inout ByteQueue) {
        if role == .client { output.append(Self.preface) }
        var payload: [UInt8] = []
        func add(_ id: UInt8, _ value: Int) {
            payload += [
                0, id, UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16),
                UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value),
            ]
        }
        if settings.headerTableSize != 4096 { add(1, settings.headerTableSize) }
        if role == .client { add(2, 0) } else { add(3, Int(settings.maxConcurrentStreams)) }
        if settings.initialStreamWindow != 65_535 { add(4, settings.initialStreamWindow) }
        if settings.maxFrameSize != 16_384 { add(5, settings.maxFrameSize) }
        add(6, settings.maxHeaderListBytes)
        if settings.enableConnectProtocol, role == .server { add(8, 1) }
        writeFrame(H2FrameType.settings, 0, 0, payload.count, into: &output)
        output.append(payload)
        settingsInFlight += 1
        let more = settings.initialConnectionWindow - receiveWindowLeft
        if more > 0 {
            receiveWindowLeft += more
            writeNumber(H2FrameType.windowUpdate, 0, UInt32(more), into: &output)
        }
    }

    /// Takes the next stream number of a client; nil at the peer's limit, after a GOAWAY of either side, or when the
    /// numbers are used up.
    ///
    /// Send the request's head before opening another.
    public mutating func openStream() -> StreamID? {
        guard canOpenStream else { return nil }
        let id = nextOwnID
        nextOwnID += 2
        streamsOpened += 1
        streams.insert(
            H2Stream(id: id, sendWindow: peerInitialWindow, receiveWindow: newReceiveWindow))
        return StreamID(id)
    }

    /// Resets a stream and forgets it; does nothing for one that is gone.
    ///
    /// A server that answered in full before the request ended does this with `noError`.
    public mutating func reset(_ stream: StreamID, _ code: H2ErrorCode, into output: inout ByteQueue) {
        guard let slot = streams.find(stream.rawValue) else { return }
        // A stream that the peer never heard of is idle to it.
        if role == .server || streams[slot].headSent {
            writeNumber(H2FrameType.resetStream, stream.rawValue, code.rawValue, into: &output)
        }
        forget(slot, .resetByUs, into: &output)
    }

    /// Queues a GOAWAY that only announces one: streams are still accepted.
    ///
    /// The first step of a graceful end; a while later call `goAway`.
    public mutating func announceGoAway(into output: inout ByteQueue) {
        guard goAwaySent == nil else { return }
        writeGoAway(StreamID.last.rawValue, .noError, into: &output)
    }

    /// Queues a GOAWAY: streams above the last one seen are refused from now on, those up to it finish.
    public mutating func goAway(_ code: H2ErrorCode, into output: inout ByteQueue) {
        guard !hasFailed else { return }
        // RFC 9113 6.8: what a GOAWAY names may only go down.
        let last = goAwaySent ?? lastPeerID
        goAwaySent = last
        writeGoAway(last, code, into: &output)
    }

    /// Queues a PING; `pong` brings the number back.
    public mutating func ping(_ opaque: UInt64, into output: inout ByteQueue) {
        writePing(opaque, flags: 0, into: &output)
    }

    /// Tells that the transport took all output, so replies no longer pile up.
    public mutating func outputFlushed() { queuedReplies = 0 }

    /// The window that the peer believes a new stream to have.
    var newReceiveWindow: Int {
        // Until our settings are known there, it is the default.
        settingsInFlight == 0 ? settings.initialStreamWindow : max(65_535, settings.initialStreamWindow)
    }
}
