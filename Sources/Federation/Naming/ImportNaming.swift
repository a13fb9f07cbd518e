internal import Document
public import Resources

/// The name of a service within this mesh.
public struct LocalName: Hashable, Sendable {
    /// The name part.
    public var name: String
    /// The namespace part.
    public var namespace: String
    /// The hostname, `<name>.<namespace>.<suffix>`.
    public var hostname: String

    /// A name of the given parts.
    public init(name: String, namespace: String, hostname: String) {
        self.name = name
        self.namespace = namespace
        self.hostname = hostname
    }
}

/// One service of a peer's list, and what becomes of it here.
public struct ImportedService: Hashable, Sendable {
    /// What the peer said, with ports that cannot be left out.
    public var exported: ServiceMessage
    /// Its name here; nil when no rule takes it, or it lost a collision: then it is only reported.
    public var localName: LocalName?
    /// True when its endpoints join those of a local service of the same hostname.
    public var importAsLocal: Bool
    /// Where its endpoints count as running; nil when not configured.
    public var locality: Locality?

    /// An import of the given parts.
    public init(
        exported: ServiceMessage, localName: LocalName?, importAsLocal: Bool = false,
        locality: Locality? = nil
    ) {
        self.exported = exported
        self.localName = localName
        self.importAsLocal = importAsLocal
        self.locality = locality
    }
}

/// What is taken from a peer.
public struct ImportResult: Hashable, Sendable {
    /// Every service of the peer's list, sorted by exported hostname.
    public var imports: [ImportedService]
    /// Skipped rules, collisions, and messages that cannot be used.
    public var warnings: [FederationWarning]
}

/// Decides what is taken from a peer's list, and under which names.
///
/// The first usable rule that takes a service decides. When two services get one local name, the one of the
/// earlier rule wins, then the one whose exported hostname is first; the other is only reported.
public func importedServices(
    peer: String, set: ImportedServiceSetSpec?, list: [ServiceMessage], clusterDomain: String
) -> ImportResult {
    let object = "ImportedServiceSet \(peer)"
    var warnings: [FederationWarning] = []
    let rules = ImportRules(peer: peer, set: set, clusterDomain: clusterDomain, object: object, &warnings)

    var imports: [(rule: Int, service: ImportedService)] = []
    var lastHostname: String?
    for message in list.sorted(by: ServiceMessage.inListOrder) {
        if message.hostname == lastHostname {
            warnings.append(
                FederationWarning(
                    object: "ServiceMeshPeer \(peer)",
                    message: "the peer lists \(message.hostname) twice; "
                        + "\(message.namespace)/\(message.name) is left out"))
            continue
        }
        lastHostname = message.hostname
        guard let exported = usable(message, peer: peer, &warnings) else { continue }
        var service = ImportedService(
            exported: exported, localName: nil, importAsLocal: false, locality: set?.locality)
        var ruleIndex = Int.max
        if let (index, name, isLocal) = rules.name(of: exported) {
            if let problem = NameRules.subdomain(name.hostname) {
                warnings.append(
                    FederationWarning(
                        object: object,
                        message: "\(exported.hostname) is not imported as \"\(name.hostname)\": \(problem)"))
            } else {
                ruleIndex = index
                service.localName = name
                service.importAsLocal = isLocal
            }
        }
        imports.append((ruleIndex, service))
    }

    var winners: [String: Int] = [:]
    for index in imports.indices.sorted(by: { (imports[$0].rule, $0) < (imports[$1].rule, $1) }) {
        guard let name = imports[index].service.localName?.hostname else { continue }
        if let winner = winners[name] {
            warnings.append(
                FederationWarning(
                    object: object,
                    message: "\(imports[index].service.exported.hostname) is not imported: \(name) is "
                        + "already \(imports[winner].service.exported.hostname)"))
            imports[index].service.localName = nil
            imports[index].service.importAsLocal = false
        } else {
            winners[name] = index
        }
    }
    return ImportResult(imports: imports.map(\.service), warnings: warnings)
}

/// A peer's message with what can be used of it; nil when that is nothing.
///
/// A hostname decides what an egress gateway asks for by SNI, so what is not a hostname is never passed on.
private func usable(
    _ message: ServiceMessage, peer: String, _ warnings: inout [FederationWarning]
) -> ServiceMessage? {
    let object = "ServiceMeshPeer \(peer)"
    if let problem = NameRules.subdomain(message.hostname) {
        warnings.append(
            FederationWarning(
                object: object,
                message: "the peer's service \"\(message.hostname.prefix(80))\" is left out: \(problem)"))
        return nil
    }
    if message.name.isEmpty || message.namespace.isEmpty {
        warnings.append(
            FederationWarning(
                object: object,
                message: "the peer's service \(message.hostname) is left out: it has no name or no namespace")
        )
        return nil
    }
    var message = message
    var numbers: Set<Int> = []
    message.servicePorts.removeAll { port in
        if (1...65535).contains(port.port), numbers.insert(port.port).inserted { return false }
        warnings.append(
            FederationWarning(
                object: object,
                message: "port \(port.port) of the peer's service \(message.hostname) is left out: "
                    + "not a port number, or listed twice"))
        return true
    }
    return message
}

/// The rules of a set that can be used, with their suffixes.
private struct ImportRules {
    private struct Rule {
        var index: Int
        var selector: NameSelector
        var suffix: String
        var importAsLocal: Bool
    }

    private var rules: [Rule] = []

    init(
        peer: String, set: ImportedServiceSetSpec?, clusterDomain: String, object: String,
        _ warnings: inout [FederationWarning]
    ) {
        let localSuffix = "svc.\(clusterDomain)"
        for (index, rule) in (set?.rules ?? []).enumerated() {
            switch rule {
            case .skipped(let path, let reason):
                warnings.append(
                    FederationWarning(object: object, path: path, message: "\(reason); the rule is skipped"))
            case .name(let rule):
                let given = rule.domainSuffix.isEmpty ? set?.domainSuffix ?? "" : rule.domainSuffix
                let suffix =
                    if rule.importAsLocal { localSuffix } else if given.isEmpty {
                        "svc.\(peer)-imports.local"
                    } else { given }
                if suffix == localSuffix && !rule.importAsLocal {
                    let path =
                        rule.domainSuffix.isEmpty
                        ? FieldPath("spec", "domainSuffix")
                        : FieldPath("spec", "importRules").appending(index).appending("domainSuffix")
                    warnings.append(
                        FederationWarning(
                            object: object, path: path,
                            message: "\"\(suffix)\" is the suffix of this mesh's own services, which only "
                                + "importAsLocal may use; the rule is skipped"))
                    continue
                }
                rules.append(
                    Rule(
                        index: index, selector: rule.selector, suffix: suffix,
                        importAsLocal: rule.importAsLocal))
            }
        }
        if let problem = set?.localityProblem {
            warnings.append(
                FederationWarning(
                    object: object, path: FieldPath("spec", "locality"),
                    message: "\(problem); the locality is ignored"))
        }
    }

    func name(of service: ServiceMessage) -> (rule: Int, name: LocalName, importAsLocal: Bool)? {
        guard
            let rule = rules.first(where: {
                $0.selector.matches(namespace: service.namespace, name: service.name)
            })
        else { return nil }
        let new = rule.selector.renamed(namespace: service.namespace, name: service.name)
        let hostname = "\(new.name).\(new.namespace).\(rule.suffix)"
        return (
            rule.index, LocalName(name: new.name, namespace: new.namespace, hostname: hostname),
            rule.importAsLocal
        )
    }
}
