import Bytes
import Document
import Foundation
import Resources
import TLS
import Trust

/// The time tests happen at: the real one, since handshakes look at the clock.
func now() -> WallTime {
    WallTime(seconds: Int64(Date().timeIntervalSince1970))
}

func domain(_ name: String) throws -> TrustDomain {
    guard let domain = TrustDomain(name) else { throw TrustError("test names \(name)") }
    return domain
}

func authority(_ name: String) throws -> MeshCA {
    try MeshCA.make(trustDomain: domain(name), key: .generateP256(), now: now())
}

func id(_ text: String) throws -> SPIFFEID {
    guard let id = SPIFFEID(text) else { throw TrustError("test names \(text)") }
    return id
}

func configMap(_ name: String, _ data: [String: String]) -> Resource {
    var resource = Resource(type: .configMap, namespace: "mesh", name: name)
    for (key, value) in data { resource.node["data", default: Node(Object())][key] = Node(value) }
    return resource
}

extension Node {
    subscript(_ key: String, default fallback: Node) -> Node {
        get { self[key] ?? fallback }
        set { self[key] = newValue }
    }
}

func secret(_ name: String, _ data: [String: String]) -> Resource {
    var resource = Resource(type: .secret, namespace: "mesh", name: name)
    for (key, value) in data {
        resource.node["data", default: Node(Object())][key] = Node(Base64.encode(Array(value.utf8)))
    }
    return resource
}

/// A CA certificate signed by another, for plugged-in chains.
func subordinate(
    _ name: String, under issuer: Certificate, _ issuerKey: PrivateKey, pathLength: Int? = nil,
    _ change: (inout CertificateTemplate) -> Void = { _ in }
) throws -> (certificate: Certificate, key: PrivateKey) {
    let key = try PrivateKey.generateP256()
    var template = CertificateTemplate(
        subjectCommonName: name, notBefore: now() - .seconds(600), notAfter: now() + .seconds(90 * 86_400),
        isCA: true, pathLength: pathLength)
    change(&template)
    let made = try CertificateAuthority.issue(
        template, publicKey: key.publicKey, issuer: issuer, issuerKey: issuerKey)
    return (made, key)
}

func root(
    _ name: String, pathLength: Int? = nil, _ change: (inout CertificateTemplate) -> Void = { _ in }
) throws -> (certificate: Certificate, key: PrivateKey) {
    let key = try PrivateKey.generateP256()
    var template = CertificateTemplate(
        subjectCommonName: name, notBefore: now() - .seconds(600), notAfter: now() + .seconds(365 * 86_400),
        isCA: true, pathLength: pathLength)
    change(&template)
    return (try CertificateAuthority.selfSigned(template, key: key), key)
}

/// Runs a mutual handshake in memory; the errors of both sides, nil where all is well.
func handshake(
    client: TLSIdentity, _ clientTrust: PeerVerification, server: TLSIdentity, _ serverTrust: PeerVerification
) throws -> (client: TLSError?, server: TLSError?) {
    let serverContext = try TLSServerContext(
        configuration: TLSServerConfiguration(identity: server, verification: serverTrust))
    let clientContext = try TLSClientContext(
        configuration: TLSClientConfiguration(identity: client, verification: clientTrust))
    let left = try TLSSession(client: clientContext, sni: "x")
    let right = try TLSSession(server: serverContext)
    var errors: (client: TLSError?, server: TLSError?)
    func step(_ session: TLSSession) -> TLSError? {
        do { _ = try session.handshake() } catch { return error }
        return nil
    }
    for _ in 0..<5 {
        errors.client = errors.client ?? step(left)
        right.receive(left.output.readAll().span)
        errors.server = errors.server ?? step(right)
        left.receive(right.output.readAll().span)
    }
    return errors
}
