/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address, most significant byte first: 127.0.0.1 is `0x7F000001`.
    case v4(UInt32)
    /// An IPv6 address: its first and its last eight bytes, most significant first.
    case v6(UInt64, UInt64)

    /// Reads `127.0.0.1` or `fe80::1`; brackets, zones, leading zeros and short IPv4 forms are refused.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(bytes) else { return nil }
            self = .v6(
                groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
                groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let value = Self.dotted(bytes[...]) else { return nil }
            self = .v4(value)
        }
    }

    /// The address made of 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
                bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// The address in network order: 4 or 16 bytes.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let value): (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
        case .v6(let high, let low):
            [high, low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
            }
        }
    }

    /// True for an IPv6 address.
    public var isV6: Bool {
        if case .v6 = self { return true }
        return false
    }

    /// True for 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// True for 0.0.0.0 and ::, which stand for every local address when listening.
    public var isUnspecified: Bool {
        self == .v4(0) || self == .v6(0, 0)
    }

    /// Appends the canonical text.
    public func append(to text: inout [UInt8]) {
        guard case .v4(let value) = self else {
            text.append(contentsOf: description.utf8)
            return
        }
        for shift in [24, 16, 8, 0] as [UInt32] {
            DecimalText.append(Int64(value >> shift & 0xFF), to: &text)
            if shift > 0 { text.append(UInt8(ascii: ".")) }
        }
    }

    /// The canonical text: dotted decimal, or RFC 5952 for IPv6.
    public var description: String {
        switch self {
        case .v4:
            var text: [UInt8] = []
            append(to: &text)
            return String(decoding: text, as: UTF8.self)
        case .v6(let high, let low):
            if high == 0, low >> 32 == 0xFFFF {
                return "::ffff:" + IPAddress.v4(UInt32(truncatingIfNeeded: low)).description
            }
            let groups = [high, low].flatMap { half in
                (0..<4).map { UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * $0)) }
            }
            let zeros = Self.longestZeroRun(groups)
            func text(_ part: ArraySlice<UInt16>) -> String {
                part.map { String($0, radix: 16) }.joined(separator: ":")
            }
            guard let zeros else { return text(groups[...]) }
            return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
        }
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let begin = start {
                if index - begin > max(1, best?.count ?? 0) { best = begin..<index }
                start = nil
            }
        }
        return best
    }

    private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let byte = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func groups(_ text: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        var index = 0
        while index + 1 < text.count {
            if text[index] == colon, text[index + 1] == colon {
                if gap != nil { return nil }
                gap = index
                index += 1
            }
            index += 1
        }
        guard let gap else {
            guard let groups = groupList(text[...]), groups.count == 8 else { return nil }
            return groups
        }
        guard let before = groupList(text[..<gap], allowsDotted: false),
            let after = groupList(text[(gap + 2)...]),
            before.count + after.count <= 7
        else { return nil }
        return before + [UInt16](repeating: 0, count: 8 - before.count - after.count) + after
    }

    private static func groupList(_ text: ArraySlice<UInt8>, allowsDotted: Bool = true) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if allowsDotted, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let value = dotted(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: value >> 16))
                groups.append(UInt16(truncatingIfNeeded: value))
            } else {
                guard (1...4).contains(part.count), part.allSatisfy({ ASCII.hexDigit($0) != nil }),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}
