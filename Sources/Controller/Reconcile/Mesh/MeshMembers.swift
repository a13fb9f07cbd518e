import Document
import Resources

/// The namespaces of a mesh besides the control plane's own, sorted by what became of them.
struct MeshMembers: Equatable {
    /// All of them, sorted.
    var all: [String]
    /// Those that have all they need.
    var configured: [String]
    /// Those that do not exist or do not have what they need yet.
    var pending: [String]
    /// Those on their way out.
    var terminating: [String]
    /// Those that do not exist.
    var missing: [String]

    /// Reads the members; `needsWork` are namespaces in which something was still to be done in this pass.
    init(_ world: World, controlPlane: Resource, needsWork: Set<String>) {
        let wanted = Self.wanted(world, controlPlane)
        let all = wanted.sorted()
        self.all = all
        let namespaces = Dictionary(
            world.list(.namespace).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let terminating = all.filter { namespaces[$0].map(Self.isTerminating) ?? false }
        let missing = all.filter { namespaces[$0] == nil }
        self.terminating = terminating
        self.missing = missing
        let gone = Set(terminating + missing)
        let configured = all.filter { !gone.contains($0) && !needsWork.contains($0) }
        let settled = Set(configured + terminating)
        self.configured = configured
        pending = all.filter { !settled.contains($0) }
    }

    /// Members that exist and stay.
    static func existing(_ world: World, _ controlPlane: Resource) -> Set<String> {
        let wanted = wanted(world, controlPlane)
        return Set(
            world.list(.namespace).filter { wanted.contains($0.name) && !isTerminating($0) }.map(\.name))
    }

    static func isTerminating(_ namespace: Resource) -> Bool {
        namespace.deletionTimestamp != nil || namespace.status?["phase"]?.string == "Terminating"
    }

    private static func wanted(_ world: World, _ controlPlane: Resource) -> Set<String> {
        var members: Set<String> = []
        let key = ObjectKey(namespace: controlPlane.namespace, name: MemberRollSpec.name)
        if let roll = world.get(.serviceMeshMemberRoll, key), roll.deletionTimestamp == nil {
            let spec = MemberRollSpec(roll)
            members.formUnion(spec.members.filter { $0 != "*" })
            for namespace in world.list(.namespace)
            where spec.members.contains("*") && !namespace.name.hasPrefix("kube-")
                || spec.memberSelectors.contains(where: { $0.matches(namespace.labels) })
            {
                members.insert(namespace.name)
            }
        }
        for member in world.list(.serviceMeshMember) where member.deletionTimestamp == nil {
            let spec = MemberSpec(member)
            if spec.controlPlaneNamespace == controlPlane.namespace,
                spec.controlPlaneName == controlPlane.name
            {
                members.insert(member.namespace)
            }
        }
        members.remove(controlPlane.namespace)
        return members
    }
}
