internal import Bytes

/// A header block that is being read (RFC 9113 4.3).
struct H2Block: Sendable {
    /// What becomes of it.
    enum Purpose: Hashable, Sendable {
        /// It opens a stream.
        case opens
        /// It is a response on a stream of ours.
        case answers
        /// It ends a stream.
        case ends
        /// It is decoded for the table's sake only.
        case nothing
        /// Its stream, not opened by it, is reset.
        case refused(H2ErrorCode, H2Fault)
        /// Its stream, open so far, is reset.
        case fails(H2ErrorCode, H2Fault)
    }

    var stream: UInt32
    var purpose: Purpose
    var endStream: Bool
    var section: FieldBuilder
    var bytes = 0
    var frames = 0
    var emptyFrames = 0
}

/// Reading heads and trailers.
extension H2Connection {
    mutating func headers(_ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        guard frame.stream != 0 else { throw H2Error(.protocolError, .unexpectedFrame) }
        var fragment = 0..<body.count
        if frame.has(H2Flags.padded) {
            guard let padding = body.isEmpty ? nil : Int(body[0]) else {
                throw H2Error(.frameSizeError, .badFrameSize)
            }
            guard padding + 1 <= body.count else { throw H2Error(.protocolError, .badPadding) }
            fragment = 1..<body.count - padding
        }
        var purpose = try purpose(of: frame)
        if frame.has(H2Flags.priority) {
            guard fragment.count >= 5 else { throw H2Error(.frameSizeError, .badFrameSize) }
            let parent = body.number(at: fragment.lowerBound) & 0x7FFF_FFFF
            if parent == frame.stream {
                switch purpose {
                case .opens: purpose = .refused(.protocolError, .selfDependency)
                case .answers, .ends: purpose = .fails(.protocolError, .selfDependency)
                case .nothing, .refused, .fails: break
                }
            }
            fragment = fragment.lowerBound + 5..<fragment.upperBound
        }
        let form: FieldBuilder.Form =
            switch purpose {
            case .opens: .request
            case .answers: .response
            case .ends: .trailers
            case .nothing, .refused, .fails: .nothing
            }
        block = H2Block(
            stream: frame.stream, purpose: purpose, endStream: frame.has(H2Flags.endStream),
            section: FieldBuilder(form, settings))
        pending.removeAll()
        return try add(body.extracting(fragment), isLast: frame.has(H2Flags.endHeaders), into: &output)
    }

