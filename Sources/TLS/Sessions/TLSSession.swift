public import Bytes
internal import COpenSSL

/// One TLS connection without a socket: ciphertext goes in and out through queues, plaintext through `read`
/// and `write`.
///
/// Confined to one thread at a time; nothing here blocks.
///
/// After every call the driver sends what `output` holds (one flush for all of it). It calls `handshake()` after each
/// `receive` until it is done, then `read` until that needs more.
public final class TLSSession {
    /// What a step of the handshake came to.
    public enum HandshakeResult: Hashable, Sendable {
        /// Both sides are ready. Under TLS 1.3 a client is done before the server has judged its certificate: a
        /// refusal then arrives as `peerAlert` on the first read.
        case done
        /// Send the output, then receive more.
        case needsMore
    }

    /// What a read came to.
    public enum ReadResult: Hashable, Sendable {
        /// That many bytes of plaintext were written into the buffer.
        case bytes(Int)
        /// Everything received so far was read.
        case needsMore
        /// The peer said that it has nothing more to send (close_notify). We may still write.
        case closed
        /// The transport ended without close_notify: what came may be incomplete.
        case truncated
    }

    enum Side {
        case server(TLSServerContext)
        case client(TLSClientContext, resumptionKey: String)
    }

    let side: Side
    let ssl: OpaquePointer
    /// Ciphertext still to be sent.
    private var outgoing = ByteQueue()
    private var incoming = ByteQueue()
    /// Ciphertext that the transport lends during `receive(lending:)`, after what is in `incoming`.
    private var lent = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isEOF = false
    private var failure: TLSError?
    /// Why our check of the peer's certificate failed, noted by the callback for `handshake` to report.
    var verificationFailure: TLSError?

    /// True once the handshake is done.
    public private(set) var isHandshakeDone = false
    /// True once `shutdown` has queued our close_notify.
    public private(set) var isShutdown = false

    /// A server's session, which waits for a ClientHello.
    public convenience init(server: TLSServerContext) throws(TLSError) {
        try self.init(.server(server), context: server.handle)
        SSL_set_accept_state(ssl)
    }

    /// A client's session.
    ///
    /// `sni` is sent as server name; an IP address is not (RFC 6066 3). Sessions are resumed per `sni` and
    /// `endpoint`, which names the server behind it where one name stands for several.
    public convenience init(client: TLSClientContext, sni: String?, endpoint: String = "") throws(TLSError) {
        let key = "\(sni ?? "") \(endpoint)"
        try self.init(.client(client, resumptionKey: key), context: client.handle)
        SSL_set_connect_state(ssl)
        if let sni, IPAddress(sni) == nil {
            guard (1...255).contains(sni.utf8.count), !sni.utf8.contains(0),
                COpenSSL_set_host_name(ssl, sni) == 1
            else { throw ErrorQueue.error(.invalidInput, "not a server name") }
        }
        if let master = client.session(for: key), let copy = SSL_SESSION_dup(master.pointer) {
            // A duplicate each: OpenSSL marks a TLS 1.3 session as used up.
            SSL_set_session(ssl, copy)
            SSL_SESSION_free(copy)
        }
    }

