public import Bytes

/// Sending heads, content and trailers.
///
/// All of it does nothing on a stream that is gone, or whose side is ended.
extension H2Connection {
    /// Queues a request's head on a stream just opened.
    ///
    /// Method, target and the field `host` become pseudo-fields; an absolute target gives only its path and query; the
    /// target of CONNECT becomes `:authority`. Fields of one connection are left out, values are sent as they are.
    public mutating func sendRequest(
        _ head: borrowing HeadView, scheme: StaticString, stream: StreamID, endStream: Bool,
        into output: inout ByteQueue
    ) {
        guard let slot = sendable(stream) else { return }
        let span = head.bytes.span
        encoded.removeAll(keepingCapacity: true)
        encoder.begin(into: &encoded)
        let method = span.extracting(head.method)
        let isConnect = Self.isWord(method, "CONNECT")
        if Self.isWord(method, "GET") {
            HPACKEncoder.indexed(2, into: &encoded)
        } else if Self.isWord(method, "POST") {
            HPACKEncoder.indexed(3, into: &encoded)
        } else {
            encoder.field(Self.methodName.span, method, isSecret: false, into: &encoded)
        }
        let isTunnel = isConnect && head.connectProtocol.isEmpty
        if !isTunnel {
            HPACKEncoder.indexed(scheme.utf8CodeUnitCount == 5 ? 7 : 6, into: &encoded)
            encodePath(head)
        }
        if let host = head.value(.host) {
            encoder.field(Self.authorityName.span, span.extracting(host), isSecret: false, into: &encoded)
        } else if isTunnel {
            encoder.field(
                Self.authorityName.span, span.extracting(head.target), isSecret: false, into: &encoded)
        }
        if isConnect, !isTunnel {
            encoder.field(
                Self.protocolName.span, span.extracting(head.connectProtocol), isSecret: false, into: &encoded
            )
        }
        encodeFields(head, isTrailers: false)
        streams[slot].isHEAD = Self.isWord(method, "HEAD")
        streams[slot].isConnect = isConnect
        writeBlock(slot, endStream: endStream, into: &output)
    }

    /// Queues a response's head; the status of `head` itself is not looked at.
    ///
    /// Fields of one connection and `host` are left out.
    public mutating func sendResponse(
        status: Int, _ head: borrowing HeadView, stream: StreamID, endStream: Bool,
        into output: inout ByteQueue
    ) {
        guard let slot = sendable(stream) else { return }
        encoded.removeAll(keepingCapacity: true)
        encoder.begin(into: &encoded)
        encodeStatus(status)
        encodeFields(head, isTrailers: false)
        writeBlock(slot, endStream: endStream, into: &output)
    }

    /// Queues an interim response (100 ..< 200, not 101).
    public mutating func sendInformational(
        status: Int, _ head: borrowing HeadView, stream: StreamID, into output: inout ByteQueue
    ) {
        let wasSent = streams.find(stream.rawValue).map { streams[$0].headSent }
        sendResponse(status: status, head, stream: stream, endStream: false, into: &output)
        // The answer proper is still to come: a reset now is an early one.
        if let slot = streams.find(stream.rawValue) { streams[slot].headSent = wasSent ?? false }
    }

    /// Queues trailers, which end this side of the stream.
    public mutating func sendTrailers(
        _ trailers: borrowing HeadView, stream: StreamID, into output: inout ByteQueue
    ) {
        guard let slot = sendable(stream) else { return }
        encoded.removeAll(keepingCapacity: true)
        encoder.begin(into: &encoded)
        encodeFields(trailers, isTrailers: true)
        writeBlock(slot, endStream: true, into: &output)
    }

    /// Queues as many of the bytes as the windows of stream and connection allow, and returns how many.
    ///
    /// `endStream` counts when all were taken; without bytes it queues an empty frame. When fewer are taken,
    /// `windowOpened` tells when to go on.
    public mutating func sendData(
        _ bytes: Span<UInt8>, stream: StreamID, endStream: Bool, into output: inout ByteQueue
    ) -> Int {
        guard let slot = sendable(stream) else { return 0 }
        let taken = max(0, min(bytes.count, streams[slot].sendWindow, sendWindowLeft))
        if taken < bytes.count {
            if streams[slot].sendWindow <= taken { streams[slot].isBlocked = true }
            if sendWindowLeft <= taken { isSendBlocked = true }
        }
        let ends = endStream && taken == bytes.count
        let most = min(peerMaxFrameSize, Self.maxSentFrame)
        var at = 0
        while at < taken {
            let count = min(most, taken - at)
            let isLast = ends && at + count == taken
            writeFrame(
                H2FrameType.data, isLast ? H2Flags.endStream : 0, stream.rawValue, count, into: &output)
            output.append(bytes.extracting(at..<at + count))
            at += count
            dataSent += 1 + count >> 12
        }
        if ends, taken == 0 {
            writeFrame(H2FrameType.data, H2Flags.endStream, stream.rawValue, 0, into: &output)
            dataSent += 1
        }
        streams[slot].sendWindow -= taken
        sendWindowLeft -= taken
        if ends { selfEnded(slot, into: &output) }
        return taken
    }

