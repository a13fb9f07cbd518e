import Resources

/// What a called host stands for: a local service, imports, or both joined.
struct HostEntry {
    /// A service of a peer.
    struct Imported {
        let home: Peer
        var service: PeerState.Import

        var peer: PeerState { home.state }
    }

    /// A peer, shared by its imports: the value has too many parts to be copied for each.
    final class Peer: Sendable {
        let state: PeerState

        init(_ state: PeerState) {
            self.state = state
        }
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

extension HostEntry {
    /// Nearest first, seen from the own endpoints; equally near ones by the peer's name.
    fileprivate mutating func orderImports() {
        let own = local?.endpoints.lazy.compactMap(\.locality).first
        let ranked = imports.map { (Self.distance(own, $0.service.locality), $0.home.state.name, $0) }
        imports = ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    /// 0 in the same subzone, 1 in the same zone, 2 in the same region, 3 elsewhere or unknown.
    private static func distance(_ a: Locality?, _ b: Locality?) -> Int {
        guard let a, let b, !a.region.isEmpty, a.region == b.region else { return 3 }
        guard a.zone == b.zone else { return 2 }
        return a.subzone == b.subzone ? 0 : 1
    }
}

/// All hosts that this mesh's gateways can reach.
struct HostTable {
    private(set) var entries: [String: HostEntry] = [:]
    /// All entries by hostname.
    private(set) var sorted: [HostEntry] = []
    /// The places in `sorted` of what is imported through an egress gateway, by the gateway's name.
    private var importsOfGateways: [String: [Int]] = [:]
    /// Names that occur in exactly one namespace.
    private var namespacesOfNames: [String: Set<String>] = [:]
    private let clusterDomain: String

    init(_ input: TranslateInput, warn: (TranslateWarning) -> Void) {
        clusterDomain = input.mesh.clusterDomain
        // Gateways are no services of the mesh: a call to one by its name would come round again.
        let gateways = Set(input.gateways.map { ObjectKey(namespace: $0.namespace, name: $0.name) })
        for service in input.registry.services.values where !gateways.contains(service.key) {
            guard Domains.isValid(service.hostname) else {
                warn(
                    TranslateWarning(
                        object: "ServiceEntry \(service.key)", path: "spec.hosts",
                        message: "\"\(service.hostname)\" is not a host name and not served"))
                continue
            }
            entries[service.hostname] = HostEntry(
                hostname: service.hostname, namespace: service.key.namespace, ports: service.ports,
                local: service,
                imports: [])
        }
        for peer in input.peers.sorted(by: { $0.name < $1.name }) {
            let home = HostEntry.Peer(peer)
            for service in peer.imports.sorted(by: {
                ($0.hostname, $0.exportedHostname) < ($1.hostname, $1.exportedHostname)
            }) {
                add(service, of: home, warn: warn)
            }
        }
        sorted = entries.values.sorted { $0.hostname < $1.hostname }
        for index in sorted.indices {
            if sorted[index].imports.count > 1 {
                sorted[index].orderImports()
                entries[sorted[index].hostname] = sorted[index]
            }
            for egress in Set(sorted[index].imports.map { $0.home.state.egressName }) {
                importsOfGateways[egress, default: []].append(index)
            }
            guard let (name, namespace) = localParts(sorted[index].hostname) else { continue }
            namespacesOfNames[name, default: []].insert(namespace)
        }
    }

    private mutating func add(
        _ service: PeerState.Import, of home: HostEntry.Peer, warn: (TranslateWarning) -> Void
    ) {
        let peer = home.state
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
        entry.imports.append(HostEntry.Imported(home: home, service: service))
        for port in service.ports where entry.port(port.number) == nil { entry.ports.append(port) }
        entries[service.hostname] = entry
    }

    /// What is imported through an egress gateway, by hostname.
    func imports(of egress: String) -> [HostEntry] {
        (importsOfGateways[egress] ?? []).map { sorted[$0] }
    }

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
