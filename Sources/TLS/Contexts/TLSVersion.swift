internal import COpenSSL

/// The protocol versions we speak.
public enum TLSVersion: Int, Sendable, Comparable {
    /// TLS 1.2, with ECDHE and AEAD ciphers only.
    case v1_2 = 2
    /// TLS 1.3.
    case v1_3 = 3

    /// Older is less.
    public static func < (lhs: TLSVersion, rhs: TLSVersion) -> Bool { lhs.rawValue < rhs.rawValue }

    var opensslValue: Int32 {
        switch self {
        case .v1_2: TLS1_2_VERSION
        case .v1_3: TLS1_3_VERSION
        }
    }
}
