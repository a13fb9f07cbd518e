internal import Bytes
internal import Document
internal import Reactor
public import Resources
internal import Synchronization
public import TLS
public import Trust

/// The mesh's CA as this controller holds it: loaded from Secret `cacerts`, else from `istio-ca-secret`, else made once
/// and stored there.
public actor MeshAuthority {
    private let client: any ResourceClient
    private let leafLifetime: Duration
    private var authority: MeshCA?
    /// What the CA was read from; another text means reading again.
    private var source: Resource?

    /// An authority that keeps its Secret through `client` and issues leaves of `leafLifetime`.
    public init(client: any ResourceClient, leafLifetime: Duration) {
        self.client = client
        self.leafLifetime = leafLifetime
    }

    /// The CA of `trustDomain` with its Secrets in `namespace`, read anew when they changed.
    ///
    /// A Secret that cannot be used is an error, never a reason to make another CA.
    public func load(
        namespace: String, trustDomain: TrustDomain, world: World
    ) async throws -> (authority: MeshCA, isNew: Bool) {
        let plugged = world.get(.secret, ObjectKey(namespace: namespace, name: MeshCA.pluggedSecretName))
        let own = world.get(.secret, ObjectKey(namespace: namespace, name: MeshCA.ownSecretName))
        if let authority, authority.trustDomain == trustDomain, let source,
            source.node == (plugged ?? own)?.node
        {
            return (authority, false)
        }
        if let secret = plugged ?? own { return (try use(secret, trustDomain), true) }
        let made = try MeshCA.make(
            trustDomain: trustDomain, key: try PrivateKey.generateP256(), now: Clock.wall())
        let stored: Resource
        do throws(ResourceError) {
            stored = try await client.create(try secret(of: made, namespace))
            Log.info("ca", "made a root certificate", ["trustDomain": "\(trustDomain)"])
        } catch {
            // Another pass was first: its CA counts, the one made here never did.
            guard error.code == 409 else { throw error }
            stored = try await client.get(
                .secret, ObjectKey(namespace: namespace, name: MeshCA.ownSecretName))
        }
        return (try use(stored, trustDomain), true)
    }

    private func secret(of authority: MeshCA, _ namespace: String) throws(ResourceError) -> Resource {
        do throws(TrustError) {
            return try authority.secret(namespace: namespace)
        } catch {
            throw .badRequest(error.description)
        }
    }

    private func use(_ secret: Resource, _ trustDomain: TrustDomain) throws(TrustError) -> MeshCA {
        let loaded = try MeshCA.load(secret, trustDomain: trustDomain, now: Clock.wall())
        for warning in loaded.warnings {
            Log.warning("ca", warning.description, ["secret": "\(secret.namespace)/\(secret.name)"])
        }
        authority = loaded.authority
        source = secret
        return loaded.authority
    }

    /// A chain for a gateway's certificate request, leaf first, PEM.
    public func sign(_ csr: String, for identity: SPIFFEID) throws(TrustError) -> [String] {
        guard let authority else { throw TrustError("this mesh has no CA yet") }
        return try authority.issueLeaf(request: csr, for: identity, lifetime: leafLifetime, now: Clock.wall())
            .map(\.pem)
    }

    /// An identity of this process over a fresh key.
    public func identity(_ id: SPIFFEID, ipAddresses: [String]) throws -> TLSIdentity {
        guard let authority else { throw TrustError("this mesh has no CA yet") }
        return try authority.identity(
            key: try PrivateKey.generateP256(), for: id, ipAddresses: ipAddresses, lifetime: leafLifetime,
            now: Clock.wall())
    }
}
