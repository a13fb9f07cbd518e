import Document

/// The rules no schema can state, one table a kind.
///
/// They look at pruned, defaulted documents.
enum SemanticRules {
    /// Everything that breaks a rule.
    ///
    /// Rules that read a field whose type is wrong are left out.
    static func check(_ resource: Resource, typeProblems: [SchemaProblem]) -> [SchemaProblem] {
        let broken = Set(typeProblems.map(\.path))
        return (MetadataRules.check(resource) + kindRules(resource)).filter { problem in
            !broken.contains { problem.path.steps.starts(with: $0.steps) }
        }
    }

    private static func kindRules(_ resource: Resource) -> [SchemaProblem] {
        switch resource.type {
        case .service: ServiceRules.check(resource)
        case .configMap, .secret: ConfigRules.check(resource)
        case .endpoints, .endpointSlice: EndpointRules.check(resource)
        case .serviceMeshPeer: PeerRules.check(resource)
        case .exportedServiceSet, .importedServiceSet: ServiceSetRules.check(resource)
        case .serviceMeshControlPlane, .serviceMeshMemberRoll, .serviceMeshMember: MeshRules.check(resource)
        case .virtualService: VirtualServiceRules.check(resource)
        case .destinationRule: DestinationRuleRules.check(resource)
        case .serviceEntry, .workloadEntry: WorkloadRules.check(resource)
        case .gateway: GatewayRules.check(resource)
        default: []
        }
    }
}

/// Collects problems of one document.
struct RuleBook {
    private(set) var problems: [SchemaProblem] = []

    /// Reports a value when it has a problem.
    mutating func expect(_ node: Node?, _ path: FieldPath, _ problem: (String) -> String?) {
        guard let node, let text = node.string, let why = problem(text) else { return }
        problems.append(.invalid(path, node, why))
    }

    /// Reports a value.
    mutating func invalid(_ path: FieldPath, _ node: Node?, _ why: String) {
        problems.append(.invalid(path, node, why))
    }

    /// Reports a missing field of a node.
    mutating func missing(_ path: FieldPath, in node: Node?, _ why: String = "") {
        problems.append(.required(path, in: node, why))
    }

    /// Reports a value that is not one of a list.
    mutating func notSupported(_ path: FieldPath, _ node: Node?, _ supported: [String]) {
        problems.append(.notSupported(path, node, supported))
    }

    /// Reports a value that is there already.
    mutating func duplicate(_ path: FieldPath, _ node: Node?) {
        problems.append(.duplicate(path, node))
    }

    /// Reports a field that may not be set.
    mutating func forbidden(_ path: FieldPath, _ node: Node?, _ why: String) {
        problems.append(.forbidden(path, node, why))
    }

    /// Reports a port number outside 1 to 65535.
    mutating func expectPort(_ node: Node?, _ path: FieldPath) {
        guard let node, let port = node.int, !(1...65535).contains(port) else { return }
        invalid(path, node, "must be between 1 and 65535, inclusive")
    }

    /// Reports what makes a label selector unusable.
    mutating func expectSelector(_ node: Node?, _ path: FieldPath) {
        guard let node, node.object != nil else { return }
        do throws(DocumentError) {
            _ = try LabelSelector(node: node, path: path)
        } catch {
            for finding in error.findings {
                let place = finding.path ?? path
                let value = place.steps.dropFirst(path.steps.count).reduce(Optional(node)) { value, step in
                    switch step {
                    case .key(let key): value?[key]
                    case .index(let index): value?[index]
                    }
                }
                problems.append(
                    SchemaProblem(place, at: Node(.null, position: finding.position)) {
                        .invalid($0, value: SchemaProblem.quoted(value), why: finding.message)
                    })
            }
        }
    }
}
