internal import Bytes
internal import COpenSSL

/// OpenSSL's callbacks.
///
/// Each finds its session in the connection's ex data; the session outlives the connection.
enum SessionHooks {
    static let index: Int32 = COpenSSL_new_ssl_index()

    static func session(of ssl: OpaquePointer?) -> TLSSession? {
        guard let ssl, let raw = SSL_get_ex_data(ssl, index) else { return nil }
        // Set by TLSSession.init to itself and valid until its deinit has freed the connection.
        return Unmanaged<TLSSession>.fromOpaque(raw).takeUnretainedValue()
    }

    /// Replaces OpenSSL's own chain check.
    ///
    /// On refusal the alert is certificate_unknown for every reason: the peer learns that, our log learns
    /// why.
    static let verify: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { context, _ in
        guard let context,
            let raw = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let session = SessionHooks.session(of: OpaquePointer(raw)),
            let leaf = X509_STORE_CTX_get0_cert(context)
        else { return 0 }
        guard
            let failure = session.verifier.verify(
                leaf: leaf, untrusted: X509_STORE_CTX_get0_untrusted(context))
        else {
            X509_STORE_CTX_set_error(context, X509_V_OK)
            return 1
        }
        session.verificationFailure = failure
        // A code without an alert of its own, which OpenSSL turns into certificate_unknown (46).
        X509_STORE_CTX_set_error(context, X509_V_ERR_SUBTREE_MINMAX)
        return 0
    }

    /// Server preference (RFC 7301 3.2 leaves the choice to us).
    ///
    /// `out` points into the client's list.
    static let selectALPN:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
            UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32 = { ssl, out, outCount, offered, offeredCount, _ in
            guard let session = SessionHooks.session(of: ssl), let out, let outCount, let offered else {
                return SSL_TLSEXT_ERR_NOACK
            }
            // OpenSSL checked that the names fill the list exactly.
            let list = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
            for wanted in session.serverALPN {
                var at = 0
                while at < list.count {
                    let count = Int(list[at])
                    guard at + 1 + count <= list.count else { return SSL_TLSEXT_ERR_NOACK }
                    if list[(at + 1)..<(at + 1 + count)].elementsEqual(wanted) {
                        out.pointee = offered + at + 1
                        outCount.pointee = UInt8(count)
                        return SSL_TLSEXT_ERR_OK
                    }
                    at += 1 + count
                }
            }
            return SSL_TLSEXT_ERR_NOACK
        }

    /// Runs on every server handshake, with SNI or without: a resumed session gets no further ticket.
    static let serverName:
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
            ssl, _, _ in
            if let ssl, SSL_session_reused(ssl) == 1 { SSL_set_num_tickets(ssl, 0) }
            return SSL_TLSEXT_ERR_OK
        }

    /// A server's session ends with its client's certificate, so that resumption never outlives it.
    static let newServerSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { _, session in
        guard let session else { return 0 }
        var lifetime = Int64(ContextSetup.sessionLifetime)
        if let peer = SSL_SESSION_get0_peer(session) {
            let end = CertificateTime.wallTime(X509_get0_notAfter(peer))
            lifetime = min(lifetime, end.seconds - CertificateTime.now().seconds - 1)
        }
        SSL_SESSION_set_timeout(session, Int(max(0, lifetime)))
        return 0  // no reference kept
    }

    static let newClientSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, session in
        if let session, let owner = SessionHooks.session(of: ssl) { owner.clientSessionReceived(session) }
        return 0  // a duplicate is kept, not this one
    }
}

/// The BIO under every session: reads from the session's input queue, writes to its output queue, never blocks.
enum SessionBIO {
    static let method: SharedHandle? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hanse session") else {
            return nil
        }
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(method) { bio, target, count in
            guard let session = SessionBIO.session(of: bio), let target, count > 0 else { return -1 }
            let taken = session.takeInput(UnsafeMutableRawBufferPointer(start: target, count: Int(count)))
            if taken > 0 {
                COpenSSL_BIO_no_retry(bio)
                return Int32(taken)
            }
            COpenSSL_BIO_retry_read(bio)
            return -1
        }
        BIO_meth_set_write(method) { bio, source, count in
            guard let session = SessionBIO.session(of: bio), let source, count > 0 else { return -1 }
            COpenSSL_BIO_no_retry(bio)
            session.putOutput(UnsafeRawBufferPointer(start: source, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return SharedHandle(method, .method)
    }()

    private static func session(of bio: OpaquePointer?) -> TLSSession? {
        guard let raw = BIO_get_data(bio) else { return nil }
        // Set by TLSSession.init to itself; the BIO is freed with the connection in its deinit.
        return Unmanaged<TLSSession>.fromOpaque(raw).takeUnretainedValue()
    }
}
