internal import Bytes
internal import COpenSSL

/// An X509 store with the roots of one bundle, built once per context and only read by handshakes.
struct TrustAnchors: Sendable {
    let store: SharedHandle

    init(_ roots: [Certificate]) throws(TLSError) {
        guard let pointer = X509_STORE_new() else { throw TLSError(.internalError, "out of memory") }
        store = SharedHandle(pointer, .store)
        for root in roots {
            guard X509_STORE_add_cert(pointer, root.handle.pointer) == 1 else {
                throw ErrorQueue.error(.invalidInput, "cannot trust \(root.subject)")
            }
        }
        // Every certificate of a bundle is an anchor, a self-signed root or not.
        X509_STORE_set_flags(pointer, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }

    /// Builds and checks the chain of `leaf` with the help of `untrusted` intermediates for one purpose.
    ///
    /// Nil when it ends here; else why not.
    func verify(leaf: OpaquePointer, untrusted: OpaquePointer?, asClient: Bool) -> TLSError? {
        ErrorQueue.clear()
        defer { ErrorQueue.clear() }
        guard let context = X509_STORE_CTX_new() else { return TLSError(.internalError, "out of memory") }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store.pointer, leaf, untrusted) == 1,
            X509_STORE_CTX_set_default(context, asClient ? "ssl_client" : "ssl_server") == 1,
            let parameters = X509_STORE_CTX_get0_param(context)
        else { return ErrorQueue.error(.internalError, "cannot prepare the verification") }
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)  // 112 bits: no SHA-1, no short RSA
        X509_VERIFY_PARAM_set_depth(parameters, 8)
        if X509_verify_cert(context) == 1 { return nil }
        let code = X509_STORE_CTX_get_error(context)
        let culprit = X509_STORE_CTX_get_current_cert(context).map { Certificate(sharing: $0) }
        return VerificationFailure.explain(
            code, depth: Int(X509_STORE_CTX_get_error_depth(context)), culprit: culprit)
    }
}

/// OpenSSL's verification codes in this house's words.
enum VerificationFailure {
    static func explain(_ code: Int32, depth: Int, culprit: Certificate?) -> TLSError {
        let name = culprit.map { naming($0, depth: depth) } ?? "the certificate"
        let reason = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)"
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            guard let culprit else { break }
            return expired(culprit, depth: depth)
        case X509_V_ERR_CERT_NOT_YET_VALID:
            guard let culprit else { break }
            return notYetValid(culprit, depth: depth)
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED,
            X509_V_ERR_CERT_SIGNATURE_FAILURE:
            let issuer = culprit.map { ", issued by \"\($0.issuer)\"," } ?? ""
            return TLSError(.untrusted(reason), "\(name)\(issuer) is signed by an untrusted CA (\(reason))")
        case X509_V_ERR_CERT_CHAIN_TOO_LONG, X509_V_ERR_PATH_LENGTH_EXCEEDED:
            return TLSError(.untrusted(reason), "the chain of \(name) is too long")
        case X509_V_ERR_INVALID_PURPOSE:
            return TLSError(.wrongUsage, "\(name) may not be used for this side of a TLS connection")
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION:
            return TLSError(.untrusted(reason), "\(name) has a name its CA may not give (\(reason))")
        case X509_V_ERR_OUT_OF_MEM:
            return TLSError(.internalError, "out of memory")
        default: break
        }
        return TLSError(.badCertificate, "\(name) is not acceptable: \(reason)")
    }

    static func naming(_ certificate: Certificate, depth: Int) -> String {
        guard depth == 0 else { return "the CA certificate \"\(certificate.subject)\"" }
        let identity = certificate.uriSANs.first ?? certificate.dnsSANs.first ?? certificate.subject
        return "the certificate of \"\(identity)\""
    }

    static func expired(_ certificate: Certificate, depth: Int) -> TLSError {
        let name = naming(certificate, depth: depth)
        let now = CertificateTime.now()
        let end = certificate.notAfter
        return TLSError(
            .expired(notAfter: end),
            "\(name) expired at \(end.rfc3339), \((now - end).forPeople) ago (it is \(now.rfc3339) here)")
    }

    static func notYetValid(_ certificate: Certificate, depth: Int) -> TLSError {
        let name = naming(certificate, depth: depth)
        let now = CertificateTime.now()
        let start = certificate.notBefore
        let skew = start - now
        return TLSError(
            .notYetValid(notBefore: start, skew: skew),
            "\(name) is valid from \(start.rfc3339) on, but it is \(now.rfc3339) here: "
                + "the clocks differ by at least \(skew.forPeople)")
    }
}
