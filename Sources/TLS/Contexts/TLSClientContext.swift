internal import COpenSSL
internal import Synchronization

/// What a client shows, offers and demands.
public struct TLSClientConfiguration: Sendable {
    /// The chain and key shown when the server asks; nil shows none.
    public var identity: TLSIdentity?
    /// How servers are checked.
    public var verification: PeerVerification
    /// The oldest version spoken.
    public var minimumVersion: TLSVersion
    /// The newest version spoken.
    public var maximumVersion: TLSVersion
    /// Application protocols offered, best first.
    public var alpn: [String]

    /// A configuration; TLS 1.3 only unless said otherwise.
    public init(
        identity: TLSIdentity? = nil, verification: PeerVerification, minimumVersion: TLSVersion = .v1_3,
        maximumVersion: TLSVersion = .v1_3, alpn: [String] = []
    ) {
        self.identity = identity
        self.verification = verification
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.alpn = alpn
    }
}

/// A client's side of TLS, shared by its connections and threads.
///
/// Immutable but for its remembered sessions, one per server name and endpoint, which are gone with it:
/// changed trust means a new context.
public final class TLSClientContext: Sendable {
    let handle: SharedHandle
    let verifier: PeerVerifier
    private let sessions = Mutex<[String: SharedHandle]>([:])

    /// The most servers whose sessions are remembered.
    static let maxSessions = 1_024

    /// Builds the context.
    public init(configuration: TLSClientConfiguration) throws(TLSError) {
        verifier = try PeerVerifier(configuration.verification, peerIsClient: false)
        handle = try ContextSetup.make(
            server: false, minimum: configuration.minimumVersion, maximum: configuration.maximumVersion,
            identity: configuration.identity, verifier: verifier)
        let context = handle.pointer
        COpenSSL_CTX_allow_tickets(context)
        COpenSSL_CTX_client_cache(context)
        SSL_CTX_sess_set_new_cb(context, SessionHooks.newClientSession)
        let list = try ContextSetup.encode(alpn: configuration.alpn)
        // Unlike its siblings this call returns 0 for success.
        if !list.isEmpty, SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) != 0 {
            throw ErrorQueue.error(.internalError, "cannot configure ALPN")
        }
    }

    /// Remembers a duplicate of a session, so that the connection it came from cannot spoil it.
    func remember(_ session: OpaquePointer, for key: String) {
        guard SSL_SESSION_is_resumable(session) == 1, let copy = SSL_SESSION_dup(session) else { return }
        let handle = SharedHandle(copy, .session)
        sessions.withLock { all in
            if all.count >= Self.maxSessions, all[key] == nil { all.removeAll(keepingCapacity: true) }
            all[key] = handle
        }
    }

    func session(for key: String) -> SharedHandle? {
        sessions.withLock { $0[key] }
    }

    func forget(_ key: String) {
        sessions.withLock { _ = $0.removeValue(forKey: key) }
    }
}
