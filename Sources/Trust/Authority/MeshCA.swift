public import Bytes
public import Resources
public import TLS

/// The certificate authority of one mesh: signs leaves of its own trust domain and nothing else.
///
/// The key stays inside; the value's description does not show it.
public struct MeshCA: Sendable, CustomStringConvertible {
    /// The trust domain it speaks for.
    public let trustDomain: TrustDomain
    /// What is published as this mesh's root.
    public let roots: TrustBundle
    /// The certificate that signs: a root or an intermediate.
    public let signer: Certificate
    /// From the signer up to below the root: what leaves bring along.
    ///
    /// Empty when the signer is a root.
    public let intermediates: [Certificate]

    let key: PrivateKey

    /// How long a root is valid: ten years.
    public static let rootLifetime = Duration.seconds(3_650 * 86_400)
    /// How long a leaf is valid unless said otherwise: a day.
    public static let defaultLeafLifetime = Duration.seconds(86_400)
    /// How far back validity begins, for clocks that are behind.
    public static let backdating = Duration.seconds(300)

    init(
        trustDomain: TrustDomain, roots: TrustBundle, signer: Certificate, intermediates: [Certificate],
        key: PrivateKey
    ) {
        self.trustDomain = trustDomain
        self.roots = roots
        self.signer = signer
        self.intermediates = intermediates
        self.key = key
    }

    /// A new CA with a self-signed root over `key`.
    public static func make(
        trustDomain: TrustDomain, key: PrivateKey, now: WallTime
    ) throws(TrustError) -> MeshCA {
        let template = CertificateTemplate(
            subjectCommonName: "Hanse mesh root", organizations: [String(trustDomain.name.prefix(64))],
            notBefore: now - backdating, notAfter: now + rootLifetime, isCA: true, pathLength: 1)
        do {
            let root = try CertificateAuthority.selfSigned(template, key: key)
            return MeshCA(
                trustDomain: trustDomain, roots: TrustBundle(roots: [root]), signer: root, intermediates: [],
                key: key)
        } catch {
            throw TrustError("cannot make a root certificate: \(error.message)")
        }
    }

    /// Subject and end of the signing certificate.
    public var description: String {
        "CA of \(trustDomain): \(signer.subject), valid until \(signer.notAfter.rfc3339)"
    }

    /// When leaves can no longer be made: the signer's end or the end of its last root.
    public var notAfter: WallTime {
        let ends = intermediates.map(\.notAfter) + [signer.notAfter]
        let last = roots.roots.map(\.notAfter).max() ?? signer.notAfter
        return min(ends.min() ?? signer.notAfter, last)
    }
}
