/// Random UUIDs (RFC 9562 section 5.4).
public enum UUIDv4 {
    /// The UUID made of 16 random bytes, in lower-case text.
    ///
    /// Fewer bytes are filled up with zeros, more are ignored.
    public static func string(random: [UInt8]) -> String {
        /// Eight bytes from `start` on as a number.
        func half(_ start: Int) -> UInt64 {
            (start..<start + 8).reduce(0) { $0 << 8 | UInt64($1 < random.count ? random[$1] : 0) }
        }
        var text: [UInt8] = []
        append(random: half(0), half(8), to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of the UUID made of two random numbers.
    public static func append(random high: UInt64, _ low: UInt64, to text: inout [UInt8]) {
        let high = high & ~0xF000 | 0x4000
        let low = low & ~(0xC0 << 56) | 0x80 << 56
        text.reserveCapacity(text.count + 36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let half = index < 16 ? high : low
            text.append(Hex.digit(UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (index & 15))) & 15))
        }
    }
}
