import CSystem
import Glibc

/// Frames of HTTP/2 as far as a benchmark needs them (RFC 9113 4.1).
enum Frame {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
    static let goAway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let endStream: UInt8 = 1
    static let acknowledged: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func append(
        _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: some Collection<UInt8> = [],
        to output: inout [UInt8]
    ) {
        let length = payload.count
        output += [UInt8(truncatingIfNeeded: length >> 16), UInt8(truncatingIfNeeded: length >> 8)]
        output += [UInt8(truncatingIfNeeded: length), type, flags]
        output += bytes(stream)
        output += payload
    }

    static func bytes(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// SETTINGS: no dynamic table, so that nothing has to be remembered; a large window.
    static func openingSettings(to output: inout [UInt8]) {
        append(settings, payload: [0, 1] + bytes(0) + [0, 4] + bytes(1 << 24), to: &output)
        append(windowUpdate, payload: bytes(1 << 30), to: &output)
    }

    /// A field as a literal without indexing and without Huffman coding (RFC 7541 6.2.2).
    static func field(_ name: String, _ value: String, to block: inout [UInt8]) {
        precondition(name.utf8.count < 127 && value.utf8.count < 127)
        block += [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }
}

/// Cuts frames out of a byte stream.
struct FrameReader {
    private var input: [UInt8] = []
    private var offset = 0

    /// A frame's type, flags, stream, and where its payload lies in `bytes`.
    struct Header {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: Range<Int>
    }

    var bytes: [UInt8] { _read { yield input } }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if offset > 0 {
            input.removeFirst(offset)
            offset = 0
        }
        input.append(contentsOf: bytes)
    }

    /// Drops this many bytes when they are all there.
    mutating func skip(_ count: Int) -> Bool {
        guard input.count - offset >= count else { return false }
        offset += count
        return true
    }

    mutating func next() -> Header? {
        guard input.count - offset >= 9 else { return nil }
        let length = Int(input[offset]) << 16 | Int(input[offset + 1]) << 8 | Int(input[offset + 2])
        guard input.count - offset >= 9 + length else { return nil }
        let stream = (5..<9).reduce(UInt32(0)) { $0 << 8 | UInt32(input[offset + $1]) } & 0x7fff_ffff
        let start = offset + 9
        let header = Header(
            type: input[offset + 3], flags: input[offset + 4], stream: stream, payload: start..<start + length
        )
        offset = start + length
        return header
    }
}

/// One HTTP/2 connection of the backend: whatever is called, the answer is one gRPC message of 16 bytes.
final class HTTP2Peer {
    private static let answerHead = block([(":status", "200"), ("content-type", "application/grpc")])
    private static let answerTrailers = block([("grpc-status", "0")])
    /// Five bytes of gRPC framing, then the message.
    static let message: [UInt8] = [0, 0, 0, 0, 16] + [UInt8](repeating: 0x62, count: 16)

    private var reader = FrameReader()
    private var sawPreface = false
    private var output: [UInt8] = []
    private var sent = 0
    private var unacknowledged = 0

    private static func block(_ fields: [(String, String)]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in fields { Frame.field(name, value, to: &block) }
        return block
    }

    func ready(_ socket: Int32, writable: Bool) -> PeerInterest {
        var failed = false
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            let count = csystem_recv(socket, buffer.baseAddress, buffer.count)
            if count > 0 {
                reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                failed = true
            }
        }
        if failed { return .closed }
        if !sawPreface {
            guard reader.skip(Frame.preface.count) else { return .reading }
            sawPreface = true
            Frame.openingSettings(to: &output)
        }
        while let frame = reader.next() { received(frame) }
        return flush(socket)
    }

    private func received(_ frame: FrameReader.Header) {
        switch frame.type {
        case Frame.settings where frame.flags & Frame.acknowledged == 0:
            Frame.append(Frame.settings, flags: Frame.acknowledged, to: &output)
        case Frame.ping where frame.flags & Frame.acknowledged == 0:
            let opaque = Array(reader.bytes[frame.payload])
            Frame.append(Frame.ping, flags: Frame.acknowledged, payload: opaque, to: &output)
        case Frame.data, Frame.headers:
            if frame.type == Frame.data { give(back: frame.payload.count) }
            guard frame.flags & Frame.endStream != 0 else { return }
            let stream = frame.stream
            Frame.append(
                Frame.headers, flags: Frame.endHeaders, stream: stream, payload: Self.answerHead, to: &output)
            Frame.append(Frame.data, stream: stream, payload: Self.message, to: &output)
            Frame.append(
                Frame.headers, flags: Frame.endHeaders | Frame.endStream, stream: stream,
                payload: Self.answerTrailers, to: &output)
        default: break
        }
    }

    /// Keeps the connection's window open.
    private func give(back count: Int) {
        unacknowledged += count
        guard unacknowledged > 1 << 20 else { return }
        Frame.append(Frame.windowUpdate, payload: Frame.bytes(UInt32(unacknowledged)), to: &output)
        unacknowledged = 0
    }

    private func flush(_ socket: Int32) -> PeerInterest {
        while sent < output.count {
            let count = output.withUnsafeBytes {
                csystem_send(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent)
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .writing : .closed }
            sent += count
        }
        output.removeAll(keepingCapacity: true)
        sent = 0
        return .reading
    }
}
