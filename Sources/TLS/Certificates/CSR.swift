internal import COpenSSL

/// What a certificate signing request asks for.
///
/// Its signature was verified: the sender holds the key.
public struct CSRInfo: Sendable {
    /// The key to be certified.
    public let publicKey: PublicKey
    /// The URI names asked for, in order.
    public let uriSANs: [String]
    /// The DNS names asked for, in order.
    public let dnsSANs: [String]
    /// The IP names asked for, in order.
    public let ipSANs: [String]
}

/// PKCS#10 certificate signing requests.
public enum CSR {
    /// A PEM request for one URI name, signed with `key`.
    public static func make(key: PrivateKey, uri: String) throws(TLSError) -> String {
        ErrorQueue.clear()
        guard let request = X509_REQ_new() else { throw TLSError(.internalError, "out of memory") }
        defer { X509_REQ_free(request) }
        var names = AlternativeNames()
        names.uris = [uri]
        let isBuilt = try names.withNames { list throws(TLSError) in
            X509_REQ_set_version(request, 0) == 1
                && X509_REQ_set_pubkey(request, key.handle.pointer) == 1
                && COpenSSL_request_add_names(request, list, 1) == 1
        }
        guard isBuilt, X509_REQ_sign(request, key.handle.pointer, key.digest) > 0,
            let text = MemoryBIO.written({ PEM_write_bio_X509_REQ($0, request) == 1 })
        else { throw ErrorQueue.error(.internalError, "cannot make a certificate request") }
        return text
    }

    /// Reads a PEM request, at most 64 KiB, and verifies its signature and the strength of its key.
    public static func parse(pem: String) throws(TLSError) -> CSRInfo {
        ErrorQueue.clear()
        guard pem.utf8.count <= 65_536 else {
            throw TLSError(.invalidInput, "a certificate request may have at most 65536 bytes")
        }
        let pointer = MemoryBIO.reading(pem) { PEM_read_bio_X509_REQ($0, nil, { _, _, _, _ in -1 }, nil) }
        guard let pointer, let request = pointer else {
            throw ErrorQueue.error(.invalidInput, "not a PEM certificate request")
        }
        defer { X509_REQ_free(request) }
        guard let raw = X509_REQ_get_pubkey(request) else {
            throw ErrorQueue.error(.invalidInput, "the request's key cannot be read")
        }
        let key = PublicKey(owned: raw)
        try key.requireStrength()
        guard X509_REQ_verify(request, raw) == 1 else {
            throw ErrorQueue.error(.invalidInput, "the request is not signed by its own key")
        }
        let names = AlternativeNames(request: request)
        guard !names.isMalformed else {
            throw TLSError(.invalidInput, "the request's subject alternative names are malformed")
        }
        return CSRInfo(publicKey: key, uriSANs: names.uris, dnsSANs: names.dns, ipSANs: names.ips)
    }
}

extension PrivateKey {
    /// What signatures hash with; Ed25519 brings its own.
    var digest: OpaquePointer? {
        EVP_PKEY_is_a(handle.pointer, "ED25519") == 1 ? nil : EVP_sha256()
    }
}
