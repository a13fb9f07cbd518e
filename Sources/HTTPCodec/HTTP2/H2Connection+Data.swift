internal import Bytes

/// The part of a DATA frame that is still to come.
struct H2Payload: Sendable {
    var stream: UInt32 = 0
    /// Bytes of content.
    var left = 0
    /// Bytes of padding behind it.
    var padding = 0
    /// The frame ends its stream, and that was not yet told.
    var ends = false

    /// Whether something is still to be read or told.
    var isOpen: Bool { left > 0 || padding > 0 || ends }
}

/// Reading content (RFC 9113 6.1, 8.1.1).
extension H2Connection {
    /// Judges a DATA frame by its header and opens its payload.
    mutating func data(_ frame: H2FrameHeader, padding: Int, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        guard frame.stream != 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        let overhead = frame.has(H2Flags.padded) ? padding + 1 : 0
        guard overhead <= frame.length else {
            throw frame.length == 0
                ? H2Error(.frameSizeError, .badFrameSize) : H2Error(.protocolError, .badPadding)
        }
        let content = frame.length - overhead
        let ends = frame.has(H2Flags.endStream)
        if content > 0 {
            emptyData = 0
        } else if !ends {
            emptyData += 1
            if emptyData > limits.maxEmptyData { throw H2Error(.enhanceYourCalm, .emptyFrameFlood) }
        }
        guard frame.length <= receiveWindowLeft else { throw H2Error(.flowControlError, .flowControl) }
        receiveWindowLeft -= frame.length
        payload = H2Payload(stream: frame.stream, left: content, padding: padding)
        guard let slot = streams.find(frame.stream) else {
            let event = try lateData(frame.stream, into: &output)
            if overhead > 0 { creditConnection(overhead, into: &output) }
            return event
        }
        if overhead > 0 { creditConnection(overhead, into: &output) }
        if let fault = fault(of: frame, content, on: streams[slot]) {
            return try fail(slot, fault.code, fault.fault, into: &output)
        }
        streams[slot].receiveWindow -= frame.length
        if streams[slot].bodyLeft >= 0 { streams[slot].bodyLeft -= Int64(content) }
        if overhead > 0, !ends { creditStream(slot, overhead, into: &output) }
        payload.ends = ends
        return nil
    }

    private func fault(of frame: H2FrameHeader, _ content: Int, on stream: H2Stream)
        -> (code: H2ErrorCode, fault: H2Fault)?
    {
        if stream.peerEnded { return (.streamClosed, .closedStream) }
        if !stream.headSeen { return (.protocolError, .unexpectedFrame) }
        if frame.length > stream.receiveWindow { return (.flowControlError, .flowControl) }
        guard stream.bodyLeft >= 0 else { return nil }
        let left = stream.bodyLeft - Int64(content)
        let fits = frame.has(H2Flags.endStream) ? left == 0 : left >= 0
        return fits ? nil : (.protocolError, .badContentLength)
    }

    /// DATA on a stream that is not open; its payload is dropped.
    private mutating func lateData(_ id: UInt32, into output: inout ByteQueue) throws(H2Error) -> H2Event? {
        if isIdle(id) { throw H2Error(.protocolError, .idleStream) }
        switch closed.cause(of: id) {
        case .resetByUs: return nil
        case .ended: throw H2Error(.streamClosed, .closedStream)
        case .resetByPeer, nil:
            lastFault = .closedStream
            writeNumber(H2FrameType.resetStream, id, H2ErrorCode.streamClosed.rawValue, into: &output)
            try countReply()
            return nil
        }
    }

    /// Reads what is there of an open payload.
    mutating func readPayload(_ input: Span<UInt8>, _ at: inout Int, into output: inout ByteQueue)
        -> H2Event?
    {
        let slot = streams.find(payload.stream)
        if slot == nil { payload.ends = false }
        let count = min(payload.left, input.count - at)
        let range = at..<at + count
        at += count
        payload.left -= count
        let ends = payload.ends && payload.left == 0
        if ends { payload.ends = false }
        if payload.left == 0 {
            let skipped = min(payload.padding, input.count - at)
            payload.padding -= skipped
            at += skipped
        }
        guard let slot else {
            if count > 0 { creditConnection(count, into: &output) }
            return nil
        }
        guard count > 0 || ends else { return nil }
        streams[slot].unconsumed += count
        if ends { peerEnded(slot, into: &output) }
        return .data(StreamID(payload.stream), range, endStream: ends)
    }

    /// Notes that the peer sent END_STREAM.
    mutating func peerEnded(_ slot: Int, into output: inout ByteQueue) {
        streams[slot].peerEnded = true
        if streams[slot].selfEnded { forget(slot, .ended, into: &output) }
    }
}
