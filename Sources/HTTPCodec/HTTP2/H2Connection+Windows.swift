public import Bytes

/// Flow control (RFC 9113 5.2).
extension H2Connection {
    /// Gives `count` bytes of a `data` event back to the windows, once they were passed on.
    ///
    /// For a stream already forgotten this does nothing: its bytes were given back with it.
    public mutating func consumed(_ count: Int, stream: StreamID, into output: inout ByteQueue) {
        guard let slot = streams.find(stream.rawValue) else { return }
        let taken = min(count, streams[slot].unconsumed)
        guard taken > 0 else { return }
        streams[slot].unconsumed -= taken
        creditStream(slot, taken, into: &output)
        creditConnection(taken, into: &output)
    }

    mutating func creditStream(_ slot: Int, _ count: Int, into output: inout ByteQueue) {
        guard !streams[slot].peerEnded else { return }
        streams[slot].credit += count
        let credit = streams[slot].credit
        guard credit * 2 >= settings.initialStreamWindow else { return }
        streams[slot].credit = 0
        streams[slot].receiveWindow += credit
        writeNumber(H2FrameType.windowUpdate, streams[slot].id, UInt32(credit), into: &output)
    }

    mutating func creditConnection(_ count: Int, into output: inout ByteQueue) {
        receiveCredit += count
        guard receiveCredit * 2 >= max(65_535, settings.initialConnectionWindow) else { return }
        writeNumber(H2FrameType.windowUpdate, 0, UInt32(receiveCredit), into: &output)
        receiveWindowLeft += receiveCredit
        receiveCredit = 0
    }

    /// Removes a stream; what it did not consume goes back to the connection.
    mutating func forget(_ slot: Int, _ cause: ClosedStreams.Cause, into output: inout ByteQueue) {
        let stream = streams[slot]
        streams.remove(at: slot)
        closed.add(stream.id, cause)
        if cause == .ended, earlyResets > 0 { earlyResets -= 1 }
        if stream.unconsumed > 0 { creditConnection(stream.unconsumed, into: &output) }
    }

    mutating func windowUpdate(
        _ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event? {
        guard frame.length == 4 else { throw H2Error(.frameSizeError, .badFrameSize) }
        windowUpdates += 1
        let allowed = 100 + limits.maxWindowUpdatesPerDataFrame * (dataSent + streamsOpened)
        guard windowUpdates <= allowed else { throw H2Error(.enhanceYourCalm, .windowUpdateFlood) }
        let count = Int(body.number(at: 0) & 0x7FFF_FFFF)
        if frame.stream == 0 {
            guard count > 0 else { throw H2Error(.protocolError, .emptyWindowUpdate) }
            guard sendWindowLeft + count <= Self.maxWindow else {
                throw H2Error(.flowControlError, .flowControl)
            }
            let wasShut = sendWindowLeft <= 0 || isSendBlocked
            sendWindowLeft += count
            isSendBlocked = false
            return wasShut ? .windowOpened(.connection) : nil
        }
        guard let slot = streams.find(frame.stream) else {
            // For a while after a stream closed such frames are on their way.
            if isIdle(frame.stream) { throw H2Error(.protocolError, .idleStream) }
            return nil
        }
        guard count > 0 else {
            return try fail(slot, .protocolError, .emptyWindowUpdate, into: &output)
        }
        guard streams[slot].sendWindow + count <= Self.maxWindow else {
            return try fail(slot, .flowControlError, .flowControl, into: &output)
        }
        let before = streams[slot].sendWindow
        streams[slot].sendWindow += count
        guard before <= 0 || streams[slot].isBlocked, before + count > 0 else { return nil }
        streams[slot].isBlocked = false
        return .windowOpened(StreamID(frame.stream))
    }

    static var maxWindow: Int { 0x7FFF_FFFF }

    /// Follows the peer's SETTINGS_INITIAL_WINDOW_SIZE on every stream (RFC 9113 6.9.2).
    mutating func setPeerInitialWindow(_ size: Int) throws(H2Error) {
        let change = size - peerInitialWindow
        peerInitialWindow = size
        guard change != 0 else { return }
        for slot in 0..<streams.slotCount where streams[slot].id != 0 {
            streams[slot].sendWindow += change
            guard streams[slot].sendWindow <= Self.maxWindow else {
                throw H2Error(.flowControlError, .flowControl)
            }
            if streams[slot].sendWindow > 0 { streams[slot].isBlocked = false }
        }
    }
}
