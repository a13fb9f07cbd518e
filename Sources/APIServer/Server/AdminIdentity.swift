import Bytes
import Document
import Reactor
import TLS

/// The admin CA of one server, and what it has signed: the administrator's certificate and the server's own.
///
/// The CA and the administrator's certificate are kept in `STATE/admin`, so that kubeconfigs that were handed out
/// stay good across restarts; the server's certificate is made anew at every start.
struct AdminIdentity: Sendable {
    /// The CA's certificate.
    let authority: Certificate
    private let authorityKey: PrivateKey
    /// The administrator: `CN=admin`, `O=system:masters`.
    let administrator: TLSIdentity
    /// The bearer token of clients without a certificate.
    let token: String

    private static let day = Duration.seconds(86_400)
    private static let leafLifetime = day * 365
    private static let authorityLifetime = day * 3650
    /// Clocks may differ a little.
    private static let backdate = Duration.seconds(300)

    /// Loads what is in `directory`, and makes what is missing, broken or about to expire.
    init(directory: String, name: String, now: WallTime) throws(EmbeddedAPIServerError) {
        do {
            try FileSystem.makeDirectory(directory)
            try FileSystem.setMode(directory, 0o700)
            (authority, authorityKey) = try Self.authority(directory, name, now)
            administrator = try Self.administrator(directory, authority, authorityKey, now)
            token = try Self.token(directory)
        } catch let error as FileError {
            throw .storage(error)
        } catch let error as TLSError {
            throw .tls(error)
        } catch {
            throw .state("\(directory): \(error)")
        }
    }

    private static func authority(
        _ directory: String, _ name: String, _ now: WallTime
    ) throws -> (Certificate, PrivateKey) {
        let (certificatePath, keyPath) = ("\(directory)/ca.crt", "\(directory)/ca.key")
        if FileSystem.exists(certificatePath), FileSystem.exists(keyPath) {
            let certificate = try Certificate(pem: text(certificatePath))
            let key = try PrivateKey(pem: text(keyPath))
            if certificate.matches(key), certificate.isCA, certificate.notAfter > now + leafLifetime {
                return (certificate, key)
            }
            Log.warning("apiserver", "\(certificatePath) is not usable any more; a new admin CA is made")
        }
        let key = try PrivateKey.generateP256()
        let template = CertificateTemplate(
            subjectCommonName: "\(name) admin CA", organizations: ["Hanse"], notBefore: now - backdate,
            notAfter: now + authorityLifetime, isCA: true, pathLength: 0, clientAuth: false, serverAuth: false
        )
        let certificate = try CertificateAuthority.selfSigned(template, key: key)
        // The key first: a certificate without its key is made again, a key alone is harmless.
        try FileSystem.writeAtomically(keyPath, Array(try key.pem().utf8), mode: 0o600)
        try FileSystem.writeAtomically(certificatePath, Array(certificate.pem.utf8), mode: 0o600)
        return (certificate, key)
    }

    private static func administrator(
        _ directory: String, _ authority: Certificate, _ authorityKey: PrivateKey, _ now: WallTime
    ) throws -> TLSIdentity {
        let (certificatePath, keyPath) = ("\(directory)/admin.crt", "\(directory)/admin.key")
        if FileSystem.exists(certificatePath), FileSystem.exists(keyPath) {
            let certificate = try Certificate(pem: text(certificatePath))
            let key = try PrivateKey(pem: text(keyPath))
            if certificate.matches(key), certificate.isSigned(by: authority),
                certificate.notAfter > now + day * 30
            {
                return try TLSIdentity(chain: [certificate], key: key)
            }
        }
        let key = try PrivateKey.generateP256()
        let template = CertificateTemplate(
            subjectCommonName: "admin", organizations: [User.masters], notBefore: now - backdate,
            notAfter: now + leafLifetime, serverAuth: false)
        let certificate = try CertificateAuthority.issue(
            template, publicKey: key.publicKey, issuer: authority, issuerKey: authorityKey)
        try FileSystem.writeAtomically(keyPath, Array(try key.pem().utf8), mode: 0o600)
        try FileSystem.writeAtomically(certificatePath, Array(certificate.pem.utf8), mode: 0o600)
        return try TLSIdentity(chain: [certificate], key: key)
    }

    private static func token(_ directory: String) throws -> String {
        let path = "\(directory)/token"
        if FileSystem.exists(path) {
            let token = try text(path).filter { !$0.isWhitespace }
            if token.utf8.count >= 32 { return token }
        }
        let token = Hex.encode(randomBytes(32))
        try FileSystem.writeAtomically(path, Array("\(token)\n".utf8), mode: 0o600)
        return token
    }

    private static func text(_ path: String) throws(FileError) -> String {
        String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self)
    }

    /// A server's TLS: its certificate for `address`, clients asked for one of the admin CA.
    func serverContext(address: SocketAddress, name: String, now: WallTime) throws(TLSError)
        -> TLSServerContext
    {
        let key = try PrivateKey.generateP256()
        var addresses = [address.ip.description, "127.0.0.1", "::1"]
        if address.ip.isUnspecified { addresses.removeFirst() }
        let template = CertificateTemplate(
            subjectCommonName: "\(name) API server", organizations: ["Hanse"],
            dnsSANs: ["localhost", "kubernetes", "kubernetes.default.svc", Environment.hostName].filter {
                !$0.isEmpty
            },
            ipSANs: Array(Set(addresses)).sorted(), notBefore: now - Self.backdate,
            notAfter: now + Self.leafLifetime, clientAuth: false)
        let certificate = try CertificateAuthority.issue(
            template, publicKey: key.publicKey, issuer: authority, issuerKey: authorityKey)
        let identity = try TLSIdentity(chain: [certificate], key: key)
        return try TLSServerContext(
            configuration: TLSServerConfiguration(
                identity: identity,
                verification: PeerVerification(mode: .optional([authority]), requireClientCertificate: false),
                minimumVersion: .v1_2, alpn: ["http/1.1"]))
    }

    /// The administrator's kubeconfig for a server at `address`, with one context called `name`.
    func kubeconfig(address: SocketAddress, name: String) throws(TLSError) -> String {
        let host: SocketAddress? =
            address.ip.isUnspecified ? SocketAddress(ip: "127.0.0.1", port: address.port) : address
        func base64(_ text: String) -> Node { Node(.string(Base64.encode(Array(text.utf8)))) }
        let label = Node(.string(name))
        return YAML.serialize([
            "apiVersion": "v1", "kind": "Config", "current-context": label, "preferences": [:],
            "clusters": [
                [
                    "name": label,
                    "cluster": [
                        "server": Node(.string("https://\(host ?? address)")),
                        "certificate-authority-data": base64(authority.pem),
                    ],
                ]
            ],
            "contexts": [["name": label, "context": ["cluster": label, "user": label]]],
            "users": [
                [
                    "name": label,
                    "user": [
                        "client-certificate-data": base64(administrator.leaf.pem),
                        "client-key-data": base64(try administrator.key.pem()),
                    ],
                ]
            ],
        ])
    }
}
