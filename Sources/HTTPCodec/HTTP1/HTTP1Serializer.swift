public import Bytes

/// Writes HTTP/1.1 messages.
///
/// The caller sets the framing fields; nothing is added.
public enum HTTP1Serializer {
    /// Appends a request head, its empty line included.
    public static func write(_ head: HTTPRequestHead, to output: inout ByteQueue) {
        output.append(utf8: "\(head.method) \(head.target) HTTP/1.\(head.minorVersion)\r\n")
        write(head.headers, to: &output)
    }

    /// Appends a response head, its empty line included.
    public static func write(_ head: HTTPResponseHead, to output: inout ByteQueue) {
        output.append(utf8: "HTTP/1.\(head.minorVersion) \(head.status) \(head.reason)\r\n")
        write(head.headers, to: &output)
    }

    private static func write(_ headers: HTTPHeaders, to output: inout ByteQueue) {
        for entry in headers.entries {
            output.append(utf8: entry.name)
            output.append(utf8: ": ")
            output.append(utf8: entry.value)
            output.append(utf8: "\r\n")
        }
        output.append(utf8: "\r\n")
    }

    /// Appends one chunk; nothing for an empty one, since that would end the body.
    public static func writeChunk(_ content: Span<UInt8>, to output: inout ByteQueue) {
        guard !content.isEmpty else { return }
        writeChunkSize(content.count, to: &output)
        output.append(content)
        output.append(byte: Grammar.cr)
        output.append(byte: Grammar.lf)
    }

    /// Appends one chunk; nothing for an empty one, since that would end the body.
    public static func writeChunk(_ content: [UInt8], to output: inout ByteQueue) {
        writeChunk(content.span, to: &output)
    }

    /// Appends the last chunk with its trailers.
    public static func writeLastChunk(trailers: HTTPHeaders? = nil, to output: inout ByteQueue) {
        output.append(byte: 0x30)
        output.append(byte: Grammar.cr)
        output.append(byte: Grammar.lf)
        write(trailers ?? HTTPHeaders(), to: &output)
    }

    /// Appends the last chunk with the fields of `trailers`.
    public static func writeLastChunk(trailers: borrowing HeadView, to output: inout ByteQueue) {
        output.append(byte: 0x30)
        output.append(byte: Grammar.cr)
        output.append(byte: Grammar.lf)
        trailers.appendFields(to: &output)
        output.append(byte: Grammar.cr)
        output.append(byte: Grammar.lf)
    }

    /// Appends the start line and fields of `head` as an HTTP/1.1 request, without the empty line that ends it.
    public static func writeRequest(_ head: borrowing HeadView, to output: inout ByteQueue) {
        let span = head.bytes.span
        output.append(span.extracting(head.method))
        output.append(byte: Grammar.space)
        output.append(span.extracting(head.target))
        output.append(utf8: " HTTP/1.1\r\n")
        head.appendFields(to: &output)
    }

    private static func writeChunkSize(_ size: Int, to output: inout ByteQueue) {
        var shift = (Int.bitWidth - 1 - size.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(size >> shift & 15)
            output.append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
        output.append(byte: Grammar.cr)
        output.append(byte: Grammar.lf)
    }
}