    private init(_ side: Side, context: SharedHandle) throws(TLSError) {
        ErrorQueue.clear()
        guard let ssl = SSL_new(context.pointer) else {
            throw ErrorQueue.error(.internalError, "cannot make a TLS session")
        }
        guard let method = SessionBIO.method, let bio = BIO_new(method.pointer) else {
            SSL_free(ssl)
            throw TLSError(.internalError, "out of memory")
        }
        self.side = side
        self.ssl = ssl
        SSL_set_bio(ssl, bio, bio)
        let me = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, me)
        SSL_set_ex_data(ssl, SessionHooks.index, me)
    }

    deinit {
        // Without this OpenSSL would take a connection that just went away for a broken one and drop its session.
        if isHandshakeDone, failure == nil {
            SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        }
        SSL_free(ssl)
    }

    // MARK: Ciphertext

    /// Takes in bytes from the transport.
    public func receive(_ ciphertext: Span<UInt8>) {
        incoming.append(ciphertext)
    }

    /// Takes in bytes from the transport while `body` runs, so that what it reads needs no copy on the way.
    ///
    /// What `body` left unread is copied when it returns.
    public func receive<R, E: Error>(
        lending ciphertext: UnsafeRawBufferPointer, _ body: () throws(E) -> R
    ) throws(E) -> R {
        lent = ciphertext
        defer {
            // The caller's memory is not ours after this.
            if lent.count > 0 { incoming.append(lent.bindMemory(to: UInt8.self).span) }
            lent = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return try body()
    }

    /// The transport ended.
    ///
    /// What was received before can still be read.
    public func receiveEOF() {
        isEOF = true
    }

    /// The bytes to be sent.
    ///
    /// The driver sends from its front, discards what went out, and clears it when empty.
    public var output: ByteQueue {
        _read { yield outgoing }
        _modify { yield &outgoing }
    }

    /// True when received bytes wait to be read: neither the transport nor an event will announce them again.
    public var hasPendingInput: Bool {
        hasInput || (failure == nil && SSL_has_pending(ssl) == 1)
    }

    /// False when another `read` could only say that it needs more.
    public var mayHaveMore: Bool { isEOF || hasPendingInput }

    /// The number of received bytes not yet decrypted.
    public var pendingInputCount: Int { incoming.count + lent.count }

    private var hasInput: Bool { !incoming.isEmpty || lent.count > 0 }

    func takeInput(_ target: UnsafeMutableRawBufferPointer) -> Int {
        guard !incoming.isEmpty else {
            let count = min(target.count, lent.count)
            guard count > 0 else { return 0 }
            // In bounds: count <= lent.count, and `lent` is valid until `receive(lending:)` returns.
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: lent[..<count]))
            lent = UnsafeRawBufferPointer(rebasing: lent[count...])
            return count
        }
        let count = min(target.count, incoming.count)
        incoming.withReadable { span in
            span.extracting(first: count).withUnsafeBytes { target.copyMemory(from: $0) }
        }
        incoming.discard(count)
        // An idle connection keeps no buffer.
        if incoming.isEmpty { incoming.clear() }
        return count
    }

    func putOutput(_ source: UnsafeRawBufferPointer) {
        outgoing.append(source.bindMemory(to: UInt8.self).span)
    }

    // MARK: Protocol

    /// Drives the handshake with what was received.
    ///
    /// Throws why it failed; an alert for the peer may be in `output`.
    public func handshake() throws(TLSError) -> HandshakeResult {
        if let failure { throw failure }
        if isHandshakeDone { return .done }
        ErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        if result != 1 {
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ where !(isEOF && !hasInput):
                return .needsMore
            case SSL_ERROR_WANT_READ:
                throw fail(TLSError(.truncated, "the peer closed the connection during the TLS handshake"))
            case let code:
                throw fail(explain(code))
            }
        }
        if let refused = verifyDone() { throw fail(refused) }
        isHandshakeDone = true
        return .done
    }

    /// Decrypts into `buffer`, which must not be empty.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> ReadResult {
        if let failure { throw failure }
        guard isHandshakeDone else { throw TLSError(.notConnected, "the TLS handshake is not done") }
        guard let base = buffer.baseAddress, buffer.count > 0 else { return .bytes(0) }
        ErrorQueue.clear()
        var count = 0
        // OpenSSL writes at most buffer.count bytes.
        let result = SSL_read_ex(ssl, base, buffer.count, &count)
        if result == 1 { return .bytes(count) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return isEOF && !hasInput ? .truncated : .needsMore
        case SSL_ERROR_ZERO_RETURN: return .closed
        case let code: throw fail(explain(code))
        }
    }

    /// Encrypts all of `plaintext` into `output`.
    ///
    /// A bound on `output.count` is the caller's to keep.
    public func write(_ plaintext: Span<UInt8>) throws(TLSError) {
        if let failure { throw failure }
        guard isHandshakeDone, !isShutdown else {
            throw TLSError(.notConnected, isShutdown ? "TLS was shut down" : "the TLS handshake is not done")
        }
        guard !plaintext.isEmpty else { return }
        ErrorQueue.clear()
        let code: Int32 = plaintext.withUnsafeBytes { bytes in
            var count = 0
            let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
            // Our BIO takes everything, so a success is a whole one.
            return result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
        }
        if code != SSL_ERROR_NONE { throw fail(explain(code)) }
    }

    /// Queues close_notify: we send nothing more, the peer still may.
    ///
    /// Does nothing after a failure.
    public func shutdown() {
        guard failure == nil, isHandshakeDone, !isShutdown else { return }
        ErrorQueue.clear()
        isShutdown = true
        SSL_shutdown(ssl)
        ErrorQueue.clear()
    }

    // MARK: Outcome

    private func fail(_ error: TLSError) -> TLSError {
        // Never touch the connection again after a failure; only deinit frees it.
        failure = error
        if case .client(let context, let key) = side { context.forget(key) }
        return error
    }

    private func explain(_ code: Int32) -> TLSError {
        if let verificationFailure { return verificationFailure }
        return SessionFailure.explain(code, ErrorQueue.drain(), isEOF: isEOF)
    }

    /// Our policy holds for every connection, resumed or not.
    private func verifyDone() -> TLSError? {
        guard let peer = peerCertificate else {
            if verifier.allowsAnonymousPeer { return nil }
            return TLSError(.certificateRequired, "the peer showed no certificate")
        }
        guard isResumed else { return nil }
        let refused = verifier.verifyResumed(peer)
        if refused != nil, let session = SSL_get_session(ssl), let context = SSL_get_SSL_CTX(ssl) {
            SSL_CTX_remove_session(context, session)
        }
        return refused
    }

    func clientSessionReceived(_ session: OpaquePointer) {
        guard case .client(let context, let key) = side else { return }
        context.remember(session, for: key)
    }

    var verifier: PeerVerifier {
        switch side {
        case .server(let context): context.verifier
        case .client(let context, _): context.verifier
        }
    }

    var serverALPN: [[UInt8]] {
        switch side {
        case .server(let context): context.alpn
        case .client: []
        }
    }
}