    /// How many bytes `sendData` would take now.
    public func sendWindow(_ stream: StreamID) -> Int {
        guard let slot = sendable(stream) else { return 0 }
        return max(0, min(streams[slot].sendWindow, sendWindowLeft))
    }

    // MARK: -

    /// A longer frame would keep other streams waiting.
    private static var maxSentFrame: Int { 65_536 }

    private static let methodName = Array(":method".utf8)
    private static let pathName = Array(":path".utf8)
    private static let authorityName = Array(":authority".utf8)
    private static let protocolName = Array(":protocol".utf8)
    private static let statusName = Array(":status".utf8)
    private static let slash: [UInt8] = [0x2F]

    private func sendable(_ stream: StreamID) -> Int? {
        guard !hasFailed, let slot = streams.find(stream.rawValue), !streams[slot].selfEnded else {
            return nil
        }
        return slot
    }

    /// Whether the bytes are this word, case and all.
    private static func isWord(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        // In bounds: i < utf8CodeUnitCount, which is the length of what utf8Start points to.
        let start = unsafe word.utf8Start
        for i in bytes.indices where unsafe bytes[i] != start[i] { return false }
        return true
    }

    private mutating func encodePath(_ head: borrowing HeadView) {
        var target = head.target
        if let form = head.absoluteForm { target = form.rest..<target.upperBound }
        let bytes = head.bytes.span.extracting(target)
        if bytes.isEmpty || (bytes.count == 1 && bytes[0] == 0x2F) {
            HPACKEncoder.indexed(4, into: &encoded)
        } else if bytes[0] == 0x3F {
            // An absolute target without a path.
            let path = Self.slash + head.bytes[target]
            encoder.field(Self.pathName.span, path.span, isSecret: false, into: &encoded)
        } else {
            encoder.field(Self.pathName.span, bytes, isSecret: false, into: &encoded)
        }
    }

    private mutating func encodeStatus(_ status: Int) {
        switch status {
        case 200: HPACKEncoder.indexed(8, into: &encoded)
        case 204: HPACKEncoder.indexed(9, into: &encoded)
        case 206: HPACKEncoder.indexed(10, into: &encoded)
        case 304: HPACKEncoder.indexed(11, into: &encoded)
        case 400: HPACKEncoder.indexed(12, into: &encoded)
        case 404: HPACKEncoder.indexed(13, into: &encoded)
        case 500: HPACKEncoder.indexed(14, into: &encoded)
        default:
            let digits = [
                0x30 + UInt8(status / 100 % 10), 0x30 + UInt8(status / 10 % 10), 0x30 + UInt8(status % 10),
            ]
            encoder.field(Self.statusName.span, digits.span, isSecret: false, into: &encoded)
        }
    }

    private mutating func encodeFields(_ head: borrowing HeadView, isTrailers: Bool) {
        let span = head.bytes.span
        for i in head.fields.indices {
            let field = head.fields[i]
            var isSecret = false
            switch field.known {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade, .host: continue
            case .te: if isTrailers || !head.equals(field.value, "trailers") { continue }
            case .contentLength: if isTrailers { continue }
            case .authorization: isSecret = true
            // A short one could be guessed byte by byte.
            case .cookie: isSecret = field.value.count < 20
            default: break
            }
            encoder.field(
                span.extracting(field.name), span.extracting(field.value), isSecret: isSecret, into: &encoded)
        }
    }

    /// Queues the encoded block as HEADERS and, when it is long, CONTINUATION.
    private mutating func writeBlock(_ slot: Int, endStream: Bool, into output: inout ByteQueue) {
        let id = streams[slot].id
        var at = 0
        repeat {
            let count = min(encoded.count - at, peerMaxFrameSize)
            var flags = at + count == encoded.count ? H2Flags.endHeaders : 0
            if at == 0, endStream { flags |= H2Flags.endStream }
            writeFrame(
                at == 0 ? H2FrameType.headers : H2FrameType.continuation, flags, id, count, into: &output)
            output.append(encoded.span.extracting(at..<at + count))
            at += count
        } while at < encoded.count
        streams[slot].headSent = true
        if endStream { selfEnded(slot, into: &output) }
    }

    private mutating func selfEnded(_ slot: Int, into output: inout ByteQueue) {
        streams[slot].selfEnded = true
        if streams[slot].peerEnded { forget(slot, .ended, into: &output) }
    }
}
