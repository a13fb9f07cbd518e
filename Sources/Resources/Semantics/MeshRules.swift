import Document

/// The rules of ServiceMeshControlPlanes, ServiceMeshMemberRolls and ServiceMeshMembers.
enum MeshRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        switch resource.type {
        case .serviceMeshControlPlane: controlPlane(resource)
        default: member(resource)
        }
    }

    private static func controlPlane(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let trust = FieldPath("spec", "security", "trust")
        let node = resource.spec?.at("security", "trust")
        book.expect(node?["domain"], trust.appending("domain")) {
            $0.isEmpty ? nil : TrustDomain.problem(with: $0)
        }
        for (index, domain) in (node?.list("additionalDomains") ?? []).enumerated() {
            book.expect(domain, trust.appending("additionalDomains").appending(index)) {
                TrustDomain.problem(with: $0)
            }
        }
        var seen: Set<String> = [
            MeshControlPlaneSpec.defaultIngressName, MeshControlPlaneSpec.defaultEgressName,
        ]
        for kind in ["additionalIngress", "additionalEgress"] {
            for member in resource.spec?["gateways"]?.members(kind) ?? [] {
                let path = FieldPath("spec", "gateways", kind).appending(member.key)
                if let why = NameRules.dns1035Label(member.key) {
                    book.invalid(path, Node(member.key), why)
                }
                if !seen.insert(member.key).inserted {
                    book.invalid(path, Node(member.key), "another gateway of the mesh has this name")
                }
                book.expect(member.value["namespace"], path.appending("namespace")) {
                    $0.isEmpty ? nil : NameRules.label($0)
                }
                ports(member.value, path.appending("service").appending("ports"), &book)
            }
        }
        for kind in ["ingress", "egress"] {
            if let gateway = resource.spec?.at("gateways", kind) {
                ports(gateway, FieldPath("spec", "gateways", kind, "service", "ports"), &book)
            }
        }
        return book.problems
    }

    private static func ports(_ gateway: Node, _ path: FieldPath, _ book: inout RuleBook) {
        var names: Set<String> = []
        var numbers: Set<Int64> = []
        let ports = gateway["service"]?.list("ports") ?? []
        for (index, port) in ports.enumerated() {
            let path = path.appending(index)
            if let number = port["port"]?.int, !numbers.insert(number).inserted {
                book.duplicate(path.appending("port"), port["port"])
            }
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { book.missing(path.appending("name"), in: port) }
            } else {
                book.expect(port["name"], path.appending("name"), NameRules.portName)
                if !names.insert(name).inserted { book.duplicate(path.appending("name"), port["name"]) }
            }
        }
    }

    private static func member(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        if resource.name != "default", !resource.name.isEmpty {
            book.invalid(
                FieldPath("metadata", "name"), Node(resource.name),
                "a \(resource.type.kind) must be named \"default\"")
        }
        for (index, member) in (resource.spec?.list("members") ?? []).enumerated() {
            let path = FieldPath("spec", "members").appending(index)
            book.expect(member, path, NameRules.label)
            if let name = member.string, name == resource.namespace, !name.isEmpty {
                book.invalid(path, member, "the namespace of the control plane cannot be a member")
            }
        }
        for (index, selector) in (resource.spec?.list("memberSelectors") ?? []).enumerated() {
            book.expectSelector(selector, FieldPath("spec", "memberSelectors").appending(index))
        }
        return book.problems
    }
}
