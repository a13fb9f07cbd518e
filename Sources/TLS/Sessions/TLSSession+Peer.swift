internal import COpenSSL

extension TLSSession {
    /// The peer's leaf, nil when it showed none.
    public var peerCertificate: Certificate? {
        // get1 hands us a reference of our own.
        SSL_get1_peer_certificate(ssl).map { Certificate(owned: $0) }
    }

    /// The peer's chain as it was shown, leaf first.
    ///
    /// Empty without a certificate, and after a resumption.
    public var peerChain: [Certificate] {
        guard let leaf = peerCertificate else { return [] }
        guard let stack = SSL_get_peer_cert_chain(ssl) else { return [leaf] }
        var chain = (0..<max(0, COpenSSL_certificates_count(stack))).compactMap { index in
            COpenSSL_certificates_at(stack, index).map { Certificate(sharing: $0) }
        }
        // On a server OpenSSL leaves the leaf out of this list.
        if chain.first != leaf { chain.insert(leaf, at: 0) }
        return chain
    }

    /// The peer's identity: its one URI SAN.
    ///
    /// Nil when it has none or several.
    public var peerURISAN: String? {
        guard let names = peerCertificate?.alternativeNames, !names.isMalformed, names.uris.count == 1 else {
            return nil
        }
        return names.uris[0]
    }

    /// The application protocol both sides agreed on.
    public var alpn: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        guard let name, count > 0 else { return nil }
        // The connection owns `count` bytes at `name`; they are copied at once.
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The server name the client asked for.
    public var sni: String? {
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// `TLSv1.3`, `TLSv1.2`.
    public var version: String {
        SSL_get_version(ssl).map { String(cString: $0) } ?? ""
    }

    /// The cipher suite, `TLS_AES_256_GCM_SHA384`; empty before it was chosen.
    public var cipher: String {
        guard let current = SSL_get_current_cipher(ssl), let name = SSL_CIPHER_get_name(current) else {
            return ""
        }
        return String(cString: name)
    }

    /// True when the handshake resumed an earlier session.
    public var isResumed: Bool { SSL_session_reused(ssl) == 1 }
}
