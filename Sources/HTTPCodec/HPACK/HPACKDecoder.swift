/// Decodes header blocks (RFC 7541) into heads.
///
/// A block may come in pieces. Whatever a head is refused for, the whole block is decoded, since the table must stay
/// in step with the peer's; but of a refused head no byte is kept.
struct HPACKDecoder: Sendable {
    private let statics = HPACKStatic.shared
    private let code = HuffmanCode.shared
    private var table: HPACKTable
    /// What a size update may ask for at most: what we announced.
    var maxTableSize: Int

    init(maxTableSize: Int) {
        self.maxTableSize = maxTableSize
        // What the encoder begins with (RFC 9113 6.5.2).
        table = HPACKTable(maxSize: 4096)
    }

    /// The most that an encoded number may be; far over any length or index that we take.
    private static let maxNumber = 1 << 24

    /// Decodes all whole fields at the start of `input` and returns how many bytes they were.
    ///
    /// The last piece of a block must be whole. Throws when the block makes no sense: the connection is lost.
    mutating func decode(
        _ input: Span<UInt8>, isLast: Bool, section: inout FieldBuilder, into view: inout HeadView
    ) throws(H2Error) -> Int {
        var i = 0
        while i < input.count {
            let start = i
            let first = input[i]
            let isWhole: Bool
            if first & 0x80 != 0 {
                isWhole = try indexed(input, &i, section: &section, into: &view)
            } else if first & 0xE0 == 0x20 {
                isWhole = try sizeUpdate(input, &i, section: section)
            } else {
                isWhole = try literal(
                    input, &i, isIndexed: first & 0x40 != 0, section: &section, into: &view)
            }
            guard isWhole else {
                guard !isLast else { throw H2Error(.compressionError, .badCompression) }
                return start
            }
        }
        return i
    }

    private mutating func sizeUpdate(_ input: Span<UInt8>, _ i: inout Int, section: FieldBuilder)
        throws(H2Error) -> Bool
    {
        guard let size = try Self.number(input, &i, bits: 5) else { return false }
        // RFC 7541 4.2: only at the beginning of a block.
        guard size <= maxTableSize, !section.hasBegun else {
            throw H2Error(.compressionError, .badCompression)
        }
        table.resize(to: size)
        return true
    }

    private func indexed(
        _ input: Span<UInt8>, _ i: inout Int, section: inout FieldBuilder, into view: inout HeadView
    ) throws(H2Error) -> Bool {
        guard let index = try Self.number(input, &i, bits: 7) else { return false }
        guard index > 0 else { throw H2Error(.compressionError, .badCompression) }
        if index <= HPACKStatic.count {
            let entry = statics.entries[index - 1]
            section.add(entry, statics.bytes.span, at: entry.start, to: &view)
        } else {
            let entry = try dynamicEntry(index)
            section.add(entry, table.bytes.span, at: entry.start - table.dropped, to: &view)
        }
        return true
    }

    private func dynamicEntry(_ index: Int) throws(H2Error) -> HPACKEntry {
        let age = index - HPACKStatic.count - 1
        guard age < table.count else { throw H2Error(.compressionError, .badCompression) }
        return table.entry(number: table.inserted - 1 - age)
    }

    private mutating func literal(
        _ input: Span<UInt8>, _ i: inout Int, isIndexed: Bool, section: inout FieldBuilder,
        into view: inout HeadView
    ) throws(H2Error) -> Bool {
        guard let index = try Self.number(input, &i, bits: isIndexed ? 6 : 4) else { return false }
        var nameText: (bytes: Range<Int>, isHuffman: Bool)?
        if index == 0 {
            nameText = try Self.string(input, &i)
            guard nameText != nil else { return false }
        }
        guard let valueText = try Self.string(input, &i) else { return false }

        let start = view.bytes.count
        let kind: HPACKKind
        if let nameText {
            try append(input, nameText, to: &view)
            kind = HPACKKind(view.bytes.span, start..<view.bytes.count)
        } else if index <= HPACKStatic.count {
            let entry = statics.entries[index - 1]
            kind = entry.kind
            view.append(statics.bytes.span.extracting(entry.start..<entry.start + Int(entry.nameCount)))
        } else {
            let entry = try dynamicEntry(index)
            kind = entry.kind
            let at = entry.start - table.dropped
            view.append(table.bytes.span.extracting(at..<at + Int(entry.nameCount)))
        }
        let middle = view.bytes.count
        try append(input, valueText, to: &view)
        let value = middle..<view.bytes.count
        let hasGoodValue = FieldBuilder.isGoodValue(view.bytes.span, value)
        if isIndexed {
            table.insert(
                name: view.bytes.span.extracting(start..<middle), value: view.bytes.span.extracting(value),
                kind: kind, hasGoodValue: hasGoodValue)
        }
        section.added(name: start..<middle, value: value, kind, hasGoodValue: hasGoodValue, in: &view)
        return true
    }

    private func append(
        _ input: Span<UInt8>, _ text: (bytes: Range<Int>, isHuffman: Bool), to view: inout HeadView
    ) throws(H2Error) {
        let bytes = input.extracting(text.bytes)
        if !text.isHuffman {
            view.append(bytes)
        } else if !code.decode(bytes, into: &view.bytes) {
            throw H2Error(.compressionError, .badCompression)
        }
    }

    /// Where a string lies (RFC 7541 5.2); nil when it is not all there.
    private static func string(_ input: Span<UInt8>, _ i: inout Int) throws(H2Error)
        -> (bytes: Range<Int>, isHuffman: Bool)?
    {
        guard i < input.count else { return nil }
        let isHuffman = input[i] & 0x80 != 0
        guard let count = try number(input, &i, bits: 7) else { return nil }
        guard count <= input.count - i else { return nil }
        defer { i += count }
        return (i..<i + count, isHuffman)
    }

    /// A number with a prefix of `bits` bits (RFC 7541 5.1); nil when it is not all there.
    private static func number(_ input: Span<UInt8>, _ i: inout Int, bits: Int) throws(H2Error) -> Int? {
        let mask = 1 << bits - 1
        var value = Int(input[i]) & mask
        i += 1
        guard value == mask else { return value }
        var shift = 0
        while i < input.count {
            let byte = input[i]
            i += 1
            value += Int(byte & 0x7F) << shift
            guard value <= maxNumber else { throw H2Error(.compressionError, .badCompression) }
            if byte & 0x80 == 0 { return value }
            shift += 7
            guard shift <= 28 else { throw H2Error(.compressionError, .badCompression) }
        }
        return nil
    }
}
