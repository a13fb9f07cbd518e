internal import Bytes

/// Frames about the connection and about streams as a whole.
extension H2Connection {
    /// Resets a stream because the peer broke a rule on it.
    mutating func fail(
        _ slot: Int, _ code: H2ErrorCode, _ fault: H2Fault, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event {
        let id = streams[slot].id
        lastFault = fault
        writeNumber(H2FrameType.resetStream, id, code.rawValue, into: &output)
        forget(slot, .resetByUs, into: &output)
        try countReply()
        try countEarlyReset()
        return .reset(StreamID(id), code, byPeer: false)
    }

    /// Resets a stream that has no event yet.
    mutating func refuse(
        _ id: UInt32, _ code: H2ErrorCode, _ fault: H2Fault, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event {
        lastFault = fault
        writeNumber(H2FrameType.resetStream, id, code.rawValue, into: &output)
        closed.add(id, .resetByUs)
        try countReply()
        // A peer that has not read our limits, or our GOAWAY, is not at fault.
        if code != .refusedStream { try countEarlyReset() }
        return .streamRefused(StreamID(id), code)
    }

    private mutating func countEarlyReset() throws(H2Error) {
        earlyResets += 1
        if earlyResets > limits.maxEarlyResets { throw H2Error(.enhanceYourCalm, .rapidReset) }
    }

    /// Whether a stream that is not in the table was never opened.
    func isIdle(_ id: UInt32) -> Bool {
        switch role {
        case .server: id & 1 == 0 || id > lastPeerID
        case .client: id & 1 == 0 || id >= nextOwnID
        }
    }

    mutating func resetStream(
        _ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event? {
        guard frame.length == 4 else { throw H2Error(.frameSizeError, .badFrameSize) }
        guard frame.stream != 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        guard let slot = streams.find(frame.stream) else {
            if isIdle(frame.stream) { throw H2Error(.protocolError, .idleStream) }
            return nil
        }
        let isEarly = role == .server && !streams[slot].headSent
        forget(slot, .resetByPeer, into: &output)
        if isEarly { try countEarlyReset() }
        return .reset(StreamID(frame.stream), H2ErrorCode(rawValue: body.number(at: 0)), byPeer: true)
    }

    mutating func priority(
        _ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event? {
        guard frame.stream != 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        priorities += 1
        guard priorities <= limits.maxPriorityPerStream * (streamsOpened + 1) else {
            throw H2Error(.enhanceYourCalm, .priorityFlood)
        }
        let slot = streams.find(frame.stream)
        if frame.length != 5 {
            guard let slot else { throw H2Error(.frameSizeError, .badFrameSize) }
            return try fail(slot, .frameSizeError, .badFrameSize, into: &output)
        }
        if body.number(at: 0) & 0x7FFF_FFFF == frame.stream {
            guard let slot else { throw H2Error(.protocolError, .selfDependency) }
            return try fail(slot, .protocolError, .selfDependency, into: &output)
        }
        return nil
    }

    mutating func ping(_ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        guard frame.stream == 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        guard frame.length == 8 else { throw H2Error(.frameSizeError, .badFrameSize) }
        let opaque = UInt64(body.number(at: 0)) << 32 | UInt64(body.number(at: 4))
        if frame.has(H2Flags.acknowledge) { return .pong(opaque) }
        writePing(opaque, flags: H2Flags.acknowledge, into: &output)
        try countReply()
        return nil
    }

    mutating func goAway(_ frame: H2FrameHeader, _ body: Span<UInt8>) throws(H2Error) -> H2Event? {
        guard frame.stream == 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        guard frame.length >= 8 else { throw H2Error(.frameSizeError, .badFrameSize) }
        // RFC 9113 6.8: it may only go down.
        let last = min(body.number(at: 0) & 0x7FFF_FFFF, goAwayReceived ?? .max)
        goAwayReceived = last
        hasUnprocessed = role == .client
        return .goAway(lastStream: StreamID(last), H2ErrorCode(rawValue: body.number(at: 4)))
    }

    /// The next of our streams that the peer's GOAWAY leaves unprocessed.
    mutating func nextUnprocessed(into output: inout ByteQueue) -> H2Event? {
        guard hasUnprocessed, let last = goAwayReceived else { return nil }
        for slot in 0..<streams.slotCount where streams[slot].id > last {
            let id = streams[slot].id
            forget(slot, .resetByPeer, into: &output)
            return .reset(StreamID(id), .refusedStream, byPeer: true)
        }
        hasUnprocessed = false
        return nil
    }

    mutating func settings(_ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        guard frame.stream == 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        if frame.has(H2Flags.acknowledge) {
            guard frame.length == 0 else { throw H2Error(.frameSizeError, .badFrameSize) }
            guard settingsInFlight > 0 else { throw H2Error(.protocolError, .unexpectedAcknowledgement) }
            settingsInFlight -= 1
            return nil
        }
        guard frame.length % 6 == 0 else { throw H2Error(.frameSizeError, .badFrameSize) }
        var at = 0
        while at < body.count {
            let id = Int(body[at]) << 8 | Int(body[at + 1])
            try apply(setting: id, Int(body.number(at: at + 2)))
            at += 6
        }
        writeFrame(H2FrameType.settings, H2Flags.acknowledge, 0, 0, into: &output)
        try countReply()
        return .settingsChanged
    }

    /// RFC 9113 6.5.2, RFC 8441 3.
    private mutating func apply(setting id: Int, _ value: Int) throws(H2Error) {
        let isGood: Bool
        switch id {
        case 1:
            encoder.peerAllows(tableSize: value)
            isGood = true
        case 2: isGood = value == 0 || (value == 1 && role == .server)
        case 3:
            peerMaxStreams = value
            isGood = true
        case 4:
            guard value <= Self.maxWindow else { throw H2Error(.flowControlError, .badSetting) }
            try setPeerInitialWindow(value)
            isGood = true
        case 5:
            isGood = (16_384...16_777_215).contains(value)
            peerMaxFrameSize = value
        case 8:
            isGood = value == 1 || (value == 0 && !peerAllowsConnectProtocol)
            peerAllowsConnectProtocol = value == 1
        default: isGood = true
        }
        if !isGood { throw H2Error(.protocolError, .badSetting) }
    }
}
