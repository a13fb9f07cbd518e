internal import COpenSSL

/// What both kinds of contexts share while they are built.
enum ContextSetup {
    /// Seconds a session may be resumed; less where the peer's certificate ends earlier, see `SessionHooks`.
    static let sessionLifetime = 3600

    /// Of TLS 1.3, best first: SHA-256 makes a handshake cheaper than SHA-384 does.
    private static let suites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    static func make(
        server: Bool, minimum: TLSVersion, maximum: TLSVersion, identity: TLSIdentity?, verifier: PeerVerifier
    ) throws(TLSError) -> SharedHandle {
        ErrorQueue.clear()
        guard minimum <= maximum else {
            throw TLSError(.invalidInput, "the minimum TLS version is above the maximum")
        }
        guard let context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()) else {
            throw ErrorQueue.error(.internalError, "cannot make a TLS context")
        }
        let handle = SharedHandle(context, .context)
        guard COpenSSL_CTX_set_versions(context, minimum.opensslValue, maximum.opensslValue) == 1,
            SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            SSL_CTX_set_ciphersuites(context, suites) == 1,
            COpenSSL_CTX_set_groups(context, "X25519:P-256:P-384") == 1
        else { throw ErrorQueue.error(.internalError, "cannot configure the TLS context") }
        COpenSSL_CTX_set_common_options(context)
        SSL_CTX_set_timeout(context, sessionLifetime)
        if let identity { try use(identity, in: context) }
        SSL_CTX_set_verify(context, verifier.opensslMode, nil)
        SSL_CTX_set_cert_verify_callback(context, SessionHooks.verify, nil)
        return handle
    }

    private static func use(_ identity: TLSIdentity, in context: OpaquePointer) throws(TLSError) {
        guard SSL_CTX_use_certificate(context, identity.leaf.handle.pointer) == 1 else {
            throw ErrorQueue.error(.invalidInput, "the certificate \(identity.leaf.subject) cannot be used")
        }
        guard SSL_CTX_use_PrivateKey(context, identity.key.handle.pointer) == 1,
            SSL_CTX_check_private_key(context) == 1
        else { throw ErrorQueue.error(.keyMismatch, "the private key does not fit the certificate") }
        for certificate in identity.chain.dropFirst() {
            guard COpenSSL_CTX_add_chain_certificate(context, certificate.handle.pointer) == 1 else {
                throw ErrorQueue.error(.invalidInput, "the certificate \(certificate.subject) cannot be used")
            }
        }
    }

    /// RFC 7301 3.1: each name with its length before it.
    static func encode(alpn: [String]) throws(TLSError) -> [UInt8] {
        var list: [UInt8] = []
        for name in alpn {
            guard (1...255).contains(name.utf8.count) else {
                throw TLSError(.invalidInput, "an ALPN name must have 1 to 255 bytes")
            }
            list.append(UInt8(name.utf8.count))
            list.append(contentsOf: name.utf8)
        }
        return list
    }
}
