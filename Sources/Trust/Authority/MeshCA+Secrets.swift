public import Bytes
public import Document
public import Resources
internal import TLS

extension MeshCA {
    /// The Secret an admin plugs a CA in by.
    ///
    /// Wins over the CA's own.
    public static let pluggedSecretName = "cacerts"
    /// The Secret a CA made by us is kept in.
    public static let ownSecretName = "istio-ca-secret"

    /// A CA and what is worth telling about where it came from.
    public struct Loaded: Sendable {
        /// The CA.
        public var authority: MeshCA
        /// Dates that come near and the like.
        public var warnings: [Finding]
    }

    /// Istio's keys.
    private enum Key {
        static let certificate = "ca-cert.pem"
        static let key = "ca-key.pem"
        static let root = "root-cert.pem"
        static let chain = "cert-chain.pem"
    }

    /// Reads a CA from a Secret, `cacerts` or `istio-ca-secret`, and checks that leaves of it will be believed.
    ///
    /// `ca-cert.pem` signs with `ca-key.pem`; `cert-chain.pem` leads from it to one of `root-cert.pem`. Without a chain
    /// the root has signed it, or is it; without `root-cert.pem` it must be a root itself.
    public static func load(
        _ secret: Resource, trustDomain: TrustDomain, now: WallTime
    ) throws(TrustError) -> Loaded {
        var reader = SecretReader(secret)
        let signer = reader.certificate(Key.certificate)
        let key = reader.privateKey(Key.key)
        let chain = reader.certificates(Key.chain, isRequired: false)
        let isRootNeeded = secret.name == pluggedSecretName
        let roots = reader.certificates(Key.root, isRequired: isRootNeeded)
        guard let signer, let key else { throw TrustError(findings: reader.findings) }
        reader.checkSigner(signer, key, now: now, path: Key.certificate, keyPath: Key.key)
        var bundle: TrustBundle?
        if let text = reader.text(Key.root) {
            do {
                let parsed = try TrustBundle.parse(pem: text, path: SecretReader.path(Key.root), now: now)
                bundle = parsed.bundle
                reader.warnings += parsed.warnings
            } catch {
                reader.findings += error.findings
            }
        } else if !isRootNeeded, roots == nil {
            bundle = TrustBundle(roots: [signer])
        }
        guard let bundle, reader.findings.isEmpty else { throw TrustError(findings: reader.findings) }
        let intermediates: [Certificate]
        do {
            intermediates = try path(from: signer, through: chain ?? [], to: bundle, now: now)
        } catch {
            throw TrustError(findings: reader.findings + error.findings)
        }
        let authority = MeshCA(
            trustDomain: trustDomain, roots: bundle, signer: signer, intermediates: intermediates, key: key)
        return Loaded(authority: authority, warnings: reader.warnings)
    }

    /// The Secret to keep a CA of ours in.
    public func secret(namespace: String) throws(TrustError) -> Resource {
        var resource = Resource(type: .secret, namespace: namespace, name: Self.ownSecretName)
        let keyText: String
        do {
            keyText = try key.pem()
        } catch {
            throw TrustError(error.message)
        }
        let chain = intermediates.map(\.pem).joined()
        func encoded(_ text: String) -> Node { Node(Base64.encode(Array(text.utf8))) }
        resource.node["type"] = "istio.io/ca-root"
        resource.node["data"] = [
            "ca-cert.pem": encoded(signer.pem), "ca-key.pem": encoded(keyText),
            "cert-chain.pem": encoded(chain.isEmpty ? signer.pem : chain),
            "root-cert.pem": encoded(roots.pem),
        ]
        return resource
    }

