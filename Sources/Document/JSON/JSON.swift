/// JSON (RFC 8259) to and from nodes.
public enum JSON {
    /// How JSON text is laid out.
    public enum Style: Hashable, Sendable {
        /// No white space.
        case compact
        /// Four spaces a level and `<`, `>`, `&` escaped: what `kubectl -o json` prints, without the final line end.
        case pretty
        /// Two spaces a level.
        case pretty2
    }

    /// Parses one JSON text.
    ///
    /// Strict: UTF-8 without byte order mark, no trailing commas or comments, every key once. Integers keep
    /// all 64 bits, signed or unsigned.
    public static func parse(
        _ bytes: [UInt8], file: String? = nil, limits: ParseLimits = .default
    ) throws(DocumentError) -> Node {
        try parse(bytes.span, file: file, limits: limits)
    }

    /// Parses one JSON text; see `parse(_:file:limits:)` for arrays.
    public static func parse(
        _ bytes: Span<UInt8>, file: String? = nil, limits: ParseLimits = .default
    ) throws(DocumentError) -> Node {
        if bytes.count > limits.maxBytes {
            throw DocumentError(
                Finding(
                    file: file,
                    message: "\(bytes.count) bytes are too many, at most \(limits.maxBytes) are read"))
        }
        var parser = JSONParser(limits: limits)
        do {
            return try parser.parseText(bytes)
        } catch {
            throw DocumentError(
                Finding(
                    file: file, position: JSONParser.position(of: error.offset, in: bytes),
                    message: error.message))
        }
    }

    /// Parses one JSON text.
    public static func parse(
        _ text: String, file: String? = nil, limits: ParseLimits = .default
    ) throws(DocumentError) -> Node {
        try parse(Array(text.utf8), file: file, limits: limits)
    }

    /// The node as JSON text without a final line end.
    ///
    /// Numbers that JSON cannot express (infinite, not-a-number) become `null`; parsed nodes never hold one.
    public static func serialize(_ node: Node, style: Style = .compact, sortedKeys: Bool = false) -> String {
        String(decoding: bytes(node, style: style, sortedKeys: sortedKeys), as: UTF8.self)
    }

    /// The node as the UTF-8 bytes of its JSON text.
    public static func bytes(_ node: Node, style: Style = .compact, sortedKeys: Bool = false) -> [UInt8] {
        var writer = JSONWriter(style: style, isSorted: sortedKeys)
        writer.write(node, depth: 0)
        return writer.out
    }
}
