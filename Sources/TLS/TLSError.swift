public import Bytes

/// Why a key, a certificate, a context or a session failed.
///
/// Messages are made for people and never contain key material or other input bytes.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, for code.
    public enum Kind: Hashable, Sendable {
        /// Text which is not the PEM, DER or name it should be, or which breaks a limit.
        case invalidInput
        /// A private key which does not belong to its certificate.
        case keyMismatch
        /// The peer showed no certificate although we require one.
        case certificateRequired
        /// The chain does not end in a trusted root; the value says how.
        case untrusted(String)
        /// The leaf names a trust domain of which we have no bundle.
        case unknownTrustDomain(String)
        /// The leaf has no URI SAN, several, or one which is not a SPIFFE ID; the value says which.
        case invalidIdentity(String)
        /// The leaf's identity is well formed but not one of those allowed here.
        case wrongIdentity([String])
        /// The certificate is not made for the server's name we asked for.
        case wrongServerName
        /// A certificate of the chain has expired.
        case expired(notAfter: WallTime)
        /// A certificate of the chain is not valid yet: our clock is behind the issuer's by at least `skew`.
        case notYetValid(notBefore: WallTime, skew: Duration)
        /// The certificate may not be used for this side of a connection.
        case wrongUsage
        /// The certificate is malformed or breaks a rule of RFC 5280 in another way.
        case badCertificate
        /// The peer ended the handshake or the connection with this TLS alert.
        case peerAlert(UInt8)
        /// The peer does not speak TLS as we do: no common version or cipher, broken records, no TLS at all.
        case protocolError
        /// The peer closed the transport without close_notify.
        case truncated
        /// The call does not fit the session's state.
        case notConnected
        /// OpenSSL failed for want of memory or randomness.
        case internalError
    }

    /// What happened, for code.
    public let kind: Kind
    /// What happened, for people.
    public let message: String

    /// An error with its text.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// True when it is we who refused the peer's certificate.
    public var isPeerRefused: Bool {
        switch kind {
        case .certificateRequired, .untrusted, .unknownTrustDomain, .invalidIdentity, .wrongIdentity,
            .wrongServerName, .expired, .notYetValid, .wrongUsage, .badCertificate:
            true
        case .invalidInput, .keyMismatch, .peerAlert, .protocolError, .truncated, .notConnected,
            .internalError:
            false
        }
    }
}
