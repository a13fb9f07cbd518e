/// Random UUIDs (RFC 9562 section 5.4).
public enum UUIDv4 {
    /// The UUID made of 16 random bytes, in lower-case text.
    ///
    /// Fewer bytes are filled up with zeros, more are ignored.
    public static func string(random: [UInt8]) -> String {
        var bytes = Array(random.prefix(16))
        while bytes.count < 16 { bytes.append(0) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Array(Hex.encode(bytes).utf8)
        var out = [UInt8]()
        for (index, digit) in hex.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { out.append(UInt8(ascii: "-")) }
            out.append(digit)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