    /// The certificates between a leaf and the root: the signer and what is above it.
    private static func path(
        from signer: Certificate, through chain: [Certificate], to bundle: TrustBundle, now: WallTime
    ) throws(TrustError) -> [Certificate] {
        let field = SecretReader.path(Key.chain)
        var found: [Certificate] = []
        var current = signer
        while !bundle.roots.contains(current) {
            if let limit = current.pathLength, limit < found.count {
                throw TrustError(
                    "\"\(current.subject)\" allows \(limit) CAs below it, there are \(found.count)", at: field
                )
            }
            found.append(current)
            if let root = bundle.roots.first(where: { current.isSigned(by: $0) }) {
                if let limit = root.pathLength, limit < found.count {
                    throw TrustError(
                        "root \"\(root.subject)\" allows \(limit) CAs below it, there are \(found.count)",
                        at: field)
                }
                return found
            }
            guard found.count < 8,
                let next = chain.first(where: { !found.contains($0) && current.isSigned(by: $0) })
            else {
                throw TrustError(
                    "no chain leads from ca-cert.pem to root-cert.pem: nothing signed \"\(current.subject)\" "
                        + "(issued by \"\(current.issuer)\")", at: field)
            }
            guard next.isCA, next.notAfter > now else {
                throw TrustError("\"\(next.subject)\" is not a CA or has expired", at: field)
            }
            current = next
        }
        return found
    }
}

/// Reads a Secret's fields and collects what is wrong with them.
private struct SecretReader {
    let secret: Resource
    var findings: [Finding] = []
    var warnings: [Finding] = []

    init(_ secret: Resource) {
        self.secret = secret
    }

    static func path(_ key: String) -> FieldPath { FieldPath("data", key) }

    private mutating func report(_ key: String, _ message: String) {
        findings.append(Finding(path: Self.path(key), message: "Secret \"\(secret.name)\": \(message)"))
    }

    /// The decoded field; nil when it is absent, empty or not base64 of text.
    func text(_ key: String) -> String? {
        if let plain = secret.node.at("stringData", key)?.string { return plain.isEmpty ? nil : plain }
        guard let encoded = secret.node.at("data", key)?.string, let bytes = Base64.decode(encoded),
            !bytes.isEmpty
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private mutating func required(_ key: String) -> String? {
        if let text = text(key) { return text }
        let isThere = secret.node.at("data", key)?.string?.isEmpty == false
        report(key, isThere ? "is not base64 of text" : "is missing")
        return nil
    }

    mutating func certificates(_ key: String, isRequired: Bool) -> [Certificate]? {
        guard let text = isRequired ? required(key) : text(key) else { return nil }
        do {
            return try Certificate.parseChain(pem: text)
        } catch {
            report(key, error.message)
            return nil
        }
    }

    mutating func certificate(_ key: String) -> Certificate? {
        guard let all = certificates(key, isRequired: true) else { return nil }
        if all.count != 1 {
            report(key, "holds \(all.count) certificates, expected one; the rest go to cert-chain.pem")
        }
        return all.count == 1 ? all[0] : nil
    }

    mutating func privateKey(_ key: String) -> PrivateKey? {
        guard let text = required(key) else { return nil }
        do {
            return try PrivateKey(pem: text)
        } catch {
            report(key, error.message)
            return nil
        }
    }

    mutating func checkSigner(
        _ signer: Certificate, _ key: PrivateKey, now: WallTime, path: String, keyPath: String
    ) {
        if !signer.isCA { report(path, "\"\(signer.subject)\" is not a CA certificate") }
        if !signer.matches(key) { report(keyPath, "is not the key of ca-cert.pem") }
        if signer.notAfter <= now {
            report(path, "expired at \(signer.notAfter.rfc3339) (it is \(now.rfc3339) here)")
        } else if signer.notBefore > now {
            report(
                path,
                "is not valid before \(signer.notBefore.rfc3339), but it is \(now.rfc3339) here: "
                    + "the clocks differ by at least \(spoken(signer.notBefore - now))")
        } else if signer.notAfter - now < .seconds(30 * 86_400) {
            warnings.append(
                Finding(
                    severity: .warning, path: Self.path(path),
                    message: "Secret \"\(secret.name)\": expires in \(spoken(signer.notAfter - now))"))
        }
    }
}
