public import Bytes
internal import Resources

/// What decides about the mesh's own objects.
public struct MeshInput: Sendable {
    /// The stored objects.
    public var world: World
    /// Where gateways' addresses come from.
    public var range: CIDR
    /// The mesh's roots, PEM; nil while it has no CA.
    public var roots: String?
    /// The gateways whose process has taken its newest configuration.
    public var readyGateways: Set<String>
}

/// What should be done about the mesh's own objects.
public struct MeshDecision: Sendable {
    /// In order.
    public var actions: [ReconcileAction]
}

/// Decides about gateways' Services and ServiceAccounts, root ConfigMaps, and the statuses of control plane and
/// member roll.
public func reconcileMesh(_ input: MeshInput) -> MeshDecision {
    MeshDecision(actions: [])
}
