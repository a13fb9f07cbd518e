internal import Bytes

/// Frames that are not heads or content.
extension H2Connection {
    mutating func writeFrame(
        _ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ length: Int, into output: inout ByteQueue
    ) {
        frameHeader[0] = UInt8(truncatingIfNeeded: length >> 16)
        frameHeader[1] = UInt8(truncatingIfNeeded: length >> 8)
        frameHeader[2] = UInt8(truncatingIfNeeded: length)
        frameHeader[3] = type
        frameHeader[4] = flags
        frameHeader[5] = UInt8(truncatingIfNeeded: stream >> 24)
        frameHeader[6] = UInt8(truncatingIfNeeded: stream >> 16)
        frameHeader[7] = UInt8(truncatingIfNeeded: stream >> 8)
        frameHeader[8] = UInt8(truncatingIfNeeded: stream)
        output.append(frameHeader.span)
    }

    /// A frame whose payload is one 32-bit number: RST_STREAM or WINDOW_UPDATE.
    mutating func writeNumber(
        _ type: UInt8, _ stream: UInt32, _ number: UInt32, into output: inout ByteQueue
    ) {
        writeFrame(type, 0, stream, 4, into: &output)
        write(number, into: &output)
    }

    mutating func writeGoAway(_ last: UInt32, _ code: H2ErrorCode, into output: inout ByteQueue) {
        writeFrame(H2FrameType.goAway, 0, 0, 8, into: &output)
        write(last, into: &output)
        write(code.rawValue, into: &output)
    }

    mutating func writePing(_ opaque: UInt64, flags: UInt8, into output: inout ByteQueue) {
        writeFrame(H2FrameType.ping, flags, 0, 8, into: &output)
        write(UInt32(truncatingIfNeeded: opaque >> 32), into: &output)
        write(UInt32(truncatingIfNeeded: opaque), into: &output)
    }

    private func write(_ number: UInt32, into output: inout ByteQueue) {
        output.append(byte: UInt8(truncatingIfNeeded: number >> 24))
        output.append(byte: UInt8(truncatingIfNeeded: number >> 16))
        output.append(byte: UInt8(truncatingIfNeeded: number >> 8))
        output.append(byte: UInt8(truncatingIfNeeded: number))
    }

    /// Counts a reply that the peer caused.
    mutating func countReply() throws(H2Error) {
        queuedReplies += 1
        if queuedReplies > limits.maxQueuedReplies { throw H2Error(.enhanceYourCalm, .replyFlood) }
    }
}
