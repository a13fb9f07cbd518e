import Bytes
import EnvoyConfig

/// Pieces of configuration for tests.
enum Configs {
    static func endpoints(_ name: String, _ addresses: [SocketAddress], priority: UInt32 = 0)
        -> ClusterLoadAssignment
    {
        ClusterLoadAssignment(
            name: name,
            endpoints: [
                LocalityLbEndpoints(
                    addresses.map { LbEndpoint($0.ip.description, port: $0.port) }, priority: priority)
            ])
    }

    static func cluster(_ name: String, _ addresses: SocketAddress...) -> Cluster {
        var cluster = Cluster(name: name, loadAssignment: endpoints(name, addresses))
        cluster.connectTimeout = .seconds(1)
        return cluster
    }

    /// A connection manager with these routes for any host and a log with fields for every question of a test.
    static func manager(_ routes: [Route], _ change: (inout HTTPConnectionManager) -> Void = { _ in })
        -> HTTPConnectionManager
    {
        var manager = HTTPConnectionManager()
        manager.statPrefix = "test"
        manager.useRemoteAddress = true
        manager.normalizePath = true
        manager.httpFilters = [.router]
        manager.routes = .inline(
            RouteConfiguration(
                name: "r", virtualHosts: [VirtualHost(name: "all", domains: ["*"], routes: routes)]))
        change(&manager)
        return manager
    }

    static func route(
        _ prefix: String = "/", to cluster: String, _ change: (inout RouteAction) -> Void = { _ in }
    ) -> Route {
        var action = RouteAction(cluster: cluster)
        change(&action)
        return Route(name: "to-\(cluster)", match: RouteMatch(.prefix(prefix)), action: .route(action))
    }

    static func listener(_ name: String, _ chains: [FilterChain], port: UInt16 = 0) -> Listener {
        Listener(name: name, address: Address("127.0.0.1", port: port), filterChains: chains)
    }

    static func http(_ routes: [Route], _ change: (inout HTTPConnectionManager) -> Void = { _ in })
        -> FilterChain
    {
        FilterChain(name: "http", filters: [.httpConnectionManager(manager(routes, change))])
    }

    static func tcp(_ cluster: String, _ change: (inout TCPProxy) -> Void = { _ in }) -> FilterChain {
        var proxy = TCPProxy(statPrefix: "tcp", cluster: cluster)
        change(&proxy)
        return FilterChain(name: "tcp", filters: [.tcpProxy(proxy)])
    }

    /// Both versions pinned to 1.3, material from files, peers of `trust` only.
    static func common(_ stem: String, trust: [TestPKI], uris: [String] = []) -> CommonTLSContext {
        var common = CommonTLSContext()
        common.minimumVersion = .v1_3
        common.maximumVersion = .v1_3
        common.certificate = .inline(
            TLSCertificate(certificateChain: .filename(stem + ".pem"), privateKey: .filename(stem + ".key")))
        common.validation = .inline(
            CertificateValidationContext(
                .spiffe(trust.map { SPIFFETrustDomain($0.domain, trustBundle: .filename($0.rootFile)) }),
                uriSANs: uris))
        return common
    }

    static func bootstrap(_ listeners: [Listener], _ clusters: [Cluster]) -> Bootstrap {
        var bootstrap = Bootstrap()
        bootstrap.identity = NodeIdentity(id: "test", cluster: "test")
        bootstrap.adminAddress = Address("127.0.0.1", port: 0)
        bootstrap.listeners = listeners
        bootstrap.clusters = clusters
        return bootstrap
    }
}
