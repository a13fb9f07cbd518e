public import Resources

/// The services of a mesh, joined from Services, their endpoints, workloads and ServiceEntries.
public struct ServiceRegistry: Hashable, Sendable {
    /// By hostname.
    public private(set) var services: [String: MeshService]

    /// A registry of these services; of several with one hostname the first by key is kept.
    public init(services: [MeshService] = []) {
        self.services = [:]
        for service in services.sorted(by: { $0.key < $1.key }) where self.services[service.hostname] == nil {
            self.services[service.hostname] = service
        }
    }

    /// All services, by hostname.
    public var sorted: [MeshService] { services.values.sorted { $0.hostname < $1.hostname } }

    /// The service of a Service object.
    public func service(_ key: ObjectKey, clusterDomain: String) -> MeshService? {
        services[Self.hostname(key, clusterDomain: clusterDomain)]
    }

    /// `<name>.<namespace>.svc.<cluster domain>`.
    public static func hostname(_ key: ObjectKey, clusterDomain: String) -> String {
        "\(key.name).\(key.namespace).svc.\(clusterDomain)"
    }

    /// Joins the resources of a mesh's namespaces; kinds that do not matter here are passed over.
    ///
    /// A service's endpoints are the first that applies: its EndpointSlices, its Endpoints, the WorkloadEntries and
    /// Pods that its selector matches, the endpoints of a ServiceEntry of its host.
    public static func build(_ resources: [Resource], clusterDomain: String = "cluster.local")
        -> ServiceRegistry
    {
        let index = EndpointIndex(resources)
        var services: [String: MeshService] = [:]
        for resource in resources where resource.type == .service {
            let service = index.service(resource, clusterDomain: clusterDomain)
            services[service.hostname] = service
        }
        let entries = resources.filter { $0.type == .serviceEntry }.sorted { $0.key < $1.key }
        for resource in entries {
            let spec = ServiceEntrySpec(resource)
            for host in spec.hosts.map({ $0.lowercased() }) where !host.isEmpty {
                let entry = index.service(resource, spec, host: host)
                guard var service = services[host] else {
                    services[host] = entry
                    continue
                }
                if service.endpoints.isEmpty { service.endpoints = entry.endpoints }
                services[host] = service
            }
        }
        var registry = ServiceRegistry()
        registry.services = services
        return registry
    }
}
