/// Byte classes of RFC 9110 and RFC 9112.
///
/// `switch` on ranges compiles to a few comparisons or a bit test.
enum Grammar {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// `tchar` of RFC 9110 5.6.2.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What may stand in a field value: visible characters, space, tab and `obs-text`.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == tab }

    /// What may stand in a target: visible ASCII without `#`, which would begin a fragment.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && byte != 0x23 }

    /// What may stand in a host and its port.
    ///
    /// User info (`@`) and path or query delimiters may not.
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // - . _ ~ % ! $ & ' ( ) * + , ; = : [ ]
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x25, 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D, 0x3A, 0x5B, 0x5D: true
        default: false
        }
    }

    /// Whether `bytes[range]`, taken without case, is the lower-case `word`.
    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        // In bounds: i < utf8CodeUnitCount, which is the length of what utf8Start points to.
        let start = unsafe word.utf8Start
        for i in 0..<range.count {
            var byte = bytes[range.lowerBound + i]
            if byte >= 0x41 && byte <= 0x5A { byte |= 0x20 }
            if unsafe byte != start[i] { return false }
        }
        return true
    }

    /// `range` without spaces and tabs at its ends.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, bytes[low] == space || bytes[low] == tab { low += 1 }
        while high > low, bytes[high - 1] == space || bytes[high - 1] == tab { high -= 1 }
        return low..<high
    }

    /// A plain decimal number without sign; nil when empty, malformed or above `Int64.max`.
    static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.count <= 19 else { return nil }
        var value: Int64 = 0
        for i in range {
            let digit = bytes[i] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(Int64(digit))
            guard !overflow, !overflow2 else { return nil }
            value = sum
        }
        return value
    }

    /// Refuses a host with user info, a bracket out of place, a bad port or a forbidden byte.
    ///
    /// Empty is valid.
    static func checkHost(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) {
        guard !range.isEmpty else { return }
        var portStart: Int?
        var bracketEnd: Int?
        for i in range {
            let byte = bytes[i]
            guard isHost(byte) else { throw HTTPError(.badHost) }
            switch byte {
            case 0x5B:
                guard i == range.lowerBound else { throw HTTPError(.badHost) }
            case 0x5D:
                guard bytes[range.lowerBound] == 0x5B, bracketEnd == nil else { throw HTTPError(.badHost) }
                bracketEnd = i
            case 0x3A:
                if bytes[range.lowerBound] == 0x5B && bracketEnd == nil { continue }
                guard portStart == nil else { throw HTTPError(.badHost) }
                portStart = i + 1
            default:
                if let bracketEnd, portStart == nil, i > bracketEnd { throw HTTPError(.badHost) }
            }
        }
        if bytes[range.lowerBound] == 0x5B, bracketEnd == nil { throw HTTPError(.badHost) }
        if let portStart {
            let port = portStart..<range.upperBound
            guard port.isEmpty || (decimal(bytes, port) ?? 65536) <= 65535 else { throw HTTPError(.badHost) }
        }
    }
}
