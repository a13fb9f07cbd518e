internal import COpenSSL

/// `n` bytes from OpenSSL's generator, fit for keys, tokens and nonces.
///
/// Traps when the system has no randomness.
public func randomBytes(_ n: Int) -> [UInt8] {
    precondition(n >= 0 && n <= 1 << 20)
    let bytes = [UInt8](unsafeUninitializedCapacity: n) { buffer, count in
        // The buffer has room for exactly the `n` bytes asked for.
        precondition(n == 0 || RAND_bytes(buffer.baseAddress, Int32(n)) == 1, "no randomness")
        count = n
    }
    return bytes
}

/// The SHA-256 digest of `bytes`, 32 bytes long.
public func sha256(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
        // SHA-256 writes exactly 32 bytes, the capacity.
        precondition(EVP_Digest(bytes, bytes.count, buffer.baseAddress, nil, EVP_sha256(), nil) == 1)
        count = Int(SHA256_DIGEST_LENGTH)
    }
}

/// The version of the OpenSSL library this process runs with, like `OpenSSL 3.0.15 3 Sep 2024`.
public var openSSLVersion: String {
    COpenSSL_version().map { String(cString: $0) } ?? "OpenSSL"
}
