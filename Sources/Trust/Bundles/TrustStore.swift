public import Document
public import Resources
public import TLS

/// Whom this mesh believes: one bundle per trust domain, never merged.
///
/// What is in doubt is not trusted: when two peers claim one trust domain with different roots, neither gets it, and
/// nobody gets ours with roots other than ours. Findings say so.
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
        let claims = Dictionary(grouping: sorted.filter { !$0.hasErrors }) { $0.trustDomain ?? own }
        for (domain, claimants) in claims.sorted(by: { $0.key < $1.key }) {
            if domain == own {
                for peer in claimants {
                    if let bundle = peer.bundle, bundle != ownBundle {
                        report(
                            .error, peer,
                            "\"\(domain)\" is this mesh's own trust domain, but the peer has other roots; "
                                + "give each mesh a trust domain of its own")
                    } else {
                        domains[peer.peer] = own
                        report(
                            .warning, peer,
                            "the peer shares this mesh's trust domain \"\(domain)\" and root: its CA can speak for us"
                        )
                    }
                }
                continue
            }
            let distinct = Set(claimants.compactMap(\.bundle))
            guard distinct.count <= 1 else {
                for peer in claimants {
                    let others = claimants.filter { $0.peer != peer.peer }.map { "\"\($0.peer.name)\"" }
                    report(
                        .error, peer,
                        "\"\(domain)\" is also claimed, with other roots, by \(others.joined(separator: ", ")); "
                            + "neither is trusted until one of them gives it up")
                }
                continue
            }
            guard let bundle = distinct.first else {
                for peer in claimants { report(.error, peer, "there are no roots for \"\(domain)\"") }
                continue
            }
            bundles[domain] = bundle
            for peer in claimants {
                domains[peer.peer] = domain
                if claimants.count > 1 {
                    report(
                        .warning, peer, "\"\(domain)\" and its roots are shared by \(claimants.count) peers")
                }
            }
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
