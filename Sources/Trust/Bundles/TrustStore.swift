public import Document
public import Resources
public import TLS

/// Whom this mesh believes: one bundle per trust domain, never merged.
///
/// What is in doubt is not trusted: when two peers claim one trust domain, neither gets it, and nobody gets ours.
/// Findings say so. A peer that claims none shares our root and domain, as in OpenShift Service Mesh 2.
public struct TrustStore: Hashable, Sendable {
    /// A finding about one peer.
    public struct PeerFinding: Hashable, Sendable {
        /// The ServiceMeshPeer.
        public var peer: ObjectKey
        /// What was found.
        public var finding: Finding
    }

    /// This mesh's trust domain.
    public let own: TrustDomain
    /// What was found, in the order of the peers' names.
    public let findings: [PeerFinding]

    private let bundles: [TrustDomain: TrustBundle]
    private let domains: [ObjectKey: TrustDomain]

    /// Settles the claims of all peers.
    public init(own: TrustDomain, ownBundle: TrustBundle, peers: [PeerTrust]) {
        var bundles = [own: ownBundle]
        var domains: [ObjectKey: TrustDomain] = [:]
        var findings: [PeerFinding] = []
        let path = FieldPath("spec", "security", "trustDomain")
        let sorted = peers.sorted { ($0.peer.namespace, $0.peer.name) < ($1.peer.namespace, $1.peer.name) }
        for peer in sorted {
            findings += peer.findings.map { PeerFinding(peer: peer.peer, finding: $0) }
        }
        func report(_ severity: Finding.Severity, _ peer: PeerTrust, _ message: String) {
            let finding = Finding(severity: severity, path: path, message: message)
            findings.append(PeerFinding(peer: peer.peer, finding: finding))
        }
        let usable = sorted.filter { !$0.hasErrors }
        for peer in usable where peer.trustDomain == nil {
            guard peer.bundle == nil || peer.bundle == ownBundle else {
                report(
                    .error, peer,
                    "is not set, but the peer has other roots than this mesh; name its trust domain")
                continue
            }
            domains[peer.peer] = own
            report(
                .warning, peer,
                "is not set: the peer must chain to this mesh's own root, and its CA can speak for \"\(own)\""
            )
        }
        let claims = Dictionary(grouping: usable.filter { $0.trustDomain != nil }) { $0.trustDomain ?? own }
        for (domain, claimants) in claims.sorted(by: { $0.key < $1.key }) {
            for peer in claimants where domain == own {
                report(
                    .error, peer,
                    "\"\(domain)\" is this mesh's own trust domain; give each mesh one of its own, or leave the field "
                        + "empty when the peer shares this mesh's root")
            }
            guard domain != own else { continue }
            guard claimants.count == 1 else {
                for peer in claimants {
                    let others = claimants.filter { $0.peer != peer.peer }.map { "\"\($0.peer.name)\"" }
                    report(
                        .error, peer,
                        "\"\(domain)\" is also claimed by \(others.joined(separator: ", ")); "
                            + "none of them is trusted until only one claims it")
                }
                continue
            }
            guard let bundle = claimants[0].bundle else {
                report(.error, claimants[0], "there are no roots for \"\(domain)\"")
                continue
            }
            bundles[domain] = bundle
            domains[claimants[0].peer] = domain
        }
        findings += Self.sharedRoots(bundles, sorted.filter { domains[$0.peer] != nil }, domains, path)
        self.own = own
        self.bundles = bundles
        self.domains = domains
        self.findings = findings.sorted {
            ($0.peer.namespace, $0.peer.name) < ($1.peer.namespace, $1.peer.name)
        }
    }

    /// The roots that speak for a trust domain; nil when nobody does.
    public func bundle(for domain: TrustDomain) -> TrustBundle? { bundles[domain] }

    /// The trust domain a peer speaks for; nil when it is not trusted.
    public func trustDomain(ofPeer peer: ObjectKey) -> TrustDomain? { domains[peer] }

    /// Every trust domain with roots, in order.
    public var trustDomains: [TrustDomain] { bundles.keys.sorted() }

    /// True when a peer is trusted at all.
    public func isTrusted(_ peer: ObjectKey) -> Bool { domains[peer] != nil }

    /// The check for a connection whose other side must speak for one of these trust domains, ours included
    /// only when named.
    ///
    /// Domains without roots admit nobody.
    public func verification(
        for domains: [TrustDomain], allowedURISANs: [String], requireClientCertificate: Bool = true
    ) -> PeerVerification {
        var roots: [String: [Certificate]] = [:]
        for domain in domains { roots[domain.name] = bundles[domain]?.roots ?? [] }
        return PeerVerification(
            mode: .spiffe(roots), allowedURISANs: allowedURISANs,
            requireClientCertificate: requireClientCertificate)
    }

    /// Roots that stand for more than one trust domain: whoever holds such a root's key speaks for all of them.
    private static func sharedRoots(
        _ bundles: [TrustDomain: TrustBundle], _ peers: [PeerTrust], _ domains: [ObjectKey: TrustDomain],
        _ path: FieldPath
    ) -> [PeerFinding] {
        var holders: [Certificate: [TrustDomain]] = [:]
        for (domain, bundle) in bundles.sorted(by: { $0.key < $1.key }) {
            for root in bundle.roots { holders[root, default: []].append(domain) }
        }
        return peers.flatMap { peer -> [PeerFinding] in
            guard let domain = domains[peer.peer], let bundle = bundles[domain] else { return [] }
            return bundle.roots.compactMap { root in
                let others = (holders[root] ?? []).filter { $0 != domain }
                guard !others.isEmpty else { return nil }
                let names = others.map { "\"\($0)\"" }.joined(separator: ", ")
                let message =
                    "root \"\(root.subject)\" of \"\(domain)\" is also trusted for \(names): is it the right one?"
                return PeerFinding(
                    peer: peer.peer, finding: Finding(severity: .warning, path: path, message: message))
            }
        }
    }
}
