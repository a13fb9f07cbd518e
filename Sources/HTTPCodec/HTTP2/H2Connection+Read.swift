public import Bytes

/// Reading frames.
extension H2Connection {
    /// Reads on: `input` begins at the first byte not yet consumed.
    ///
    /// After an error the connection is lost; its GOAWAY is in the output.
    public mutating func next(_ input: Span<UInt8>, into output: inout ByteQueue) throws(H2Error) -> H2Step {
        guard !hasFailed else { return .needsMore(consumed: input.count) }
        do throws(H2Error) {
            return try read(input, into: &output)
        } catch {
            hasFailed = true
            writeGoAway(goAwaySent ?? lastPeerID, error.code, into: &output)
            throw error
        }
    }

    /// Moves the fields of the last `head`, `informational` or `trailers` into `view`, whose memory is taken over.
    ///
    /// Call it before the next `next`. The view is as HTTP/1.1 would have it: names in lower case; `:method` and `:path`
    /// (the authority for CONNECT) as method and target; `:status` as status; a field `host` from `:authority`, which
    /// wins over any Host; cookies joined. `framing` is `none` or a length when that is known, else `chunked` for
    /// requests and `untilClose` for responses.
    public mutating func takeHead(into view: inout HeadView) {
        swap(&view, &pending)
    }

    private mutating func read(_ input: Span<UInt8>, into output: inout ByteQueue) throws(H2Error) -> H2Step {
        if let event = nextUnprocessed(into: &output) { return .event(event, consumed: 0) }
        var at = 0
        if prefaceLeft > 0 {
            at = try readPreface(input)
            if prefaceLeft > 0 { return .needsMore(consumed: at) }
        }
        while true {
            if payload.isOpen {
                if let event = readPayload(input, &at, into: &output) { return .event(event, consumed: at) }
                if payload.isOpen { return .needsMore(consumed: at) }
            }
            guard input.count - at >= H2FrameHeader.size else { return .needsMore(consumed: at) }
            let frame = H2FrameHeader(input, at: at)
            try checkOrder(frame)
            let start = at + H2FrameHeader.size
            if frame.type == H2FrameType.data {
                // Content is passed on as it comes; only the length of its padding must be there.
                let head = frame.has(H2Flags.padded) && frame.length > 0 ? 1 : 0
                guard input.count - start >= head else { return .needsMore(consumed: at) }
                let padding = head == 1 ? Int(input[start]) : 0
                at = start + head
                if let event = try data(frame, padding: padding, into: &output) {
                    return .event(event, consumed: at)
                }
                continue
            }
            guard input.count - start >= frame.length else { return .needsMore(consumed: at) }
            at = start + frame.length
            if let event = try control(frame, input.extracting(start..<at), into: &output) {
                return .event(event, consumed: at)
            }
        }
    }

    private mutating func readPreface(_ input: Span<UInt8>) throws(H2Error) -> Int {
        let done = Self.preface.count - prefaceLeft
        let count = min(prefaceLeft, input.count)
        for i in 0..<count where input[i] != Self.preface[done + i] {
            throw H2Error(.protocolError, .badPreface)
        }
        prefaceLeft -= count
        return count
    }

    /// Refuses a frame that cannot stand where it does, whatever it holds.
    private mutating func checkOrder(_ frame: H2FrameHeader) throws(H2Error) {
        if awaitsSettings {
            guard frame.type == H2FrameType.settings, !frame.has(H2Flags.acknowledge) else {
                throw H2Error(.protocolError, .badPreface)
            }
        }
        guard frame.length <= settings.maxFrameSize else { throw H2Error(.frameSizeError, .badFrameSize) }
        if let block {
            guard frame.type == H2FrameType.continuation, frame.stream == block.stream else {
                throw H2Error(.protocolError, .unexpectedFrame)
            }
        } else if frame.type == H2FrameType.continuation {
            throw H2Error(.protocolError, .unexpectedFrame)
        }
        awaitsSettings = false
    }

    private mutating func control(
        _ frame: H2FrameHeader, _ body: Span<UInt8>, into output: inout ByteQueue
    ) throws(H2Error) -> H2Event? {
        switch frame.type {
        case H2FrameType.headers: try headers(frame, body, into: &output)
        case H2FrameType.continuation: try continuation(frame, body, into: &output)
        case H2FrameType.priority: try priority(frame, body, into: &output)
        case H2FrameType.resetStream: try resetStream(frame, body, into: &output)
        case H2FrameType.settings: try settings(frame, body, into: &output)
        case H2FrameType.pushPromise: throw H2Error(.protocolError, .unexpectedFrame)
        case H2FrameType.ping: try ping(frame, body, into: &output)
        case H2FrameType.goAway: try goAway(frame, body)
        case H2FrameType.windowUpdate: try windowUpdate(frame, body, into: &output)
        // RFC 9113 5.5: unknown types are ignored.
        default: nil
        }
    }
}