    mutating func continuation(
        _ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event? {
        let isLast = frame.has(H2Flags.endHeaders)
        block?.frames += 1
        if body.isEmpty, !isLast { block?.emptyFrames += 1 }
        if let block {
            // A head as long as allowed fits, in frames that are not tiny.
            let most = max(limits.maxContinuations, settings.maxHeaderListBytes / 4096)
            guard block.frames <= most, block.emptyFrames <= limits.maxEmptyContinuations else {
                throw H2Error(.enhanceYourCalm, .continuationFlood)
            }
        }
        return try add(body, isLast: isLast, into: &output)
    }

    /// What a HEADERS frame means on its stream (RFC 9113 5.1).
    private mutating func purpose(of frame: H2FrameHeader) throws(H2Error) -> H2Block.Purpose {
        let id = frame.stream
        if let slot = streams.find(id) {
            if streams[slot].peerEnded { return .fails(.streamClosed, .closedStream) }
            guard streams[slot].headSeen else { return .answers }
            // RFC 9113 8.1: trailers end the stream.
            return frame.has(H2Flags.endStream) ? .ends : .fails(.protocolError, .malformedHead)
        }
        if role == .client || id & 1 == 0 || id <= lastPeerID {
            if isIdle(id) { throw H2Error(.protocolError, .badStreamID) }
            switch closed.cause(of: id) {
            case .resetByUs: return .nothing
            case .resetByPeer: return .refused(.streamClosed, .closedStream)
            case .ended: throw H2Error(.streamClosed, .closedStream)
            case nil: throw H2Error(.protocolError, .badStreamID)
            }
        }
        lastPeerID = id
        if goAwaySent != nil { return .refused(.refusedStream, .closing) }
        guard streams.count < settings.maxConcurrentStreams else {
            return .refused(.refusedStream, .tooManyStreams)
        }
        return .opens
    }

    /// Decodes on, and ends the block with its last piece.
    private mutating func add(_ piece: Span<UInt8>, isLast: Bool, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        guard var block else { return nil }
        self.block = nil
        block.bytes += piece.count
        guard block.bytes <= max(limits.maxHeaderBlockBytes, 2 * settings.maxHeaderListBytes) else {
            throw H2Error(.enhanceYourCalm, .continuationFlood)
        }
        if partialField.isEmpty {
            let done = try decoder.decode(piece, isLast: isLast, section: &block.section, into: &pending)
            keepPartial(piece.extracting(done..<piece.count))
        } else {
            keepPartial(piece)
            let joined = partialField
            let done = try decoder.decode(
                joined.span, isLast: isLast, section: &block.section, into: &pending)
            partialField = Array(joined[done...])
        }
        guard isLast else {
            self.block = block
            return nil
        }
        if partialField.capacity > 0 { partialField = [] }
        return try finish(block, into: &output)
    }

    private mutating func keepPartial(_ rest: Span<UInt8>) {
        guard !rest.isEmpty else { return }
        // The bytes are copied before the closure ends.
        unsafe rest.withUnsafeBytes { unsafe partialField.append(contentsOf: $0) }
    }

    private mutating func finish(_ finished: H2Block, into output: inout ByteQueue)
        throws(H2Error) -> H2Event?
    {
        var block = finished
        let fault = block.section.finish(in: &pending)
        let id = block.stream
        // A head that is too large is no fault of syntax; stock gateways answer so.
        let code: H2ErrorCode =
            fault == .headTooLarge || fault == .tooManyHeaders ? .internalError : .protocolError
        switch block.purpose {
        case .nothing: return nil
        case .refused(let code, let fault): return try refuse(id, code, fault, into: &output)
        case .opens:
            if let fault { return try refuse(id, code, fault, into: &output) }
            return try open(id, block, into: &output)
        case .fails(let code, let fault):
            guard let slot = streams.find(id) else { return nil }
            return try fail(slot, code, fault, into: &output)
        case .answers:
            guard let slot = streams.find(id) else { return nil }
            if let fault { return try fail(slot, code, fault, into: &output) }
            return try answer(slot, block, into: &output)
        case .ends:
            guard let slot = streams.find(id) else { return nil }
            if let fault { return try fail(slot, code, fault, into: &output) }
            if streams[slot].bodyLeft > 0 {
                return try fail(slot, .protocolError, .badContentLength, into: &output)
            }
            peerEnded(slot, into: &output)
            return .trailers(StreamID(id))
        }
    }

    private mutating func open(_ id: UInt32, _ block: H2Block, into output: inout ByteQueue)
        throws(H2Error) -> H2Event
    {
        let length = block.section.contentLength
        if block.endStream, let length, length > 0 {
            return try refuse(id, .protocolError, .badContentLength, into: &output)
        }
        var stream = H2Stream(id: id, sendWindow: peerInitialWindow, receiveWindow: newReceiveWindow)
        stream.headSeen = true
        stream.bodyLeft = length ?? -1
        stream.peerEnded = block.endStream
        streams.insert(stream)
        streamsOpened += 1
        pending.framing = length.map { .length($0) } ?? (block.endStream ? .none : .chunked)
        return .head(StreamID(id), endStream: block.endStream)
    }

    private mutating func answer(_ slot: Int, _ block: H2Block, into output: inout ByteQueue)
        throws(H2Error) -> H2Event
    {
        let id = StreamID(block.stream)
        let status = pending.status
        if status < 200 {
            guard !block.endStream else {
                return try fail(slot, .protocolError, .malformedHead, into: &output)
            }
            return .informational(id)
        }
        streams[slot].headSeen = true
        if streams[slot].isHEAD || status == 204 || status == 304 {
            streams[slot].bodyLeft = 0
            pending.framing = .none
        } else if streams[slot].isConnect, status < 300 {
            // RFC 9113 8.5: what follows is no content.
            pending.framing = .untilClose
        } else if let length = block.section.contentLength {
            streams[slot].bodyLeft = length
            if block.endStream, length > 0 {
                return try fail(slot, .protocolError, .badContentLength, into: &output)
            }
            pending.framing = .length(length)
        } else {
            pending.framing = block.endStream ? .length(0) : .untilClose
        }
        if block.endStream { peerEnded(slot, into: &output) }
        return .head(id, endStream: block.endStream)
    }
}
