/// Searches over byte spans.
public enum Scan {
    /// The first index at or after `start` that holds `byte`, nil when there is none.
    ///
    /// Compares eight bytes at a time.
    public static func firstIndex(of byte: UInt8, in span: Span<UInt8>, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= span.count, "search starts outside of the span")
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        return span.withUnsafeBytes { bytes in
            var index = start
            // In bounds: eight bytes are loaded only while eight are left.
            while bytes.count - index >= 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let difference = word ^ pattern
                let zeros = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
                if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < bytes.count {
                if bytes[index] == byte { return index }
                index += 1
            }
            return nil
        }
    }
}
