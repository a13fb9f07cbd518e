internal import Bytes
internal import COpenSSL

/// Makes certificates: X.509 v3, random 128-bit serial numbers, ECDSA or RSA with SHA-256.
public enum CertificateAuthority {
    /// A certificate signed by its own key: a root when the template says CA.
    public static func selfSigned(
        _ template: CertificateTemplate, key: PrivateKey
    ) throws(TLSError) -> Certificate {
        try make(template, publicKey: key.publicKey, issuer: nil, issuerKey: key)
    }

    /// A certificate for the key of a verified request.
    ///
    /// Names come from the template alone: what the request asks for is the caller's to judge.
    public static func issue(
        _ template: CertificateTemplate, csr: CSRInfo, issuer: Certificate, issuerKey: PrivateKey
    ) throws(TLSError) -> Certificate {
        try issue(template, publicKey: csr.publicKey, issuer: issuer, issuerKey: issuerKey)
    }

    /// A certificate for `publicKey`.
    ///
    /// The issuer must be a CA and `issuerKey` its key.
    public static func issue(
        _ template: CertificateTemplate, publicKey: PublicKey, issuer: Certificate, issuerKey: PrivateKey
    ) throws(TLSError) -> Certificate {
        guard issuer.isCA else { throw TLSError(.wrongUsage, "the issuer \(issuer.subject) is not a CA") }
        guard issuer.matches(issuerKey) else {
            throw TLSError(.keyMismatch, "the issuing key does not belong to \(issuer.subject)")
        }
        return try make(template, publicKey: publicKey, issuer: issuer, issuerKey: issuerKey)
    }

    private static func make(
        _ template: CertificateTemplate, publicKey: PublicKey, issuer: Certificate?, issuerKey: PrivateKey
    ) throws(TLSError) -> Certificate {
        ErrorQueue.clear()
        guard template.notBefore < template.notAfter else {
            throw TLSError(
                .invalidInput,
                "validity ends (\(template.notAfter.rfc3339)) before it begins (\(template.notBefore.rfc3339))"
            )
        }
        guard let x = X509_new() else { throw TLSError(.internalError, "out of memory") }
        let certificate = Certificate(ownedDraft: x)
        guard X509_set_version(x, 2) == 1, setSerial(x),
            ASN1_TIME_set(X509_getm_notBefore(x), Int(template.notBefore.seconds)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(x), Int(template.notAfter.seconds)) != nil,
            X509_set_pubkey(x, publicKey.handle.pointer) == 1
        else { throw ErrorQueue.error(.internalError, "cannot fill the certificate") }
        try setSubject(x, template)
        let issuerPointer = issuer?.handle.pointer ?? x
        guard X509_set_issuer_name(x, X509_get_subject_name(issuerPointer)) == 1 else {
            throw ErrorQueue.error(.internalError, "cannot set the issuer")
        }
        try addExtensions(x, template, issuer: issuerPointer)
        guard X509_sign(x, issuerKey.handle.pointer, issuerKey.digest) > 0 else {
            throw ErrorQueue.error(.internalError, "cannot sign the certificate")
        }
        // Read back from its bytes: nothing cached while it was a draft survives.
        return try Certificate(der: certificate.der)
    }

    private static func setSerial(_ x: OpaquePointer) -> Bool {
        var bytes = randomBytes(16)
        bytes[0] = bytes[0] & 0x7F | 0x40  // positive and always 16 bytes long
        guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != nil
    }

    private static func setSubject(_ x: OpaquePointer, _ template: CertificateTemplate) throws(TLSError) {
        let name = X509_get_subject_name(x)
        var entries = template.organizations.map { ("O", $0) }
        if let commonName = template.subjectCommonName { entries.append(("CN", commonName)) }
        for (field, value) in entries {
            let bytes = Array(value.utf8)
            guard
                X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0) == 1
            else { throw ErrorQueue.error(.invalidInput, "the subject's \(field) is not acceptable") }
        }
    }

    private static func addExtensions(
        _ x: OpaquePointer, _ template: CertificateTemplate, issuer: OpaquePointer
    ) throws(TLSError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, x, nil, nil, 0)
        func add(_ nid: Int32, _ value: String) throws(TLSError) {
            guard let made = X509V3_EXT_conf_nid(nil, &context, nid, value) else {
                throw ErrorQueue.error(.internalError, "cannot make extension \(nid)")
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(x, made, -1) == 1 else {
                throw ErrorQueue.error(.internalError, "cannot add extension \(nid)")
            }
        }
        if template.isCA {
            let limit = template.pathLength.map { ",pathlen:\(max(0, $0))" } ?? ""
            try add(NID_basic_constraints, "critical,CA:TRUE\(limit)")
            try add(NID_key_usage, "critical,keyCertSign,cRLSign")
        } else {
            try add(NID_basic_constraints, "critical,CA:FALSE")
            try add(NID_key_usage, "critical,digitalSignature")
            let usages =
                (template.clientAuth ? ["clientAuth"] : []) + (template.serverAuth ? ["serverAuth"] : [])
            if !usages.isEmpty { try add(NID_ext_key_usage, usages.joined(separator: ",")) }
        }
        try add(NID_subject_key_identifier, "hash")
        if issuer != x { try add(NID_authority_key_identifier, "keyid") }
        let names = template.alternativeNames
        guard !names.isEmpty else { return }
        // RFC 5280 4.2.1.6: critical when the subject is empty.
        let isCritical: Int32 = template.subjectCommonName == nil && template.organizations.isEmpty ? 1 : 0
        let isAdded = try names.withNames { list throws(TLSError) in
            X509_add1_ext_i2d(
                x, NID_subject_alt_name, UnsafeMutableRawPointer(list), isCritical, UInt(X509V3_ADD_DEFAULT))
                == 1
        }
        guard isAdded else { throw ErrorQueue.error(.internalError, "cannot add the alternative names") }
    }
}

extension Certificate {
    /// A certificate still being filled: its extensions must not be cached yet.
    fileprivate init(ownedDraft pointer: OpaquePointer) {
        handle = SharedHandle(pointer, .certificate)
    }
}
