/// The 64-bit Fowler-Noll-Vo hashes.
///
/// Fast and stable across processes; not for untrusted keys.
public enum FNV1 {
    /// FNV-1: multiply, then xor.
    public static func hash64(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = hash &* 0x0100_0000_01b3
            hash ^= UInt64(byte)
        }
        return hash
    }

    /// FNV-1a: xor, then multiply.
    public static func hash64a(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash ^= UInt64(byte)
            hash = hash &* 0x0100_0000_01b3
        }
        return hash
    }
}
