internal import COpenSSL

/// A private key.
///
/// Its bytes are wiped when the last copy goes; its description never shows them.
public struct PrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let handle: SharedHandle

    private init(owned pointer: OpaquePointer) {
        handle = SharedHandle(pointer, .key)
    }

    /// A new ECDSA key on P-256.
    public static func generateP256() throws(TLSError) -> PrivateKey {
        ErrorQueue.clear()
        guard let key = COpenSSL_generate_p256() else {
            throw ErrorQueue.error(.internalError, "cannot make a P-256 key")
        }
        return PrivateKey(owned: key)
    }

    /// Reads an unencrypted PEM key: PKCS#8, or the older EC and RSA forms.
    ///
    /// The key must be fit for our use: P-256, P-384 or P-521, Ed25519, or RSA of at least 2048 bits.
    public init(pem: String) throws(TLSError) {
        ErrorQueue.clear()
        let pointer = MemoryBIO.reading(pem) { bio in
            // The callback refuses passwords; without one OpenSSL would ask on the terminal.
            PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let pointer, let pointer else {
            throw ErrorQueue.error(.invalidInput, "not an unencrypted PEM private key")
        }
        self.init(owned: pointer)
        try PublicKey(sharing: self).requireStrength()
    }

    /// The key as PKCS#8 PEM, for a file or a Secret.
    ///
    /// The caller keeps it out of logs.
    public func pem() throws(TLSError) -> String {
        ErrorQueue.clear()
        let text = MemoryBIO.written(isSecret: true) { bio in
            PEM_write_bio_PKCS8PrivateKey(bio, handle.pointer, nil, nil, 0, nil, nil) == 1
        }
        guard let text else { throw ErrorQueue.error(.internalError, "cannot write the private key") }
        return text
    }

    /// The public half.
    public var publicKey: PublicKey { PublicKey(sharing: self) }

    /// The kind of key, never its bytes.
    public var description: String { "private key (\(publicKey.algorithm))" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Shows nothing of the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A public key, from a certificate, a request or a private key.
public struct PublicKey: Sendable, Equatable, CustomStringConvertible {
    let handle: SharedHandle

    /// Takes over the caller's reference.
    init(owned pointer: OpaquePointer) {
        handle = SharedHandle(pointer, .key)
    }

    init(sharing key: PrivateKey) {
        handle = key.handle
    }

    /// True when both are the same key.
    public static func == (lhs: PublicKey, rhs: PublicKey) -> Bool {
        EVP_PKEY_eq(lhs.handle.pointer, rhs.handle.pointer) == 1
    }

    /// `EC 256`, `RSA 2048`, `ED25519 256`.
    public var algorithm: String {
        let name = EVP_PKEY_get0_type_name(handle.pointer).map { String(cString: $0) } ?? "unknown"
        return "\(name) \(EVP_PKEY_get_bits(handle.pointer))"
    }

    /// The kind of key.
    public var description: String { "public key (\(algorithm))" }

    /// Refuses keys that are too weak or of a kind no peer would take.
    func requireStrength() throws(TLSError) {
        let bits = EVP_PKEY_get_bits(handle.pointer)
        let isStrong =
            EVP_PKEY_is_a(handle.pointer, "EC") == 1
            ? bits >= 256
            : EVP_PKEY_is_a(handle.pointer, "ED25519") == 1
                ? true
                : EVP_PKEY_is_a(handle.pointer, "RSA") == 1
                    ? bits >= 2048 && bits <= 8192
                    : false
        guard isStrong else {
            throw TLSError(
                .invalidInput,
                "a key of kind \(algorithm) is not accepted; use EC P-256 or larger, ED25519 or RSA from 2048 bits"
            )
        }
    }
}
