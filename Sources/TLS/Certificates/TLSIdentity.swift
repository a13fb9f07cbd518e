/// A certificate chain, leaf first, with the leaf's key: what one side of a connection shows.
public struct TLSIdentity: Sendable {
    /// The leaf, then intermediates towards the root.
    ///
    /// The root itself may be left out.
    public let chain: [Certificate]
    /// The leaf's key.
    public let key: PrivateKey

    /// An identity; the chain must not be empty and the key must be the leaf's.
    public init(chain: [Certificate], key: PrivateKey) throws(TLSError) {
        guard let leaf = chain.first else { throw TLSError(.invalidInput, "the certificate chain is empty") }
        guard leaf.matches(key) else {
            throw TLSError(.keyMismatch, "the private key does not belong to certificate \(leaf.subject)")
        }
        self.chain = chain
        self.key = key
    }

    /// Reads an identity from PEM texts.
    public init(chainPEM: String, keyPEM: String) throws(TLSError) {
        try self.init(chain: Certificate.parseChain(pem: chainPEM), key: PrivateKey(pem: keyPEM))
    }

    /// The certificate peers see.
    public var leaf: Certificate { chain[0] }
}
