public import Bytes
public import Document
public import Resources

/// What one peer claims: a trust domain, and the roots our admin has for it.
public struct PeerTrust: Hashable, Sendable {
    /// The ServiceMeshPeer.
    public var peer: ObjectKey
    /// The trust domain it claims; nil when it names none: then it shares ours.
    public var trustDomain: TrustDomain?
    /// The roots for it; nil when there are none or none that can be used.
    public var bundle: TrustBundle?
    /// What is wrong with its resources.
    ///
    /// With an error the peer is not trusted.
    public var findings: [Finding]

    /// A claim known to be well formed.
    public init(
        peer: ObjectKey, trustDomain: TrustDomain?, bundle: TrustBundle?, findings: [Finding] = []
    ) {
        self.peer = peer
        self.trustDomain = trustDomain
        self.bundle = bundle
        self.findings = findings
    }

    /// The key of a root ConfigMap.
    public static let rootKey = "root-cert.pem"

    /// Reads a ServiceMeshPeer and the ConfigMap its `spec.security.certificateChain` names, nil when that is absent.
    ///
    /// A peer that names no trust domain needs no ConfigMap: it must chain to our own root.
    public init(peer resource: Resource, configMap: Resource?, own: TrustDomain, now: WallTime) {
        let spec = ServiceMeshPeerSpec(resource)
        let security = FieldPath("spec", "security")
        self.init(peer: resource.key, trustDomain: nil, bundle: nil)
        if !spec.trustDomainText.isEmpty {
            guard let domain = spec.trustDomain else {
                let problem = TrustDomain.problem(with: spec.trustDomainText) ?? "is not a trust domain"
                report(problem, at: security.appending("trustDomain"))
                return
            }
            trustDomain = domain
        }
        if let chain = spec.certificateChain, !chain.isConfigMap {
            let kind = chain.apiGroup.isEmpty ? chain.kind : "\(chain.kind).\(chain.apiGroup)"
            report(
                "\"\(kind)\" is not supported; allowed: ConfigMap",
                at: security.appending("certificateChain").appending("kind"))
            return
        }
        let isOwn = trustDomain == nil || trustDomain == own
        let name = spec.rootConfigMapName(peer: resource.name)
        guard let configMap else {
            if isOwn && spec.certificateChain == nil { return }
            report(
                "the root certificate of trust domain \"\(trustDomain ?? own)\" is missing: there is no ConfigMap "
                    + "\"\(name)\" in namespace \"\(resource.namespace)\"",
                at: security.appending("certificateChain"))
            return
        }
        guard let pem = configMap.node.at("data", Self.rootKey)?.string, !pem.isEmpty else {
            report(
                "ConfigMap \"\(name)\" has no key \"\(Self.rootKey)\"",
                at: security.appending("certificateChain"))
            return
        }
        do {
            let parsed = try TrustBundle.parse(pem: pem, path: FieldPath("data", Self.rootKey), now: now)
            bundle = parsed.bundle
            findings += parsed.warnings.map { Self.naming($0, configMap: name) }
        } catch {
            findings += error.findings.map { Self.naming($0, configMap: name) }
        }
    }

    /// True when something is wrong that keeps the peer out.
    public var hasErrors: Bool { findings.contains { $0.severity == .error } }

    private mutating func report(_ message: String, at path: FieldPath) {
        findings.append(Finding(path: path, message: message))
    }

    /// Says which object a path is in: it is not the peer's own.
    private static func naming(_ finding: Finding, configMap: String) -> Finding {
        var finding = finding
        finding.message = "ConfigMap \"\(configMap)\": \(finding.message)"
        return finding
    }
}
