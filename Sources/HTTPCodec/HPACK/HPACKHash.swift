/// Hashing and comparing for tables; a collision costs compression, never correctness.
enum HPACKHash {
    /// A hash of the bytes, continuing `seed`.
    static func of(_ bytes: Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
        let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = (UInt64(seed) << 32 | UInt64(truncatingIfNeeded: bytes.count)) &* factor
        // In bounds: eight bytes are loaded only while eight are left.
        unsafe bytes.withUnsafeBytes { all in
            var i = 0
            while all.count - i >= 8 {
                let word = unsafe all.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                hash = (hash ^ word) &* factor
                hash ^= hash >> 29
                i += 8
            }
            var rest: UInt64 = 0
            while i < all.count {
                let byte = unsafe all[i]
                rest = rest << 8 | UInt64(byte)
                i += 1
            }
            hash = (hash ^ rest) &* factor
        }
        return UInt32(truncatingIfNeeded: hash >> 32)
    }

    /// Whether both hold the same bytes.
    static func areEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe a.withUnsafeBytes { left in
            unsafe b.withUnsafeBytes { right in
                var i = 0
                // In bounds: eight bytes are loaded only while eight are left, in both.
                while left.count - i >= 8 {
                    if unsafe left.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                        != right.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    {
                        return false
                    }
                    i += 8
                }
                while i < left.count {
                    if unsafe left[i] != right[i] { return false }
                    i += 1
                }
                return true
            }
        }
    }
}
