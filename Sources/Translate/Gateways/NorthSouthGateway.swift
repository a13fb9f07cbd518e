import EnvoyConfig
import Resources

extension Translation {
    /// A server of a Gateway resource that this gateway carries.
    private struct Server {
        var gateway: ObjectKey
        var path: String
        var server: IstioGatewaySpec.Server
    }

    /// Where clients outside the mesh come in: the listeners that Gateway resources ask for.
    func addNorthSouthGateway(_ gateway: NodeGateway) {
        var servers: [Int: [Server]] = [:]
        for object in input.istioGateways.sorted(by: MeshObject.inPrecedence)
        where object.spec.selector.allSatisfy({ gateway.labels[$0.key] == $0.value }) {
            for (index, server) in object.spec.servers.enumerated() {
                servers[server.port, default: []].append(
                    Server(gateway: object.key, path: "spec.servers[\(index)]", server: server))
            }
        }
        for (port, group) in servers.sorted(by: { $0.key < $1.key }) {
            let chains = northSouthChains(gateway, port: port, group)
            if !chains.isEmpty, let listener = makeListener(gateway, port: port, chains: chains) {
                add(listener, object: "Gateway \(group[0].gateway)")
            }
        }
    }

    private func northSouthChains(_ gateway: NodeGateway, port: Int, _ servers: [Server]) -> [FilterChain] {
        let http = servers.filter { $0.server.applicationProtocol.isHTTP }
        if !http.isEmpty {
            for other in servers where !other.server.applicationProtocol.isHTTP {
                warn(
                    "Gateway \(other.gateway)", other.path,
                    "port \(port) is used for HTTP by \(http[0].gateway)")
            }
            return [northSouthHTTP(gateway, port: port, http)]
        }
        var chains: [FilterChain] = []
        var serverNames: Set<String> = []
        for server in servers {
            for chain in northSouthStreams(port: port, server) {
                let names = chain.serverNames.isEmpty ? [""] : chain.serverNames
                guard serverNames.isDisjoint(with: names) else {
                    warn(
                        "Gateway \(server.gateway)", server.path,
                        "matches the same connections as another server")
                    continue
                }
                serverNames.formUnion(names)
                chains.append(chain)
            }
        }
        return chains
    }

    // MARK: HTTP

    private func northSouthHTTP(_ gateway: NodeGateway, port: Int, _ servers: [Server]) -> FilterChain {
        var routes: [String: [Route]] = [:]
        var redirects: Set<String> = []
        for server in servers {
            for service in input.virtualServices.sorted(by: MeshObject.inPrecedence)
            where !service.spec.http.isEmpty {
                guard
                    service.spec.gateways.contains(where: {
                        names($0, server.gateway.description, service.key)
                    })
                else { continue }
                for host in domains(server, service) {
                    let maker = RouteMaker(
                        translation: self, key: service.key, gateway: server.gateway.description, host: host,
                        port: port)
                    routes[host, default: []] += maker.routes(service.spec)
                    if server.server.tls?.httpsRedirect == true { redirects.insert(host) }
                }
            }
        }
        let hosts = routes.sorted { $0.key < $1.key }.map { host, routes in
            let domains = host.hasPrefix("*") ? [host] : [host, "\(host):*"]
            guard redirects.contains(host) else {
                return VirtualHost(name: "\(host):\(port)", domains: domains, routes: routes)
            }
            var redirect = RedirectAction()
            redirect.httpsRedirect = true
            return VirtualHost(
                name: "\(host):\(port)", domains: domains,
                routes: [Route(name: "https", match: RouteMatch(), action: .redirect(redirect))])
        }
        let name = Self.listenerName(gateway, port)
        var manager = makeManager(
            statPrefix: "\(gateway.name)-\(port)",
            routes: place(RouteConfiguration(name: name, virtualHosts: hosts, validateClusters: false)))
        manager.httpFilters = [.cors, .fault(HTTPFault()), .router]
        return FilterChain(name: name, filters: [.httpConnectionManager(manager)])
    }

