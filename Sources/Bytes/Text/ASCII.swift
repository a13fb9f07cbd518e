/// Questions about single ASCII bytes.
public enum ASCII {
    /// True for the digits 0 to 9.
    @inlinable public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// True for the letters A to Z and a to z.
    @inlinable public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// The value of a decimal digit, nil for any other byte.
    @inlinable public static func digit(_ byte: UInt8) -> Int? { isDigit(byte) ? Int(byte &- 0x30) : nil }

    /// The value of a hexadecimal digit in either case, nil for any other byte.
    @inlinable public static func hexDigit(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let lower = byte | 0x20
        return lower &- 0x61 < 6 ? lower &- 0x61 &+ 10 : nil
    }

    /// The byte in lower case when it is a letter A to Z, any other byte as it is.
    @inlinable public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The text with ASCII letters in lower case, everything else as it is.
    public static func lowercased(_ text: String) -> String {
        if !text.utf8.contains(where: { $0 &- 0x41 < 26 }) { return text }
        return String(decoding: text.utf8.map { lowercased($0) }, as: UTF8.self)
    }

    /// True when both texts are equal but for the case of ASCII letters.
    public static func equalsIgnoringCase(_ lhs: String, _ rhs: String) -> Bool {
        lhs.utf8.count == rhs.utf8.count
            && zip(lhs.utf8, rhs.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    /// The text without spaces, tabs and line ends at both ends.
    public static func trimmed(_ text: some StringProtocol) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
        let utf8 = Array(text.utf8)
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: utf8[first...last], as: UTF8.self)
    }
}
