internal import Bytes
internal import COpenSSL

/// `PeerVerification` made ready: bundles as stores, names in a set.
///
/// Immutable.
struct PeerVerifier: Sendable {
    private enum Anchors: Sendable {
        case none
        case roots(TrustAnchors)
        case spiffe([String: TrustAnchors])
    }

    private let anchors: Anchors
    private let allowed: Set<String>
    private let allowedPrefixes: [String]
    private let serverName: String?
    /// True on the server side, which checks client certificates.
    private let peerIsClient: Bool
    /// What OpenSSL is told to do.
    let opensslMode: Int32

    init(_ rule: PeerVerification, peerIsClient: Bool) throws(TLSError) {
        self.peerIsClient = peerIsClient
        allowed = Set(rule.allowedURISANs)
        allowedPrefixes = rule.allowedURISANPrefixes
        guard !allowedPrefixes.contains("") else {
            throw TLSError(.invalidInput, "an empty prefix would let in every identity")
        }
        serverName = rule.serverName
        let required = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        switch rule.mode {
        case .none:
            anchors = .none
            opensslMode = SSL_VERIFY_NONE
            guard rule.allowedURISANs.isEmpty, rule.allowedURISANPrefixes.isEmpty, rule.serverName == nil
            else {
                throw TLSError(.invalidInput, "names cannot be checked when the peer's certificate is not")
            }
        case .optional(let roots):
            anchors = .roots(try TrustAnchors(roots))
            opensslMode = SSL_VERIFY_PEER
        case .roots(let roots):
            anchors = .roots(try TrustAnchors(roots))
            // A name that is asked for is one that nobody without a certificate has.
            let asksName = !rule.allowedURISANs.isEmpty || !rule.allowedURISANPrefixes.isEmpty
            opensslMode =
                rule.requireClientCertificate || asksName || !peerIsClient ? required : SSL_VERIFY_PEER
        case .spiffe(let bundles):
            var stores: [String: TrustAnchors] = [:]
            for (domain, roots) in bundles { stores[domain] = try TrustAnchors(roots) }
            anchors = .spiffe(stores)
            opensslMode = required
        }
    }

    /// Checks a chain as it arrives in a handshake.
    ///
    /// Nil lets the peer in.
    func verify(leaf: OpaquePointer, untrusted: OpaquePointer?) -> TLSError? {
        switch anchors {
        case .none:
            return nil
        case .roots(let store):
            if let failure = store.verify(leaf: leaf, untrusted: untrusted, asClient: peerIsClient) {
                return failure
            }
        case .spiffe(let stores):
            let names = AlternativeNames(certificate: leaf)
            switch spiffeDomain(of: names) {
            case .failure(let failure):
                return failure
            case .success(let domain):
                guard let store = stores[domain] else { return unknown(domain, known: stores.keys.sorted()) }
                if let failure = store.verify(leaf: leaf, untrusted: untrusted, asClient: peerIsClient) {
                    return failure
                }
            }
            if let failure = Self.verifyUsage(leaf, of: names.uris[0]) { return failure }
        }
        return verifyNames(leaf: leaf)
    }

    /// What a leaf may be used for (X509-SVID 4): to identify its holder, and never to sign certificates.
    private static func verifyUsage(_ leaf: OpaquePointer, of uri: String) -> TLSError? {
        // Stricter than RFC 5280: without the extension a certificate could be used for anything.
        if X509_get_extended_key_usage(leaf) == UInt32.max {
            return TLSError(.wrongUsage, "the certificate of \"\(uri)\" has no extended key usage")
        }
        let usage = X509_get_key_usage(leaf)
        // Both marks of a CA, since OpenSSL calls one that lacks either no CA.
        if X509_get_extension_flags(leaf) & UInt32(EXFLAG_CA) != 0
            || usage != UInt32.max && usage & UInt32(KU_KEY_CERT_SIGN | KU_CRL_SIGN) != 0
        {
            return TLSError(
                .wrongUsage, "the certificate of \"\(uri)\" is a CA's and cannot be a peer's own")
        }
        guard usage != UInt32.max, usage & UInt32(KU_DIGITAL_SIGNATURE) != 0 else {
            return TLSError(
                .wrongUsage, "the certificate of \"\(uri)\" has no key usage digitalSignature")
        }
        return nil
    }

