internal import Bytes

/// The Huffman code of RFC 7541 appendix B.
///
/// The code is canonical: the lengths alone define it. Codes of one length are consecutive in the order of their
/// symbols, and follow the codes of the length before.
struct HuffmanCode: Sendable {
    /// The code, made once.
    static let shared = HuffmanCode()

    /// The symbol that must not be encoded.
    private static let endOfString = 256

    /// Bits of each symbol's code.
    private static let bitCounts: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6,
        6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7,
        7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24,
        24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22,
        22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20,
        19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26,
        28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27,
        27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    /// Code and length of each symbol, `code << 8 | length`.
    private let codes: [UInt64]
    /// For each byte that begins with a whole code, `length << 8 | symbol`; 0 where a longer code begins.
    private let short: [UInt16]
    /// Symbols in the order of their codes.
    private let symbols: [UInt16]
    /// By length: the first code, moved to the top of 32 bits; where its symbol stands in `symbols`; the first code
    /// of 32 bits that is too high for the length.
    private let longer: [(first: UInt64, offset: Int, limit: UInt64)]

    private init() {
        let lengths = Self.bitCounts
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var codes = [UInt64](repeating: 0, count: lengths.count)
        var short = [UInt16](repeating: 0, count: 256)
        var longer = [(first: UInt64, offset: Int, limit: UInt64)](repeating: (0, 0, 0), count: 31)
        var code: UInt64 = 0
        var bits: UInt8 = 0
        for (position, symbol) in order.enumerated() {
            let length = lengths[symbol]
            code <<= UInt64(length - bits)
            bits = length
            codes[symbol] = code << 8 | UInt64(length)
            let top = code << UInt64(32 - length)
            if longer[Int(length)].limit == 0 {
                longer[Int(length)] = (first: top, offset: position, limit: 0)
            }
            longer[Int(length)].limit = top + 1 << UInt64(32 - length)
            if length <= 8 {
                let first = Int(code) << Int(8 - length)
                for byte in first..<first + 1 << Int(8 - length) {
                    short[byte] = UInt16(length) << 8 | UInt16(symbol)
                }
            }
            code += 1
        }
        self.codes = codes
        self.short = short
        self.longer = longer
        symbols = order.map { UInt16($0) }
    }

    // MARK: Decoding

    /// Appends what `input` encodes; false when it is no valid encoding (RFC 7541 5.2).
    func decode(_ input: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        var isValid = false
        // No code is shorter than 5 bits.
        output.append(addingCapacity: input.count * 8 / 5 + 1) { (output: inout OutputSpan<UInt8>) in
            isValid = decode(input, short.span, into: &output)
        }
        return isValid
    }

    private func decode(
        _ input: Span<UInt8>, _ short: Span<UInt16>, into output: inout OutputSpan<UInt8>
    ) -> Bool {
        // The next `count` bits stand at the top of `window`, zeros below them.
        var window: UInt64 = 0
        var count = 0
        var i = 0
        while true {
            while count <= 56, i < input.count {
                window |= UInt64(input[i]) << UInt64(56 - count)
                count += 8
                i += 1
            }
            let entry = short[Int(truncatingIfNeeded: window >> 56)]
            if entry != 0 {
                let length = Int(entry >> 8)
                if length > count { break }
                output.append(UInt8(truncatingIfNeeded: entry))
                window <<= UInt64(length)
                count -= length
            } else {
                guard let (symbol, length) = longCode(window >> 32) else { return false }
                if length > count { break }
                guard symbol != Self.endOfString else { return false }
                output.append(UInt8(truncatingIfNeeded: symbol))
                window <<= UInt64(length)
                count -= length
            }
        }
        // Padding: fewer than 8 bits, all of them ones.
        return count < 8 && window == ~(UInt64.max >> UInt64(count))
    }

    private func longCode(_ window: UInt64) -> (symbol: Int, length: Int)? {
        for length in 9..<longer.count where window < longer[length].limit {
            let row = longer[length]
            return (Int(symbols[row.offset + Int(window - row.first) >> (32 - length)]), length)
        }
        return nil
    }

    // MARK: Encoding

    /// The bytes `encode` would write.
    func encodedCount(_ input: Span<UInt8>) -> Int {
        var bits = 0
        let codes = codes.span
        for i in input.indices { bits += Int(truncatingIfNeeded: codes[Int(input[i])] & 0xFF) }
        return (bits + 7) / 8
    }

    /// Writes the encoding of `input`.
    func encode(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        var window: UInt64 = 0
        var count = 0
        let codes = codes.span
        for i in input.indices {
            let entry = codes[Int(input[i])]
            let length = Int(truncatingIfNeeded: entry & 0xFF)
            window = window << UInt64(length) | entry >> 8
            count += length
            while count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: window >> UInt64(count)))
            }
        }
        if count > 0 {
            output.append(UInt8(truncatingIfNeeded: window << UInt64(8 - count)) | UInt8(0xFF >> count))
        }
    }
}
