import Bytes
import Foundation
import TLS

/// A trust domain with its own CA, made fresh for a test; files lie in a directory of its own.
struct TestPKI: Sendable {
    let directory: String
    let domain: String
    let root: Certificate
    private let key: PrivateKey

    init(_ domain: String, in directory: String) throws {
        self.directory = directory
        self.domain = domain
        key = try PrivateKey.generateP256()
        let now = Int64(Date().timeIntervalSince1970)
        root = try CertificateAuthority.selfSigned(
            CertificateTemplate(
                subjectCommonName: "root of \(domain)", notBefore: WallTime(seconds: now - 300),
                notAfter: WallTime(seconds: now + 86_400), isCA: true),
            key: key)
        try root.pem.write(toFile: rootFile, atomically: true, encoding: .utf8)
    }

    var rootFile: String { "\(directory)/\(domain)-ca.pem" }

    func uri(_ name: String) -> String { "spiffe://\(domain)/ns/test/sa/\(name)" }

    /// Writes `NAME.pem` and `NAME.key` for the identity `uris`, by default the domain's own of that name.
    func issue(_ name: String, uris: [String]? = nil, file: String? = nil, lifetime: Int64 = 3600) throws {
        let leafKey = try PrivateKey.generateP256()
        let now = Int64(Date().timeIntervalSince1970)
        let leaf = try CertificateAuthority.issue(
            CertificateTemplate(
                uriSANs: uris ?? [uri(name)], dnsSANs: ["localhost"], notBefore: WallTime(seconds: now - 300),
                notAfter: WallTime(seconds: now + lifetime)),
            publicKey: leafKey.publicKey, issuer: root, issuerKey: key)
        let stem = "\(directory)/\(file ?? name)"
        try leafKey.pem().write(toFile: stem + ".key", atomically: true, encoding: .utf8)
        try leaf.pem.write(toFile: stem + ".pem", atomically: true, encoding: .utf8)
    }
}