    /// What must hold on a resumed session too, whose chain is not checked again: dates and names.
    ///
    /// The session was made under this very verifier, so its trust is the one that counts.
    func verifyResumed(_ certificate: Certificate) -> TLSError? {
        if case .none = anchors { return nil }
        let now = CertificateTime.now()
        if certificate.notAfter < now { return VerificationFailure.expired(certificate, depth: 0) }
        if certificate.notBefore > now { return VerificationFailure.notYetValid(certificate, depth: 0) }
        return verifyNames(leaf: certificate.handle.pointer)
    }

    /// True when a peer without a certificate is let in.
    var allowsAnonymousPeer: Bool { opensslMode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT == 0 }

    private func verifyNames(leaf: OpaquePointer) -> TLSError? {
        // Also where no name is asked for: rules behind the handshake go by it.
        let names = AlternativeNames(certificate: leaf)
        if names.isMalformed { return malformed }
        guard names.uris.count <= 1 else { return severalNames(names) }
        if !allowed.isEmpty || !allowedPrefixes.isEmpty {
            guard names.uris.contains(where: isAllowed) else {
                let shown =
                    names.uris.isEmpty ? "no URI SAN" : "\"\(names.uris.joined(separator: "\", \""))\""
                let wanted = allowed.sorted() + allowedPrefixes.map { $0 + "..." }
                let expected = wanted.joined(separator: "\" or \"")
                return TLSError(
                    .wrongIdentity(names.uris), "the peer's identity is \(shown), expected \"\(expected)\"")
            }
        }
        if let serverName {
            let isMatch =
                IPAddress(serverName) != nil
                ? X509_check_ip_asc(leaf, serverName, 0) == 1
                : X509_check_host(leaf, serverName, 0, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), nil) == 1
            ErrorQueue.clear()
            if !isMatch {
                let shown = (names.dns + names.ips).joined(separator: ", ")
                return TLSError(
                    .wrongServerName,
                    "the server's certificate is not for \"\(serverName)\" but for \(shown.isEmpty ? "no name" : shown)"
                )
            }
        }
        return nil
    }

    private func isAllowed(_ uri: String) -> Bool {
        allowed.contains(uri) || allowedPrefixes.contains { uri.utf8.starts(with: $0.utf8) }
    }

    private func spiffeDomain(of names: AlternativeNames) -> Result<String, TLSError> {
        if names.isMalformed { return .failure(malformed) }
        guard let uri = names.uris.first else {
            return .failure(
                TLSError(
                    .invalidIdentity("no URI SAN"), "the peer's certificate has no URI SAN, so no SPIFFE ID"))
        }
        guard names.uris.count == 1 else { return .failure(severalNames(names)) }
        guard let domain = SPIFFEName.trustDomain(of: uri) else {
            return .failure(
                TLSError(
                    .invalidIdentity("not a SPIFFE ID"), "the peer's identity \"\(uri)\" is not a SPIFFE ID"))
        }
        return .success(domain)
    }

    /// With several names, one rule could match one of them and another rule take the peer for another.
    private func severalNames(_ names: AlternativeNames) -> TLSError {
        TLSError(
            .invalidIdentity("several URI SANs"),
            "the peer's certificate has \(names.uris.count) URI SANs, expected exactly one: "
                + "\"\(names.uris.prefix(4).joined(separator: "\", \""))\"")
    }

    private var malformed: TLSError {
        TLSError(.badCertificate, "the peer's subject alternative names are malformed")
    }

    private func unknown(_ domain: String, known: [String]) -> TLSError {
        let list = known.isEmpty ? "none" : "\"\(known.joined(separator: "\", \""))\""
        return TLSError(
            .unknownTrustDomain(domain),
            "the peer's trust domain \"\(domain)\" is unknown here (known: \(list))")
    }
}

/// The little of SPIFFE-ID 2 that choosing a bundle needs; the full type lives in `Resources`.
enum SPIFFEName {
    /// The trust domain of `spiffe://domain/path`; nil when it is not a SPIFFE ID with a path.
    static func trustDomain(of uri: String) -> String? {
        let prefix = "spiffe://"
        guard uri.utf8.count <= 2048, uri.hasPrefix(prefix) else { return nil }
        let rest = uri.utf8.dropFirst(prefix.utf8.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let domain = rest[..<slash]
        guard (1...255).contains(domain.count), domain.allSatisfy(isDomainByte) else { return nil }
        let path = rest[rest.index(after: slash)...]
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPathValid = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && segment.allSatisfy { isDomainByte($0) || ($0 >= 0x41 && $0 <= 0x5A) }
        }
        return isPathValid ? String(Substring(domain)) : nil
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
