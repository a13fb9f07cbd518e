public import Bytes
internal import COpenSSL

/// An X.509 certificate.
///
/// Copies share one parsed object; properties are read from it when asked.
public struct Certificate: Sendable, Hashable, CustomStringConvertible {
    let handle: SharedHandle

    /// Takes over the caller's reference.
    init(owned pointer: OpaquePointer) {
        // Parses and caches the extensions now, so that later reads from several threads find them ready.
        X509_check_purpose(pointer, -1, 0)
        ErrorQueue.clear()
        handle = SharedHandle(pointer, .certificate)
    }

    /// Adds a reference of its own.
    init(sharing pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.init(owned: pointer)
    }

    /// Reads the one certificate of a PEM text.
    ///
    /// More than one is an error.
    public init(pem: String) throws(TLSError) {
        let chain = try Certificate.parseChain(pem: pem)
        guard chain.count == 1 else {
            throw TLSError(.invalidInput, "expected one certificate, found \(chain.count)")
        }
        self = chain[0]
    }

    /// Reads one DER certificate; trailing bytes are an error.
    public init(der: [UInt8]) throws(TLSError) {
        ErrorQueue.clear()
        let pointer: OpaquePointer? = der.withUnsafeBufferPointer { bytes in
            // `next` moves inside `bytes` only: d2i is given its exact length.
            var next = bytes.baseAddress
            guard let parsed = d2i_X509(nil, &next, bytes.count) else { return nil }
            guard next == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_free(parsed)
                return nil
            }
            return parsed
        }
        guard let pointer else { throw ErrorQueue.error(.invalidInput, "not a DER certificate") }
        self.init(owned: pointer)
    }

    /// The certificates of a PEM text in order, at most 1,000.
    ///
    /// Text around the blocks is skipped; a block that is not a readable certificate, and a text without any,
    /// are errors.
    public static func parseChain(pem: String) throws(TLSError) -> [Certificate] {
        ErrorQueue.clear()
        guard pem.utf8.count <= MemoryBIO.maxTextBytes else {
            throw TLSError(.invalidInput, "PEM text is longer than \(MemoryBIO.maxTextBytes) bytes")
        }
        let chain = try MemoryBIO.reading(pem) { bio throws(TLSError) -> [Certificate] in
            var found: [Certificate] = []
            while let pointer = PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) {
                found.append(Certificate(owned: pointer))
                if found.count > 1_000 { throw TLSError(.invalidInput, "more than 1000 certificates") }
            }
            let last = ErrorQueue.drain()
            guard last == nil || (last?.library == ERR_LIB_PEM && last?.reason == PEM_R_NO_START_LINE) else {
                throw TLSError(
                    .invalidInput, "certificate \(found.count + 1) cannot be read: \(last?.text ?? "unknown")"
                )
            }
            return found
        }
        guard let chain, !chain.isEmpty else { throw TLSError(.invalidInput, "no PEM certificate found") }
        return chain
    }

    /// The certificate as PEM, with a final newline.
    public var pem: String {
        MemoryBIO.written { PEM_write_bio_X509($0, handle.pointer) == 1 } ?? ""
    }

    /// The certificate's DER bytes.
    public var der: [UInt8] {
        let count = i2d_X509(handle.pointer, nil)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
            // i2d writes the `count` bytes it has just announced; the object does not change.
            var next = buffer.baseAddress
            written = max(0, Int(i2d_X509(handle.pointer, &next)))
        }
    }

    /// SHA-256 of the DER bytes.
    public var sha256: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            // EVP_MAX_MD_SIZE bytes hold any digest.
            var length: UInt32 = 0
            X509_digest(handle.pointer, EVP_sha256(), buffer.baseAddress, &length)
            count = Int(length)
        }
    }

    /// True when both are byte for byte the same.
    public static func == (lhs: Certificate, rhs: Certificate) -> Bool {
        lhs.handle === rhs.handle || X509_cmp(lhs.handle.pointer, rhs.handle.pointer) == 0
    }

    /// Hashes the fingerprint.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sha256)
    }

    /// The first moment at which it is valid.
    public var notBefore: WallTime { CertificateTime.wallTime(X509_get0_notBefore(handle.pointer)) }
    /// The last moment at which it is valid.
    public var notAfter: WallTime { CertificateTime.wallTime(X509_get0_notAfter(handle.pointer)) }

    /// The public key.
    ///
    /// Nil when its algorithm is unknown.
    public var publicKey: PublicKey? {
        guard let key = X509_get_pubkey(handle.pointer) else {
            ErrorQueue.clear()
            return nil
        }
        return PublicKey(owned: key)
    }

    /// True when `issuer`'s key signed it and names and key identifiers fit.
    ///
    /// Says nothing about dates or trust.
    public func isSigned(by issuer: Certificate) -> Bool {
        defer { ErrorQueue.clear() }
        guard X509_check_issued(issuer.handle.pointer, handle.pointer) == X509_V_OK,
            let key = X509_get0_pubkey(issuer.handle.pointer)
        else { return false }
        return X509_verify(handle.pointer, key) == 1
    }

    /// True when `key` is the certificate's.
    public func matches(_ key: PrivateKey) -> Bool {
        defer { ErrorQueue.clear() }
        return X509_check_private_key(handle.pointer, key.handle.pointer) == 1
    }

    /// True when basic constraints make it a CA and its key usage, if any, allows signing certificates.
    public var isCA: Bool {
        X509_check_ca(handle.pointer) == 1 && keyUsage & UInt32(KU_KEY_CERT_SIGN) != 0
    }

    /// True when it is self-issued: a root as far as the chain goes.
    public var isSelfSigned: Bool {
        X509_get_extension_flags(handle.pointer) & UInt32(EXFLAG_SS) != 0
    }

    /// The most intermediate certificates that may follow under this CA.
    ///
    /// Nil when unlimited or not a CA.
    public var pathLength: Int? {
        let length = X509_get_pathlen(handle.pointer)
        return length < 0 ? nil : length
    }

    /// True when extended key usage is absent or names client authentication.
    public var allowsClientAuth: Bool { extendedKeyUsage & UInt32(XKU_SSL_CLIENT) != 0 }
    /// True when extended key usage is absent or names server authentication.
    public var allowsServerAuth: Bool { extendedKeyUsage & UInt32(XKU_SSL_SERVER) != 0 }

    /// All bits when the extension is absent.
    var keyUsage: UInt32 { X509_get_key_usage(handle.pointer) }
    /// All bits when the extension is absent.
    var extendedKeyUsage: UInt32 { X509_get_extended_key_usage(handle.pointer) }

    /// Subject and dates.
    public var description: String {
        "certificate \(subject) valid \(notBefore.rfc3339) to \(notAfter.rfc3339)"
    }
}
