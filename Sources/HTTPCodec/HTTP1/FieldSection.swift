internal import Bytes

/// One field as offsets into its head's bytes.
public struct FieldView: Sendable, Hashable {
    private var nameRange: HeadRange
    private var valueRange: HeadRange
    /// What the name is, when it is one a proxy knows.
    public var known: KnownField

    init(name: Range<Int>, value: Range<Int>, known: KnownField) {
        nameRange = HeadRange(name)
        valueRange = HeadRange(value)
        self.known = known
    }

    /// Where the name stands; its bytes are lower case.
    public var name: Range<Int> {
        get { nameRange.range }
        set { nameRange = HeadRange(newValue) }
    }

    /// Where the value stands, without white space at its ends.
    public var value: Range<Int> {
        get { valueRange.range }
        set { valueRange = HeadRange(newValue) }
    }
}

/// Parses the lines between a start line and the empty line; the same rules serve heads and trailers.
enum FieldSection {
    /// Appends the fields of `bytes[start...]`, whose last line is the empty one, to `fields`.
    ///
    /// Every line ends in CRLF: `HeadScanner` or the trailer reader has seen to it.
    static func parse(
        _ bytes: Span<UInt8>, from start: Int, maxFields: Int, into fields: inout [FieldView]
    ) throws(HTTPError) {
        var i = start
        while i + 1 < bytes.count, bytes[i] != Grammar.cr {
            if bytes[i] == Grammar.space || bytes[i] == Grammar.tab { throw HTTPError(.obsoleteFold) }
            let nameStart = i
            while i < bytes.count, Grammar.isToken(bytes[i]) { i += 1 }
            guard i > nameStart, i < bytes.count, bytes[i] == 0x3A else { throw HTTPError(.badHeaderName) }
            let name = nameStart..<i
            i += 1
            let valueStart = i
            while i < bytes.count, Grammar.isFieldValue(bytes[i]) { i += 1 }
            guard i + 1 < bytes.count, bytes[i] == Grammar.cr, bytes[i + 1] == Grammar.lf else {
                throw HTTPError(.badHeaderValue)
            }
            guard fields.count < maxFields else { throw HTTPError(.tooManyHeaders) }
            fields.append(
                FieldView(
                    name: name, value: Grammar.trimmed(bytes, valueStart..<i),
                    known: KnownField.recognize(bytes, name)))
            i += 2
        }
        guard i + 2 == bytes.count, bytes[i] == Grammar.cr, bytes[i + 1] == Grammar.lf else {
            throw HTTPError(.badHeaderName)
        }
    }
}
