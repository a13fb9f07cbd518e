internal import COpenSSL

/// The one owner of one counted reference to an OpenSSL object.
///
/// `@unchecked Sendable` holds because each kind kept here is never changed once its owner is published: keys and
/// certificates are filled before they are wrapped, contexts and stores are configured in their initialiser and only
/// read later, sessions are private duplicates. OpenSSL counts references atomically and locks its own lazy caches
/// (certificate extensions, a context's session cache).
final class SharedHandle: @unchecked Sendable {
    enum Kind {
        case key, certificate, context, store, session, method
    }

    let pointer: OpaquePointer
    private let kind: Kind

    /// Takes over the caller's reference.
    init(_ pointer: OpaquePointer, _ kind: Kind) {
        self.pointer = pointer
        self.kind = kind
    }

    deinit {
        switch kind {
        case .key: EVP_PKEY_free(pointer)
        case .certificate: X509_free(pointer)
        case .context: SSL_CTX_free(pointer)
        case .store: X509_STORE_free(pointer)
        case .session: SSL_SESSION_free(pointer)
        case .method: BIO_meth_free(pointer)
        }
    }
}
