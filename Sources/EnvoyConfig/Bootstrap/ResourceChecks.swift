/// Checks across resources.
public enum ResourceChecks {
    /// Listener names and addresses are unique.
    static func check(listeners: [Listener], _ context: ConfigReader.Context) {
        check(names: listeners, context)
        var addresses: [Address: String] = [:]
        for listener in listeners where listener.address.port != 0 {
            guard let first = addresses[listener.address] else {
                addresses[listener.address] = listener.name
                continue
            }
            context.scoped(type: Listener.shortName, name: listener.name) {
                context.add(
                    "\(listener.address.address):\(listener.address.port) is the address of listener '\(first)'",
                    under: .key("address"))
            }
        }
    }

    /// Names are unique.
    static func check<R: ConfigResource>(names resources: [R], _ context: ConfigReader.Context) {
        var names: Set<String> = []
        for resource in resources where !names.insert(resource.name).inserted && !resource.name.isEmpty {
            context.scoped(type: R.shortName, name: resource.name) {
                context.add("is given twice", under: .key("name"))
            }
        }
    }

    /// Inline routes that ask for it name only clusters that exist.
    static func check(routesOf listeners: [Listener], clusters: Set<String>, _ context: ConfigReader.Context)
    {
        for listener in listeners {
            for routes in listener.inlineRoutes where routes.validateClusters ?? true {
                let missing = routes.clusterNames.subtracting(clusters).filter { !$0.isEmpty }
                for cluster in missing.sorted() {
                    context.scoped(type: Listener.shortName, name: listener.name) {
                        context.add("route_config '\(routes.name)' names an unknown cluster '\(cluster)'")
                    }
                }
            }
        }
    }
}

extension Listener {
    /// The connection managers of all chains.
    public var connectionManagers: [HTTPConnectionManager] {
        filterChains.compactMap { chain in
            guard case .httpConnectionManager(let manager) = chain.filters.last else { return nil }
            return manager
        }
    }

    /// The routes that are part of the listener.
    public var inlineRoutes: [RouteConfiguration] {
        connectionManagers.compactMap { manager in
            guard case .inline(let routes) = manager.routes else { return nil }
            return routes
        }
    }

    /// The names of the routes that come by RDS.
    public var routeConfigNames: Set<String> {
        Set(
            connectionManagers.compactMap { manager in
                guard case .rds(let rds) = manager.routes else { return nil }
                return rds.routeConfigName
            })
    }
}
