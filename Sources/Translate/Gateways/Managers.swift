import EnvoyConfig

extension Translation {
    /// A connection manager as every gateway uses it.
    func makeManager(statPrefix: String, routes: HTTPConnectionManager.Routes) -> HTTPConnectionManager {
        var manager = HTTPConnectionManager()
        manager.statPrefix = statPrefix
        manager.routes = routes
        manager.useRemoteAddress = true
        manager.normalizePath = true
        manager.requestHeadersTimeout = .seconds(10)
        manager.http2ProtocolOptions = .bounded
        manager.upgradeConfigs = [.websocket(enabled: false)]
        manager.httpFilters = [.router]
        if input.accessLog { manager.accessLog = [AccessLogs.http] }
        return manager
    }

    /// A TCP proxy as every gateway uses it.
    func makeProxy(statPrefix: String, cluster: String, afterHandshake: Bool) -> TCPProxy {
        var proxy = TCPProxy(statPrefix: statPrefix, cluster: cluster)
        if afterHandshake {
            // Else the backend is dialled before the client certificate is checked.
            proxy.upstreamConnectMode = .onDownstreamTLSHandshake
            proxy.maxEarlyDataBytes = 65_536
        }
        if input.accessLog { proxy.accessLog = [AccessLogs.tcp] }
        return proxy
    }

    /// A listener of a gateway; nil when its port is no port.
    func makeListener(_ gateway: NodeGateway, port: Int, chains: [FilterChain]) -> Listener? {
        guard let number = gateway.listeningPort(port) else { return nil }
        var listener = Listener(
            name: Self.listenerName(gateway, port), address: Address(gateway.bindAddress, port: number),
            filterChains: chains)
        if listener.inspectsTLS || chains.contains(where: { $0.transportSocket != nil }) {
            listener.inspectsTLS = true
            listener.listenerFiltersTimeout = .seconds(5)
        }
        if input.accessLog { listener.accessLog = [AccessLogs.listener] }
        return listener
    }

    static func listenerName(_ gateway: NodeGateway, _ port: Int) -> String { "\(gateway.name)|\(port)" }

    /// One route for everything, to one cluster.
    static func passAll(name: String, cluster: String) -> RouteConfiguration {
        var action = RouteAction(cluster: cluster)
        action.timeout = .zero
        action.upgrades = [.websocket]
        return RouteConfiguration(
            name: name,
            virtualHosts: [
                VirtualHost(
                    name: "all", domains: ["*"],
                    routes: [Route(name: name, match: RouteMatch(), action: .route(action))])
            ], validateClusters: false)
    }
}

/// What is logged, one JSON object per line.
enum AccessLogs {
    static let http = AccessLog(fields: [
        .init("kind", "http"), .init("start_time", "%START_TIME%"), .init("method", "%REQ(:METHOD)%"),
        .init("authority", "%REQ(:AUTHORITY)%"), .init("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
        .init("protocol", "%PROTOCOL%"), .init("response_code", "%RESPONSE_CODE%"),
        .init("response_flags", "%RESPONSE_FLAGS%"),
        .init("response_code_details", "%RESPONSE_CODE_DETAILS%"),
        .init("bytes_received", "%BYTES_RECEIVED%"), .init("bytes_sent", "%BYTES_SENT%"),
        .init("duration", "%DURATION%"), .init("request_id", "%REQ(X-REQUEST-ID)%"),
        .init("route_name", "%ROUTE_NAME%"), .init("upstream_cluster", "%UPSTREAM_CLUSTER%"),
        .init("upstream_host", "%UPSTREAM_HOST%"),
        .init("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
        .init("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        .init("requested_server_name", "%REQUESTED_SERVER_NAME%"),
        .init("downstream_peer_uri_san", "%DOWNSTREAM_PEER_URI_SAN%"),
    ])

    static let tcp = AccessLog(fields: [.init("kind", "tcp")] + connection)

    static let listener = AccessLog(
        fields: [.init("kind", "listener")] + connection + [
            .init("downstream_transport_failure_reason", "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%")
        ])

    private static let connection: [AccessLog.Field] = [
        .init("start_time", "%START_TIME%"), .init("response_flags", "%RESPONSE_FLAGS%"),
        .init("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
        .init("bytes_received", "%BYTES_RECEIVED%"), .init("bytes_sent", "%BYTES_SENT%"),
        .init("duration", "%DURATION%"), .init("upstream_cluster", "%UPSTREAM_CLUSTER%"),
        .init("upstream_host", "%UPSTREAM_HOST%"),
        .init("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
        .init("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        .init("requested_server_name", "%REQUESTED_SERVER_NAME%"),
        .init("downstream_peer_uri_san", "%DOWNSTREAM_PEER_URI_SAN%"),
    ]
}
