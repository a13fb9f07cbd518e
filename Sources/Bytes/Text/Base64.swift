/// Base64 with the standard alphabet and padding (RFC 4648 section 4), and its URL-safe variant (section 5).
public enum Base64 {
    /// The bytes as base64 with padding and without line breaks.
    public static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: standard, isPadded: true)
    }

    /// The bytes as URL-safe base64 without padding, as JSON Web Tokens use it.
    public static func encodeURL(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: urlSafe, isPadded: false)
    }

    /// Decodes padded base64.
    ///
    /// Line ends are skipped, as RFC 7468 texts and Go's decoder have them; any other foreign character,
    /// missing padding and non-zero spare bits give nil.
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text, plus: UInt8(ascii: "+"), slash: UInt8(ascii: "/"), isPadded: true)
    }

    /// Decodes URL-safe base64 without padding.
    public static func decodeURL(_ text: String) -> [UInt8]? {
        decode(text, plus: UInt8(ascii: "-"), slash: UInt8(ascii: "_"), isPadded: false)
    }

    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8], isPadded: Bool) -> String {
        var out = [UInt8]()
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let available = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if available > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if available > 2 { group |= UInt32(bytes[index + 2]) }
            for position in 0..<4 {
                if position <= available {
                    out.append(alphabet[Int(group >> UInt32(18 - 6 * position)) & 63])
                } else if isPadded {
                    out.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func decode(_ text: String, plus: UInt8, slash: UInt8, isPadded: Bool) -> [UInt8]? {
        var out = [UInt8]()
        out.reserveCapacity(text.utf8.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case 0x0A, 0x0D: continue
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case plus: value = 62
            case slash: value = 63
            case UInt8(ascii: "=") where isPadded && digits + padding < 4 && digits >= 2:
                padding += 1
                continue
            default: return nil
            }
            if padding > 0 { return nil }
            group = group << 6 | UInt32(value)
            digits += 1
            if digits == 4 {
                out.append(UInt8(truncatingIfNeeded: group >> 16))
                out.append(UInt8(truncatingIfNeeded: group >> 8))
                out.append(UInt8(truncatingIfNeeded: group))
                group = 0
                digits = 0
            }
        }
        switch digits {
        case 0: return padding == 0 ? out : nil
        case 2 where group & 0xF == 0 && padding == (isPadded ? 2 : 0):
            out.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3 where group & 0x3 == 0 && padding == (isPadded ? 1 : 0):
            out.append(UInt8(truncatingIfNeeded: group >> 10))
            out.append(UInt8(truncatingIfNeeded: group >> 2))
        default: return nil
        }
        return out
    }
}
