import EnvoyConfig
import Resources

extension Translation {
    /// TLS towards a gateway.
    func upstreamTLS(
        identity: String, sni: String, trust: CertificateValidationContext,
        _ applicationProtocol: ApplicationProtocol,
        negotiates: Bool
    ) -> UpstreamTLSContext {
        var common = commonTLS(identity: identity, trust: trust)
        if applicationProtocol.isHTTP2 { common.alpnProtocols = ["h2"] }
        return UpstreamTLSContext(common, sni: sni)
    }

    /// TLS of a filter chain; a client certificate is always required.
    func downstreamTLS(
        identity: String, trust: CertificateValidationContext, isHTTP: Bool
    ) -> DownstreamTLSContext {
        var common = commonTLS(identity: identity, trust: trust)
        if isHTTP { common.alpnProtocols = ["h2", "http/1.1"] }
        return DownstreamTLSContext(common, requireClientCertificate: true)
    }

    private func commonTLS(identity: String, trust: CertificateValidationContext) -> CommonTLSContext {
        var common = CommonTLSContext()
        common.minimumVersion = input.allowsTLS12 ? .v1_2 : .v1_3
        common.maximumVersion = .v1_3
        common.certificate = .sds(
            SDSSecretConfig(
                name: identity, from: ConfigSource(path: "\(input.secretsDirectory)/\(identity).json")))
        common.validation = .inline(trust)
        return common
    }

    /// Trust in this mesh, narrowed to some identities.
    func meshTrust(uris: [String] = []) -> CertificateValidationContext {
        CertificateValidationContext(
            .spiffe([Self.domain(input.mesh.trustDomain, input.mesh.roots)]), uriSANs: uris)
    }

    /// Trust in a peer, narrowed to some identities; nil when its trust domain or bundle is unknown.
    func peerTrust(_ peer: PeerState, uris: [String] = []) -> CertificateValidationContext? {
        guard let domain = peer.trustDomain, !peer.bundle.isEmpty else { return nil }
        return CertificateValidationContext(
            .spiffe([Self.domain(domain, peer.bundle)]), uriSANs: uris.sorted())
    }

    static func domain(_ domain: TrustDomain, _ roots: [String]) -> SPIFFETrustDomain {
        let text = roots.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
        return SPIFFETrustDomain(domain.name, trustBundle: .inlineString(text))
    }

    /// Warns about peers that cannot be trusted.
    func checkPeers() {
        for peer in input.peers {
            let object = "ServiceMeshPeer \(peer.namespace)/\(peer.name)"
            if peer.trustDomain == nil {
                warn(object, "spec.security.trustDomain", "is missing: the peer is not trusted")
            } else if peer.bundle.isEmpty {
                warn(object, "spec.security.certificateChain", "no root certificate: the peer is not trusted")
            }
            if peer.clientID == nil {
                warn(object, "spec.security.clientID", "is empty and admits nobody")
            } else if let domain = peer.trustDomain, peer.clientID?.spiffeID.trustDomain != domain {
                warn(object, "spec.security.clientID", "is not of trust domain \(domain) and admits nobody")
            }
            if peer.addresses.isEmpty {
                warn(object, "spec.remote.addresses", "is empty: the peer is not called")
            }
        }
    }

    /// Who may call us as this peer, when that identity can be verified.
    func admittedClient(_ peer: PeerState) -> SPIFFEID? {
        guard let id = peer.clientID?.spiffeID, id.trustDomain == peer.trustDomain, !peer.bundle.isEmpty
        else {
            return nil
        }
        return id
    }
}
