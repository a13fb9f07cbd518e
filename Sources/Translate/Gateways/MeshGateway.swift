import EnvoyConfig
import Resources

extension Translation {
    /// The in-mesh entry: one HTTP listener that knows every host of the mesh.
    func addMeshGateway(_ gateway: NodeGateway) {
        let name = Self.listenerName(gateway, NodeGateway.meshPort)
        let configuration = RouteConfiguration(name: name, virtualHosts: meshHosts(), validateClusters: false)
        var manager = makeManager(statPrefix: gateway.name, routes: place(configuration))
        manager.httpFilters = [.cors, .fault(HTTPFault()), .router]
        manager.stripMatchingHostPort = true
        let chain = FilterChain(name: gateway.name, filters: [.httpConnectionManager(manager)])
        guard let listener = makeListener(gateway, port: NodeGateway.meshPort, chains: [chain]) else {
            return
        }
        add(listener, object: "Gateway \(gateway.namespace)/\(gateway.name)")
    }

    /// The virtual hosts of all hosts, sorted by name.
    private func meshHosts() -> [VirtualHost] {
        let services = meshVirtualServices()
        var taken = Set(hosts.entries.keys)
        var result: [VirtualHost] = []
        for entry in hosts.sorted {
            // A short name that is the full name of another service belongs to that one.
            let names =
                [entry.hostname] + hosts.shortNames(entry.hostname).filter { taken.insert($0).inserted }
            for port in entry.ports where port.applicationProtocol.isHTTP {
                result.append(host(entry, port: port.number, names: names, services[entry.hostname]))
            }
            if let service = services[entry.hostname],
                !entry.ports.contains(where: { $0.applicationProtocol.isHTTP })
            {
                warn("VirtualService \(service.key)", "spec.hosts", "\(entry.hostname) has no HTTP port")
            }
        }
        for (host, service) in services where hosts.entries[host] == nil {
            let maker = RouteMaker(
                translation: self, key: service.key, gateway: VirtualServiceSpec.meshGateway, host: host,
                port: 80)
            let domains = host.hasPrefix("*") ? [host] : [host, "\(host):*"]
            result.append(
                VirtualHost(name: "\(host):80", domains: domains, routes: maker.routes(service.spec)))
        }
        return result.sorted { $0.name < $1.name }
    }

    /// The VirtualServices of the mesh by full host; of several for one host the oldest.
    private func meshVirtualServices() -> [String: MeshObject<VirtualServiceSpec>] {
        var result: [String: MeshObject<VirtualServiceSpec>] = [:]
        for service in input.virtualServices.sorted(by: MeshObject.inPrecedence)
        where service.spec.appliesToMesh && !service.spec.http.isEmpty {
            let object = "VirtualService \(service.key)"
            for (index, written) in service.spec.hosts.enumerated() {
                let host = hosts.fullName(written, namespace: service.key.namespace).lowercased()
                guard Domains.isValid(host), host != "*" else {
                    warn(object, "spec.hosts[\(index)]", "\"\(written)\" is not a host for the gateway mesh")
                    continue
                }
                if let other = result[host] {
                    warn(object, "spec.hosts[\(index)]", "\(host) is routed by \(other.key), which is older")
                } else {
                    result[host] = service
                }
            }
        }
        return result
    }

    /// The virtual host of one port of a host.
    private func host(
        _ entry: HostEntry, port: Int, names: [String], _ service: MeshObject<VirtualServiceSpec>?
    ) -> VirtualHost {
        let isDefault = entry.defaultHTTPPort == port
        let domains = names.flatMap { isDefault ? [$0, "\($0):\(port)"] : ["\($0):\(port)"] }
        let name = "\(entry.hostname):\(port)"
        if let service {
            let maker = RouteMaker(
                translation: self, key: service.key, gateway: VirtualServiceSpec.meshGateway,
                host: entry.hostname,
                port: port)
            return VirtualHost(name: name, domains: domains, routes: maker.routes(service.spec))
        }
        return VirtualHost(name: name, domains: domains, routes: [defaultRoute(entry, port: port)])
    }

    /// What happens to calls that no VirtualService routes.
    private func defaultRoute(_ entry: HostEntry, port: Int) -> Route {
        let tiers = tiers(entry, port: port, subset: "")
        let tier = tiers.first(where: \.isReady) ?? tiers.first
        var action = RouteAction(cluster: tier?.cluster ?? ClusterNames.outbound(port, "", entry.hostname))
        action.timeout = .zero
        action.retryPolicy = RetryPolicies.default
        action.upgrades = [.websocket]
        action.hashHeaders = hashHeader(entry.hostname, subset: "").map { [$0] } ?? []
        add(
            RouteSummary(
                gateway: VirtualServiceSpec.meshGateway, host: entry.hostname, port: port, virtualService: "",
                index: 0, name: "default",
                destinations: [
                    RouteSummary.Destination(
                        host: entry.hostname, port: port, subset: "", peer: tier?.peer ?? "", weight: 100,
                        effectiveWeight: 100)
                ], mirrors: []))
        return Route(name: "default", match: RouteMatch(), action: .route(action))
    }

    /// Whether the name of a gateway in a resource of `key`'s namespace means `gateway`.
    func names(_ name: String, _ gateway: String, _ key: ObjectKey) -> Bool {
        name == gateway || (!name.contains("/") && "\(key.namespace)/\(name)" == gateway)
    }
}

/// Domains of virtual hosts.
enum Domains {
    /// A name, or `*` alone or with a suffix.
    static func isValid(_ host: String) -> Bool {
        let rest = host.hasPrefix("*") ? host.dropFirst() : host[...]
        return !host.isEmpty
            && rest.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A name, or `*.` and a suffix.
    static func isServerName(_ host: String) -> Bool {
        isValid(host) && (!host.hasPrefix("*") || host.hasPrefix("*."))
    }

    /// The domain that both hosts cover; nil when they have nothing in common.
    static func intersection(_ a: String, _ b: String) -> String? {
        if a == b || covers(a, b) { return b }
        return covers(b, a) ? a : nil
    }

    private static func covers(_ wildcard: String, _ host: String) -> Bool {
        guard wildcard.hasPrefix("*") else { return false }
        let suffix = wildcard.dropFirst()
        return host.hasSuffix(suffix) && host.utf8.count > suffix.utf8.count
    }
}
