import Document

/// `spec` of a ServiceMeshMemberRoll: the namespaces of a mesh besides its own.
public struct MemberRollSpec: Hashable, Sendable {
    /// The only name a roll may have.
    public static let name = "default"

    /// The namespaces as listed, without doubles, in order.
    public var members: [String]
    /// Selectors of further namespaces by label: a namespace that one of them matches is a member.
    public var memberSelectors: [LabelSelector]

    /// Reads the spec; selectors that are not valid select nothing.
    public init(_ resource: Resource) {
        members = []
        var seen: Set<String> = []
        for member in resource.spec?.texts("members") ?? [] where seen.insert(member).inserted {
            members.append(member)
        }
        memberSelectors = (resource.spec?.list("memberSelectors") ?? []).compactMap { node in
            guard let selector = try? LabelSelector(node: node), !selector.isEmpty else { return nil }
            return selector
        }
    }
}

/// `spec` of a ServiceMeshMember: a namespace asking to join a mesh.
public struct MemberSpec: Hashable, Sendable {
    /// The only name a member may have.
    public static let name = "default"

    /// The namespace of the mesh's control plane.
    public var controlPlaneNamespace: String
    /// The name of its ServiceMeshControlPlane.
    public var controlPlaneName: String

    /// Reads the spec.
    public init(_ resource: Resource) {
        controlPlaneNamespace = resource.spec?.at("controlPlaneRef", "namespace")?.string ?? ""
        controlPlaneName = resource.spec?.at("controlPlaneRef", "name")?.string ?? ""
    }
}
