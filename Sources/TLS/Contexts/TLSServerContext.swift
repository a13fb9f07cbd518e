internal import Bytes
internal import COpenSSL

/// What a server shows, offers and demands.
public struct TLSServerConfiguration: Sendable {
    /// The chain and key shown to clients.
    public var identity: TLSIdentity
    /// How clients are checked.
    public var verification: PeerVerification
    /// The oldest version spoken.
    public var minimumVersion: TLSVersion
    /// The newest version spoken.
    public var maximumVersion: TLSVersion
    /// Application protocols, best first: the server's order wins.
    ///
    /// A client with none of them goes on without ALPN.
    public var alpn: [String]
    /// Sessions are resumed only under the id they were made with; empty takes a random one.
    ///
    /// Longer than 32 bytes is hashed.
    public var sessionIDContext: [UInt8]

    /// A configuration; TLS 1.3 only unless said otherwise.
    public init(
        identity: TLSIdentity, verification: PeerVerification, minimumVersion: TLSVersion = .v1_3,
        maximumVersion: TLSVersion = .v1_3, alpn: [String] = [], sessionIDContext: [UInt8] = []
    ) {
        self.identity = identity
        self.verification = verification
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.alpn = alpn
        self.sessionIDContext = sessionIDContext
    }
}

/// A server's side of TLS, shared by its connections and threads.
///
/// Immutable: changed trust, identity or names mean a new context, and with it an empty session cache, so
/// nothing resumes across the change.
public final class TLSServerContext: Sendable {
    let handle: SharedHandle
    let verifier: PeerVerifier
    /// Server preference, each as bytes.
    let alpn: [[UInt8]]

    /// Builds the context.
    public init(configuration: TLSServerConfiguration) throws(TLSError) {
        verifier = try PeerVerifier(configuration.verification, peerIsClient: true)
        handle = try ContextSetup.make(
            server: true, minimum: configuration.minimumVersion, maximum: configuration.maximumVersion,
            identity: configuration.identity, verifier: verifier)
        _ = try ContextSetup.encode(alpn: configuration.alpn)
        alpn = configuration.alpn.map { Array($0.utf8) }
        let context = handle.pointer
        var id = configuration.sessionIDContext
        if id.isEmpty { id = randomBytes(16) }
        if id.count > Int(SSL_MAX_SID_CTX_LENGTH) { id = sha256(id) }
        // Stateful sessions: a ticket is only an id, the client's certificate is not parsed again on resumption.
        COpenSSL_CTX_server_cache(context, 16_384)
        guard SSL_CTX_set_session_id_context(context, id, UInt32(id.count)) == 1,
            SSL_CTX_set_num_tickets(context, 1) == 1
        else { throw ErrorQueue.error(.internalError, "cannot configure the TLS context") }
        COpenSSL_CTX_set_servername_callback(context, SessionHooks.serverName)
        SSL_CTX_sess_set_new_cb(context, SessionHooks.newServerSession)
        if !alpn.isEmpty { SSL_CTX_set_alpn_select_cb(context, SessionHooks.selectALPN, nil) }
    }
}