    /// The hosts that a server and a VirtualService have in common.
    private func domains(_ server: Server, _ service: MeshObject<VirtualServiceSpec>) -> [String] {
        var result: Set<String> = []
        for (index, written) in service.spec.hosts.enumerated() {
            let host = hosts.fullName(written, namespace: service.key.namespace).lowercased()
            guard written == "*" || Domains.isValid(host) else {
                warn("VirtualService \(service.key)", "spec.hosts[\(index)]", "\"\(written)\" is not a host")
                continue
            }
            for serverHost in server.server.hosts {
                guard let pattern = pattern(serverHost, server.gateway, admits: service.key.namespace) else {
                    continue
                }
                if let domain = Domains.intersection(pattern, written == "*" ? "*" : host) {
                    result.insert(domain)
                }
            }
        }
        return result.sorted()
    }

    /// The host of `[namespace/]host`; nil when it does not admit VirtualServices of that namespace.
    private func pattern(_ text: String, _ gateway: ObjectKey, admits namespace: String) -> String? {
        guard let slash = text.firstIndex(of: "/") else { return text.lowercased() }
        let scope = text[..<slash]
        let host = text[text.index(after: slash)...].lowercased()
        switch scope {
        case "*": return host
        case ".": return namespace == gateway.namespace ? host : nil
        default: return scope == namespace ? host : nil
        }
    }

    // MARK: streams

    /// Chains of a server for TCP, or for TLS that is passed through.
    private func northSouthStreams(port: Int, _ server: Server) -> [FilterChain] {
        let isPassthrough = server.server.tls?.mode == "PASSTHROUGH"
        guard server.server.tls == nil || isPassthrough else {
            warn(
                "Gateway \(server.gateway)", "\(server.path).tls.mode",
                "only PASSTHROUGH is supported: the port is not opened for this server")
            return []
        }
        var chains: [FilterChain] = []
        for service in input.virtualServices.sorted(by: MeshObject.inPrecedence)
        where service.spec.gateways.contains(where: { names($0, server.gateway.description, service.key) }) {
            let maker = RouteMaker(
                translation: self, key: service.key, gateway: server.gateway.description, host: "*",
                port: port)
            if isPassthrough {
                for (index, route) in service.spec.tls.enumerated() {
                    let matches = route.matches.filter { ($0.port ?? port) == port }
                    let names = Set(matches.flatMap(\.sniHosts).map { $0.lowercased() }).sorted()
                    guard !names.isEmpty else { continue }
                    chains += stream(
                        maker, route.destinations, "spec.tls[\(index)]", name: "\(service.key)/tls/\(index)",
                        serverNames: names.filter {
                            $0 != "*" && Domains.isServerName($0)
                        })
                }
            } else if let index = service.spec.tcp.firstIndex(where: { route in
                route.matches.isEmpty || route.matches.contains { ($0.port ?? port) == port }
            }) {
                chains += stream(
                    maker, service.spec.tcp[index].destinations, "spec.tcp[\(index)]",
                    name: "\(service.key)/tcp/\(index)", serverNames: [])
            }
        }
        return chains
    }

    private func stream(
        _ maker: RouteMaker, _ destinations: [WeightedDestination], _ path: String, name: String,
        serverNames: [String]
    ) -> [FilterChain] {
        let targets = maker.destinations(destinations, "\(path).route").filter { $0.effectiveWeight > 0 }
        guard let first = targets.first else { return [] }
        var proxy = makeProxy(statPrefix: name, cluster: first.cluster, afterHandshake: false)
        if targets.count > 1 {
            proxy.destination = .weightedClusters(
                targets.map { TCPProxy.WeightedCluster($0.cluster, weight: $0.effectiveWeight) })
        }
        return [FilterChain(name: name, serverNames: serverNames, filters: [.tcpProxy(proxy)])]
    }
}
