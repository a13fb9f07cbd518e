public import Resources

/// What besides rules and services decides about exports.
public struct ExportContext: Sendable {
    /// The namespace of the control plane.
    public var controlPlaneNamespace: String
    /// Namespaces whose services may be exported; nil for all of them.
    public var candidateNamespaces: Set<String>?
    /// Services that are never exported whatever the rules say: the mesh's own gateways.
    public var neverExported: Set<ObjectKey>
    /// SPIFFE IDs of the ingress gateway this peer comes in by.
    public var serviceAccounts: [String]

    /// A context of the given parts.
    ///
    /// Accounts are sorted and kept once each: two equal ones would cancel in the checksum.
    public init(
        controlPlaneNamespace: String, candidateNamespaces: Set<String>? = nil,
        neverExported: Set<ObjectKey> = [], serviceAccounts: [String] = []
    ) {
        self.controlPlaneNamespace = controlPlaneNamespace
        self.candidateNamespaces = candidateNamespaces
        self.neverExported = neverExported
        self.serviceAccounts = Set(serviceAccounts).sorted()
    }
}

/// A service of ours under the name a peer knows it by.
public struct ExportedService: Hashable, Sendable {
    /// The service here.
    public var local: LocalService
    /// Its exported hostname, unique within a peer's exports.
    public var exportedHostname: String
    /// What the peer is told.
    public var message: ServiceMessage

    /// An export of the given parts.
    public init(local: LocalService, exportedHostname: String, message: ServiceMessage) {
        self.local = local
        self.exportedHostname = exportedHostname
        self.message = message
    }
}

/// What a peer may see.
public struct ExportResult: Hashable, Sendable {
    /// The exports, sorted by local namespace, local name, exported hostname.
    public var exports: [ExportedService]
    /// Skipped rules, collisions and names that cannot be.
    public var warnings: [FederationWarning]
}

/// Decides what a peer may see of our services, and under which names.
///
/// Rules are tried in order and the first that takes a service decides. Nothing is exported without a set. When
/// two services get one exported name, the one of the earlier rule wins, then the one first by namespace and
/// name; the other is left out with a warning.
public func exportedServices(
    peer: String, set: ExportedServiceSetSpec?, services: [LocalService], context: ExportContext
) -> ExportResult {
    guard let set else { return ExportResult(exports: [], warnings: []) }
    let object = "ExportedServiceSet \(peer)"
    var warnings: [FederationWarning] = []
    for case .skipped(let path, let reason) in set.rules {
        warnings.append(
            FederationWarning(object: object, path: path, message: "\(reason); the rule is skipped"))
    }

    var named: [(rule: Int, export: ExportedService)] = []
    for service in services where isCandidate(service, context) {
        guard let (rule, name, namespace) = exportedName(of: service, set) else { continue }
        let hostname = "\(name).\(namespace).svc.\(peer)-exports.local"
        if let problem = NameRules.subdomain(hostname) {
            warnings.append(
                FederationWarning(
                    object: object,
                    message:
                        "\(service.namespace)/\(service.name) is not exported as \"\(hostname)\": \(problem)"
                ))
            continue
        }
        let message = ServiceMessage(
            name: name, namespace: namespace, hostname: hostname, servicePorts: service.ports,
            serviceAccounts: context.serviceAccounts)
        named.append((rule, ExportedService(local: service, exportedHostname: hostname, message: message)))
    }
    named.sort { a, b in
        (a.rule, a.export.local.namespace, a.export.local.name)
            < (b.rule, b.export.local.namespace, b.export.local.name)
    }

    var winners: [String: LocalService] = [:]
    var exports: [ExportedService] = []
    for (_, export) in named {
        let local = export.local
        if let winner = winners[export.exportedHostname] {
            let isSame = winner.name == local.name && winner.namespace == local.namespace
            warnings.append(
                FederationWarning(
                    object: object,
                    message: "\(local.namespace)/\(local.name) is not exported: \(export.exportedHostname) "
                        + (isSame ? "is listed twice" : "is already \(winner.namespace)/\(winner.name)")))
        } else {
            winners[export.exportedHostname] = local
            exports.append(export)
        }
    }
    exports.sort { a, b in
        (a.local.namespace, a.local.name, a.exportedHostname)
            < (b.local.namespace, b.local.name, b.exportedHostname)
    }
    return ExportResult(exports: exports, warnings: warnings)
}

private func isCandidate(_ service: LocalService, _ context: ExportContext) -> Bool {
    if service.meshExternal || service.isImported || service.name.isEmpty || service.namespace.isEmpty {
        return false
    }
    if let namespaces = context.candidateNamespaces, !namespaces.contains(service.namespace) { return false }
    if context.neverExported.contains(ObjectKey(namespace: service.namespace, name: service.name)) {
        return false
    }
    return service.isVisible(in: context.controlPlaneNamespace)
}

/// The first rule that takes a service, and the service's name by it.
private func exportedName(
    of service: LocalService, _ set: ExportedServiceSetSpec
) -> (rule: Int, name: String, namespace: String)? {
    for (index, rule) in set.rules.enumerated() {
        switch rule {
        case .name(let selector):
            guard selector.matches(namespace: service.namespace, name: service.name) else { continue }
            let new = selector.renamed(namespace: service.namespace, name: service.name)
            return (index, new.name, new.namespace)
        case .label(let label):
            guard label.matches(namespace: service.namespace, labels: service.labels) else { continue }
            let alias = label.aliases.first { $0.matches(namespace: service.namespace, name: service.name) }
            let new =
                alias?.renamed(namespace: service.namespace, name: service.name)
                ?? (namespace: service.namespace, name: service.name)
            return (index, new.name, new.namespace)
        case .skipped:
            continue
        }
    }
    return nil
}
