/// How the other side of a connection is checked.
///
/// What is not checked is stated, never a default.
///
/// Dates are checked against the system's clock, on every handshake and again when a session is resumed.
public struct PeerVerification: Sendable {
    /// Where the peer's trust comes from.
    public enum Mode: Sendable {
        /// No check. A server does not ask for a certificate; a client takes any.
        case none
        /// A server asks for a certificate and takes none for an answer; one that is shown must end in these roots.
        case optional([Certificate])
        /// The chain must end in one of these roots.
        case roots([Certificate])
        /// The bundle of each trust domain by its name. The leaf must carry exactly one URI SAN,
        /// `spiffe://DOMAIN/...` (X509-SVID 2), and its chain must end in the bundle of that very domain.
        case spiffe([String: [Certificate]])
    }

    /// Where the peer's trust comes from.
    public var mode: Mode
    /// URI SANs that are let in, compared exactly; empty, and without prefixes, lets in any.
    ///
    /// Such a check needs a certificate to be there.
    public var allowedURISANs: [String]
    /// Beginnings of URI SANs that are let in besides, compared byte by byte; an empty one is an error.
    public var allowedURISANPrefixes: [String]
    /// For clients: the DNS name or IP address the server's certificate must be made for.
    ///
    /// Nil does not check.
    public var serverName: String?
    /// For servers in modes `roots` and `spiffe`: a client without a certificate is refused.
    public var requireClientCertificate: Bool

    /// A rule.
    ///
    /// Client certificates are required unless said otherwise.
    public init(
        mode: Mode, allowedURISANs: [String] = [], allowedURISANPrefixes: [String] = [],
        serverName: String? = nil, requireClientCertificate: Bool = true
    ) {
        self.mode = mode
        self.allowedURISANs = allowedURISANs
        self.allowedURISANPrefixes = allowedURISANPrefixes
        self.serverName = serverName
        self.requireClientCertificate = requireClientCertificate
    }

    /// No check at all.
    public static var none: PeerVerification {
        PeerVerification(mode: .none, requireClientCertificate: false)
    }
}
