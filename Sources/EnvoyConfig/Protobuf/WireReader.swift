/// Reads protobuf's wire format within a range of bytes.
///
/// ```
/// field   = tag value            tag = varint: number << 3 | type
/// type 0 varint   1 eight bytes   2 varint length, bytes   5 four bytes   (3 and 4, groups, are refused)
/// ```
struct WireReader {
    /// What is wrong, without the place.
    struct Fault: Error {
        var reason: String
        var offset: Int
    }

    enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    private(set) var position: Int
    let end: Int

    /// `range` is within the bytes that every call is given.
    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position == end }

    func fault(_ reason: String) -> Fault { Fault(reason: reason, offset: position) }

    mutating func varint(_ bytes: borrowing [UInt8]) throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = UInt64(bytes[position])
            guard shift < 63 || byte <= 1 else { throw fault("a number of more than 64 bits") }
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw fault("ends within a number")
    }

    mutating func fixed(_ count: Int, _ bytes: borrowing [UInt8]) throws(Fault) -> UInt64 {
        guard end - position >= count else { throw fault("ends within a number") }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += count
        return value
    }

    mutating func chunk(_ bytes: borrowing [UInt8]) throws(Fault) -> Range<Int> {
        let length = try varint(bytes)
        guard length <= UInt64(end - position) else { throw fault("a length of \(length) is too much") }
        let start = position
        position += Int(length)
        return start..<position
    }

    mutating func tag(_ bytes: borrowing [UInt8]) throws(Fault) -> (number: Int, type: WireType) {
        let tag = try varint(bytes)
        guard (1...0x1FFF_FFFF).contains(tag >> 3) else { throw fault("field number \(tag >> 3)") }
        guard let type = WireType(rawValue: tag & 7) else { throw fault("wire type \(tag & 7)") }
        return (Int(tag >> 3), type)
    }

    mutating func skip(_ type: WireType, _ bytes: borrowing [UInt8]) throws(Fault) {
        switch type {
        case .varint: _ = try varint(bytes)
        case .fixed64: _ = try fixed(8, bytes)
        case .fixed32: _ = try fixed(4, bytes)
        case .bytes: _ = try chunk(bytes)
        }
    }
}
