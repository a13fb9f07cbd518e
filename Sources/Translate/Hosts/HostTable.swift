import Resources

/// What a called host stands for: a local service, imports, or both joined.
struct HostEntry {
    /// A service of a peer.
    struct Imported {
        var peer: PeerState
        var service: PeerState.Import
    }

    var hostname: String
    var namespace: String
    var ports: [MeshService.Port]
    var local: MeshService?
    /// In the order in which they are used.
    var imports: [Imported]

    func port(_ number: Int) -> MeshService.Port? {
        ports.first { $0.number == number }
    }

    /// The port of a call that names none: 80 if it is there, else the first of HTTP.
    var defaultHTTPPort: Int? {
        let http = ports.filter { $0.applicationProtocol.isHTTP }
        return (http.first { $0.number == 80 } ?? http.first)?.number
    }
}

/// All hosts that this mesh's gateways can reach.
struct HostTable {
    private(set) var entries: [String: HostEntry] = [:]
    /// Names that occur in exactly one namespace.
    private var namespacesOfNames: [String: Set<String>] = [:]
    private let clusterDomain: String

    init(_ input: TranslateInput, warn: (TranslateWarning) -> Void) {
        clusterDomain = input.mesh.clusterDomain
        // Gateways are no services of the mesh: a call to one by its name would come round again.
        let gateways = Set(input.gateways.map { ObjectKey(namespace: $0.namespace, name: $0.name) })
        for service in input.registry.services.values where !gateways.contains(service.key) {
            entries[service.hostname] = HostEntry(
                hostname: service.hostname, namespace: service.key.namespace, ports: service.ports,
                local: service,
                imports: [])
        }
        for peer in input.peers.sorted(by: { $0.name < $1.name }) {
            for service in peer.imports.sorted(by: {
                ($0.hostname, $0.exportedHostname) < ($1.hostname, $1.exportedHostname)
            }) {
                add(service, of: peer, warn: warn)
            }
        }
        for hostname in entries.keys {
            guard let (name, namespace) = localParts(hostname) else { continue }
            namespacesOfNames[name, default: []].insert(namespace)
        }
    }

    private mutating func add(
        _ service: PeerState.Import, of peer: PeerState, warn: (TranslateWarning) -> Void
    ) {
        let object = "ImportedServiceSet \(peer.namespace)/\(peer.name)"
        var entry =
            entries[service.hostname]
            ?? HostEntry(
                hostname: service.hostname, namespace: service.namespace, ports: service.ports, local: nil,
                imports: [])
        if entry.imports.contains(where: { $0.peer.name == peer.name }) {
            warn(
                TranslateWarning(
                    object: object, path: "",
                    message:
                        "\(service.exportedHostname) is not used: another service of this peer already has the "
                        + "local name \(service.hostname)"))
            return
        }
        if !service.importAsLocal, entry.local != nil || !entry.imports.isEmpty {
            warn(
                TranslateWarning(
                    object: object, path: "",
                    message: "\(service.exportedHostname) is not used: the name \(service.hostname) is taken")
            )
            return
        }
        entry.imports.append(HostEntry.Imported(peer: peer, service: service))
        for port in service.ports where entry.port(port.number) == nil { entry.ports.append(port) }
        entries[service.hostname] = entry
    }

    /// All entries by hostname.
    var sorted: [HostEntry] { entries.values.sorted { $0.hostname < $1.hostname } }

    /// The full name of a host as a resource of `namespace` writes it.
    func fullName(_ host: String, namespace: String) -> String {
        if entries[host] != nil { return host }
        if !host.contains(".") { return "\(host).\(namespace).svc.\(clusterDomain)" }
        for candidate in ["\(host).svc.\(clusterDomain)", "\(host).\(clusterDomain)"]
        where entries[candidate] != nil {
            return candidate
        }
        return host
    }

    /// The other names of a host in the mesh: `name.ns.svc`, `name.ns` and, when no other namespace has one, `name`.
    func shortNames(_ hostname: String) -> [String] {
        guard let (name, namespace) = localParts(hostname) else { return [] }
        var names = ["\(name).\(namespace).svc", "\(name).\(namespace)"]
        if namespacesOfNames[name]?.count == 1 { names.append(name) }
        return names.filter { entries[$0] == nil }
    }

    /// Name and namespace of a host under the cluster domain.
    private func localParts(_ hostname: String) -> (String, String)? {
        let suffix = ".svc.\(clusterDomain)"
        guard hostname.hasSuffix(suffix) else { return nil }
        let parts = hostname.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }
}
