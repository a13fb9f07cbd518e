import Resources

/// Where the endpoints of services are looked up while a registry is built.
struct EndpointIndex {
    /// A label of a namespace, to find workloads by selector.
    private struct Label: Hashable {
        var namespace: String
        var key: String
        var value: String
    }

    /// A WorkloadEntry or a Pod.
    private enum Workload {
        case entry(WorkloadEntrySpec)
        case pod(PodSpecView)

        var labels: [String: String] {
            switch self {
            case .entry(let entry): entry.labels
            case .pod(let pod): pod.labels
            }
        }
    }

    private var slices: [ObjectKey: [EndpointSliceSpec]] = [:]
    private var endpoints: [ObjectKey: EndpointsSpec] = [:]
    private var pods: [ObjectKey: PodSpecView] = [:]
    private var workloads: [Label: [(key: ObjectKey, workload: Workload)]] = [:]

    init(_ resources: [Resource]) {
        for resource in resources.sorted(by: { $0.key < $1.key }) {
            switch resource.type {
            case .endpointSlice:
                let slice = EndpointSliceSpec(resource)
                guard !slice.serviceName.isEmpty, slice.addressType != "FQDN" else { continue }
                slices[ObjectKey(namespace: resource.namespace, name: slice.serviceName), default: []]
                    .append(slice)
            case .endpoints: endpoints[resource.key] = EndpointsSpec(resource)
            case .workloadEntry: add(.entry(WorkloadEntrySpec(resource)), resource.key)
            case .pod:
                let pod = PodSpecView(resource)
                pods[resource.key] = pod
                if !pod.ip.isEmpty { add(.pod(pod), resource.key) }
            default: break
            }
        }
    }

    private mutating func add(_ workload: Workload, _ key: ObjectKey) {
        for (name, value) in workload.labels {
            workloads[Label(namespace: key.namespace, key: name, value: value), default: []]
                .append((key, workload))
        }
    }

    // MARK: services

    /// The service of a Service object.
    func service(_ resource: Resource, clusterDomain: String) -> MeshService {
        let spec = ServiceSpec(resource)
        var service = MeshService(
            key: resource.key, hostname: ServiceRegistry.hostname(resource.key, clusterDomain: clusterDomain),
            labels: resource.labels,
            ports: spec.ports.filter { $0.transport == "TCP" }.map { port in
                MeshService.Port(
                    name: port.name, number: port.port, applicationProtocol: port.applicationProtocol)
            },
            exportTo: Self.exportTo(resource))
        if spec.type == "ExternalName" {
            service.resolution = .dns
            service.isMeshExternal = true
            if !spec.externalName.isEmpty {
                let ports = Dictionary(
                    service.ports.map { ($0.number, $0.number) }, uniquingKeysWith: { a, _ in a })
                service.endpoints = [MeshEndpoint(address: spec.externalName, ports: ports)]
            }
            return service
        }
        service.endpoints = Self.sorted(declared(resource.key, spec) ?? selected(resource.namespace, spec))
        return service
    }

    private static func exportTo(_ resource: Resource) -> [String] {
        let text = resource.annotations["networking.istio.io/exportTo"] ?? ""
        return text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// EndpointSlices or Endpoints; nil when there are none, or only empty ones beside a selector.
    private func declared(_ key: ObjectKey, _ spec: ServiceSpec) -> [MeshEndpoint]? {
        var found: [MeshEndpoint]?
        if let slices = slices[key] {
            found = slices.flatMap { slice in
                slice.endpoints.flatMap { endpoint in
                    endpoint.addresses.map { address in
                        let pod = pods[ObjectKey(namespace: key.namespace, name: endpoint.targetName)]
                        return MeshEndpoint(
                            address: address, ports: Self.ports(spec, slice.ports),
                            labels: pod?.labels ?? [:],
                            isReady: endpoint.isReady || spec.publishesNotReadyAddresses,
                            locality: endpoint.zone.isEmpty ? nil : Locality(zone: endpoint.zone),
                            serviceAccount: pod?.serviceAccount ?? "")
                    }
                }
            }
        } else if let endpoints = endpoints[key] {
            found = endpoints.subsets.flatMap { subset in
                let ports = Self.ports(spec, subset.ports)
                return subset.addresses.map { endpoint($0, ports, key.namespace, isReady: true) }
                    + subset.notReadyAddresses.map {
                        endpoint($0, ports, key.namespace, isReady: spec.publishesNotReadyAddresses)
                    }
            }
        }
        guard let found, !found.isEmpty || spec.selector.isEmpty else { return nil }
        return found
    }

    private func endpoint(
        _ address: EndpointsSpec.Address, _ ports: [Int: Int], _ namespace: String, isReady: Bool
    ) -> MeshEndpoint {
        let pod = pods[ObjectKey(namespace: namespace, name: address.targetName)]
        return MeshEndpoint(
            address: address.ip, ports: ports, labels: pod?.labels ?? [:], isReady: isReady,
            serviceAccount: pod?.serviceAccount ?? "")
    }

    /// Endpoint ports are joined to service ports by name.
    private static func ports(_ spec: ServiceSpec, _ ports: [EndpointsSpec.Port]) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for port in spec.ports {
            if let match = ports.first(where: { $0.name == port.name })
                ?? (ports.count == 1 && spec.ports.count == 1 ? ports.first : nil)
            {
                result[port.port] = match.port
            }
        }
        return result
    }

