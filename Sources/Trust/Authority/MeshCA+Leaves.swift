public import Bytes
public import Resources
public import TLS

extension MeshCA {
    /// A chain for the sender of a certificate request.
    ///
    /// The caller has authenticated the sender and says who it is; the request must ask for that one identity and
    /// nothing else, so that what was asked for is what was given.
    public func issueLeaf(
        request pem: String, for id: SPIFFEID, lifetime: Duration = defaultLeafLifetime, now: WallTime
    ) throws(TrustError) -> [Certificate] {
        let request: CSRInfo
        do {
            request = try CSR.parse(pem: pem)
        } catch {
            throw TrustError(error.message)
        }
        guard request.uriSANs.count == 1 else {
            throw TrustError(
                "the request names \(request.uriSANs.count) URI SANs; expected exactly one, \"\(id)\"")
        }
        guard request.dnsSANs.isEmpty, request.ipSANs.isEmpty else {
            throw TrustError("the request names DNS or IP SANs; expected the URI SAN \"\(id)\" alone")
        }
        guard request.uriSANs[0] == id.description else {
            throw TrustError(
                "the request is for \"\(request.uriSANs[0])\", but its sender may only be \"\(id)\"")
        }
        return try issueLeaf(publicKey: request.publicKey, for: id, lifetime: lifetime, now: now)
    }

    /// A chain for a key of this process: one URI SAN, both usages, and the names servers are reached by.
    ///
    /// It never outlives the CA.
    public func issueLeaf(
        publicKey: PublicKey, for id: SPIFFEID, dnsNames: [String] = [], ipAddresses: [String] = [],
        lifetime: Duration = defaultLeafLifetime, now: WallTime
    ) throws(TrustError) -> [Certificate] {
        guard id.trustDomain == trustDomain else {
            throw TrustError("\"\(id)\" is not in this mesh's trust domain \"\(trustDomain)\"")
        }
        guard !id.path.isEmpty else { throw TrustError("\"\(id)\" names a trust domain and no workload") }
        guard lifetime >= .seconds(60) else { throw TrustError("a leaf is valid for 60 seconds at least") }
        let begin = now - Self.backdating
        guard notAfter > now else {
            throw TrustError("this mesh's CA expired at \(notAfter.rfc3339) (it is \(now.rfc3339) here)")
        }
        let template = CertificateTemplate(
            uriSANs: [id.description], dnsSANs: dnsNames, ipSANs: ipAddresses,
            notBefore: max(begin, signer.notBefore), notAfter: min(now + lifetime, notAfter))
        do {
            let leaf = try CertificateAuthority.issue(
                template, publicKey: publicKey, issuer: signer, issuerKey: key)
            return [leaf] + intermediates
        } catch {
            throw TrustError("cannot issue a certificate for \"\(id)\": \(error.message)")
        }
    }

    /// A fresh identity for this process: a chain over `key`.
    public func identity(
        key: PrivateKey, for id: SPIFFEID, dnsNames: [String] = [], ipAddresses: [String] = [],
        lifetime: Duration = defaultLeafLifetime, now: WallTime
    ) throws(TrustError) -> TLSIdentity {
        let chain = try issueLeaf(
            publicKey: key.publicKey, for: id, dnsNames: dnsNames, ipAddresses: ipAddresses,
            lifetime: lifetime,
            now: now)
        do {
            return try TLSIdentity(chain: chain, key: key)
        } catch {
            throw TrustError(error.message)
        }
    }
}
