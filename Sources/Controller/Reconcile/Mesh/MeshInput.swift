public import Bytes
import Resources

/// Everything the decisions about a mesh depend on.
public struct MeshInput: Sendable {
    /// The stored objects.
    public var world: World
    /// The addresses gateways get; nil where the cluster assigns them.
    public var range: CIDR?
    /// The mesh's root certificates, PEM; nil before there is a CA.
    public var roots: String?
    /// The gateways whose process has taken its newest configuration.
    public var readyGateways: Set<String>
    /// Gateways that run, but not as they should.
    public var troubledGateways: Set<String>
    /// The version of this program, as statuses show it.
    public var version: String
    /// The time statuses are stamped with.
    public var now: WallTime

    /// An input from its parts.
    public init(
        world: World, range: CIDR?, roots: String?, readyGateways: Set<String> = [],
        troubledGateways: Set<String> = [], version: String, now: WallTime
    ) {
        self.world = world
        self.range = range
        self.roots = roots
        self.readyGateways = readyGateways
        self.troubledGateways = troubledGateways
        self.version = version
        self.now = now
    }
}

/// What to do about a mesh.
public struct MeshDecision: Equatable, Sendable {
    /// What to do, in order; empty when everything is as it should be.
    public var actions: [ReconcileAction]
    /// What is wrong now, whether it is new or not.
    public var problems: [String]
}

/// The labels on everything made for a mesh.
public enum MeshLabels {
    /// The namespace of the control plane an object was made for.
    public static let owner = "maistra.io/owner"
    /// The name of the control plane an object was made for.
    public static let ownerName = "maistra.io/owner-name"
    /// Who keeps the object.
    public static let managedBy = "app.kubernetes.io/managed-by"
    /// The value of `managedBy`.
    public static let manager = "hanse"
    /// The gateway an object belongs to.
    public static let canonicalName = "service.istio.io/canonical-name"

    /// The labels for a control plane.
    static func owned(by controlPlane: Resource) -> [String: String] {
        [owner: controlPlane.namespace, ownerName: controlPlane.name, managedBy: manager]
    }

    /// True for what Hanse made for some mesh.
    static func isOurs(_ resource: Resource) -> Bool {
        resource.labels[managedBy] == manager && resource.labels[owner] != nil
    }
}