    /// The workloads that the selector matches.
    private func selected(_ namespace: String, _ spec: ServiceSpec) -> [MeshEndpoint] {
        matching(spec.selector, namespace).compactMap { workload in
            switch workload {
            case .entry(let entry):
                Self.endpoint(entry) { entry in
                    Dictionary(
                        spec.ports.compactMap { port in entry.number(of: port).map { (port.port, $0) } },
                        uniquingKeysWith: { first, _ in first })
                }
            case .pod(let pod):
                MeshEndpoint(
                    address: pod.ip,
                    ports: Dictionary(
                        spec.ports.compactMap { port in
                            let number = port.targetPort.map { pod.number(of: $0) } ?? port.port
                            return number.map { (port.port, $0) }
                        }, uniquingKeysWith: { first, _ in first }),
                    labels: pod.labels, isReady: pod.isReady || spec.publishesNotReadyAddresses,
                    serviceAccount: pod.serviceAccount)
            }
        }
    }

    private static func endpoint(
        _ entry: WorkloadEntrySpec, ports: (WorkloadEntrySpec) -> [Int: Int]
    ) -> MeshEndpoint? {
        guard !entry.address.isEmpty else { return nil }
        return MeshEndpoint(
            address: entry.address, ports: ports(entry), labels: entry.labels, locality: entry.locality,
            serviceAccount: entry.serviceAccount, weight: entry.weight)
    }

    /// Workloads with all these labels; an empty selector matches none.
    private func matching(_ selector: [String: String], _ namespace: String) -> [Workload] {
        guard let first = selector.min(by: { $0.key < $1.key }) else { return [] }
        let candidates = workloads[Label(namespace: namespace, key: first.key, value: first.value)] ?? []
        return candidates.map(\.workload).filter { workload in
            selector.allSatisfy { workload.labels[$0.key] == $0.value }
        }
    }

    // MARK: service entries

    /// The service of one host of a ServiceEntry.
    func service(_ resource: Resource, _ spec: ServiceEntrySpec, host: String) -> MeshService {
        var service = MeshService(
            key: resource.key, hostname: host, labels: resource.labels,
            ports: spec.ports.map { port in
                MeshService.Port(
                    name: port.name, number: port.number, applicationProtocol: port.applicationProtocol)
            },
            isMeshExternal: spec.isMeshExternal, exportTo: spec.exportTo)
        let ports: (WorkloadEntrySpec) -> [Int: Int] = { entry in
            Dictionary(
                spec.ports.map { ($0.number, entry.ports[$0.name] ?? $0.targetPort) },
                uniquingKeysWith: { first, _ in first })
        }
        var endpoints = spec.endpoints.compactMap { Self.endpoint($0, ports: ports) }
        if let selector = spec.workloadSelector {
            endpoints += matching(selector, resource.namespace).compactMap { workload in
                switch workload {
                case .entry(let entry): Self.endpoint(entry, ports: ports)
                case .pod(let pod):
                    MeshEndpoint(
                        address: pod.ip,
                        ports: Dictionary(
                            spec.ports.map { ($0.number, $0.targetPort) },
                            uniquingKeysWith: { first, _ in first }),
                        labels: pod.labels, isReady: pod.isReady, serviceAccount: pod.serviceAccount)
                }
            }
        }
        if spec.resolution == .dns || spec.resolution == .dnsRoundRobin {
            service.resolution = .dns
            if endpoints.isEmpty, !host.hasPrefix("*") {
                let own = Dictionary(
                    spec.ports.map { ($0.number, $0.targetPort) }, uniquingKeysWith: { first, _ in first })
                endpoints = [MeshEndpoint(address: host, ports: own)]
            }
        }
        service.endpoints = Self.sorted(endpoints)
        return service
    }

    /// By address and ports, each once.
    private static func sorted(_ endpoints: [MeshEndpoint]) -> [MeshEndpoint] {
        var seen: Set<MeshEndpoint> = []
        return endpoints.filter { seen.insert($0).inserted }.sorted { a, b in
            let (left, right) = (a.ports.values.min() ?? 0, b.ports.values.min() ?? 0)
            return (a.address, left) < (b.address, right)
        }
    }
}
