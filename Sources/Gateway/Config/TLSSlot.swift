internal import EnvoyConfig
internal import Synchronization
internal import TLS

/// The TLS settings of one filter chain or cluster, whose material can be swapped while it is in use.
///
/// A handshake takes the context that is current when it starts; live connections keep theirs.
final class TLSSlot<Context: Sendable>: Sendable {
    struct Material: Sendable {
        var context: Context
        /// The same with HTTP/1.1 alone on offer, for upgrades; nil where it would be no different.
        var upgradeContext: Context?
        /// The leaf and chain, for `/certs`.
        var certificates: [Certificate]
        /// The own URI SAN, for `By=` of x-forwarded-client-cert.
        var ownURISAN: String?
        var paths: Set<String>
    }

    /// `Listener 'ingress': filter_chains[0].transport_socket`, for findings of a failed reload.
    let label: String
    private let current: Mutex<(material: Material, secrets: [Secret])>
    private let make: @Sendable ([Secret]) throws(MaterialLoader.Failure) -> Material

    init(
        label: String, secrets: [Secret],
        make: @escaping @Sendable ([Secret]) throws(MaterialLoader.Failure) -> Material
    ) throws(MaterialLoader.Failure) {
        self.label = label
        self.make = make
        current = Mutex((try make(secrets), secrets))
    }

    var material: Material { current.withLock { $0.material } }

    /// Reads the files again.
    ///
    /// The old material stays when the new one is not whole.
    func reload() throws(MaterialLoader.Failure) {
        let secrets = current.withLock { $0.secrets }
        let fresh = try make(secrets)
        current.withLock { $0.material = fresh }
    }

    /// Makes the material of other delivered secrets; what is returned puts it into use.
    func preparing(_ secrets: [Secret]) throws(MaterialLoader.Failure) -> @Sendable () -> Void {
        let fresh = try make(secrets)
        return { self.current.withLock { $0 = (fresh, secrets) } }
    }
}

typealias ServerTLSSlot = TLSSlot<TLSServerContext>
typealias ClientTLSSlot = TLSSlot<TLSClientContext>

extension TLSSlot where Context == TLSServerContext {
    static func server(_ config: DownstreamTLSContext, secrets: [Secret], label: String)
        throws(MaterialLoader.Failure) -> ServerTLSSlot
    {
        try ServerTLSSlot(label: label, secrets: secrets) {
            (secrets) throws(MaterialLoader.Failure) -> Material in
            var loader = MaterialLoader(secrets: secrets)
            guard let source = config.common.certificate else {
                throw MaterialLoader.Failure(path: "common_tls_context", reason: "needs a certificate")
            }
            let identity = try loader.identity(source, "common_tls_context")
            let verification = try TrustSettings.verification(
                config.common.validation, isServer: true,
                requiresCertificate: config.requireClientCertificate, &loader)
            do throws(TLSError) {
                let context = try TLSServerContext(
                    configuration: TLSServerConfiguration(
                        identity: identity, verification: verification,
                        minimumVersion: TrustSettings.version(config.common.minimumVersion ?? .v1_2),
                        maximumVersion: TrustSettings.version(config.common.maximumVersion ?? .v1_3),
                        alpn: config.common.alpnProtocols,
                        sessionIDContext: Array(label.utf8)))
                return Material(
                    context: context, certificates: identity.chain, ownURISAN: identity.leaf.uriSANs.first,
                    paths: loader.paths)
            } catch {
                throw MaterialLoader.Failure(path: "common_tls_context", reason: error.message)
            }
        }
    }
}

extension TLSSlot where Context == TLSClientContext {
    static func client(
        _ config: UpstreamTLSContext, alpn: [String], secrets: [Secret], label: String
    ) throws(MaterialLoader.Failure) -> ClientTLSSlot {
        try ClientTLSSlot(label: label, secrets: secrets) {
            (secrets) throws(MaterialLoader.Failure) -> Material in
            var loader = MaterialLoader(secrets: secrets)
            var identity: TLSIdentity?
            if let source = config.common.certificate {
                identity = try loader.identity(source, "common_tls_context")
            }
            let verification = try TrustSettings.verification(
                config.common.validation, isServer: false, requiresCertificate: true, &loader)
            do throws(TLSError) {
                func context(_ alpn: [String]) throws(TLSError) -> TLSClientContext {
                    try TLSClientContext(
                        configuration: TLSClientConfiguration(
                            identity: identity, verification: verification,
                            minimumVersion: TrustSettings.version(config.common.minimumVersion ?? .v1_2),
                            maximumVersion: TrustSettings.version(config.common.maximumVersion ?? .v1_2),
                            alpn: alpn))
                }
                return Material(
                    context: try context(alpn),
                    upgradeContext: alpn.contains("h2") && alpn.count > 1 ? try context(["http/1.1"]) : nil,
                    certificates: identity?.chain ?? [], ownURISAN: identity?.leaf.uriSANs.first,
                    paths: loader.paths)
            } catch {
                throw MaterialLoader.Failure(path: "common_tls_context", reason: error.message)
            }
        }
    }
}
