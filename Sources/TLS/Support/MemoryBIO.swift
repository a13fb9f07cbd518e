internal import COpenSSL

/// Short-lived memory BIOs for PEM and names.
enum MemoryBIO {
    /// The longest PEM text that is read: far above any chain or bundle in use.
    static let maxTextBytes = 1 << 20

    /// Lends a read-only BIO over `text` without copying it.
    static func reading<R, E: Error>(_ text: String, _ body: (OpaquePointer) throws(E) -> R) throws(E) -> R? {
        var copy = text
        let result: Result<R, E>? = copy.withUTF8 { bytes in
            // `bytes` outlives the BIO, which only points at it.
            guard let base = bytes.baseAddress, bytes.count <= maxTextBytes,
                let bio = BIO_new_mem_buf(base, Int32(bytes.count))
            else { return nil }
            defer { BIO_free(bio) }
            do throws(E) {
                return .success(try body(bio))
            } catch {
                return .failure(error)
            }
        }
        return try result?.get()
    }

    /// What `body` wrote, as text.
    ///
    /// The memory is wiped when `isSecret`.
    static func written(isSecret: Bool = false, _ body: (OpaquePointer) -> Bool) -> String? {
        guard let bio = BIO_new(isSecret ? BIO_s_secmem() : BIO_s_mem()) else { return nil }
        defer { BIO_free(bio) }
        guard body(bio) else { return nil }
        var data: UnsafeMutablePointer<CChar>?
        let count = COpenSSL_BIO_contents(bio, &data)
        guard count >= 0, let data else { return count == 0 ? "" : nil }
        // The BIO owns `count` bytes at `data` until it is freed below.
        let bytes = UnsafeRawBufferPointer(start: data, count: count)
        let text = String(decoding: bytes, as: UTF8.self)
        if isSecret { OPENSSL_cleanse(data, count) }
        return text
    }
}
