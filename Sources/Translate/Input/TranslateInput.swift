public import EnvoyConfig
public import Resources

/// Everything that decides the configuration of one gateway process.
public struct TranslateInput: Sendable {
    /// How routes and endpoints reach the gateway.
    public enum Delivery: Sendable, Equatable {
        /// By RDS and EDS from this source.
        case dynamic(ConfigSource)
        /// As part of listeners and clusters, for a static bootstrap.
        case inline
    }

    /// This mesh.
    public var mesh: MeshIdentity
    /// The gateways that this process carries.
    public var gateways: [NodeGateway]
    /// The meshes it trades with.
    public var peers: [PeerState]
    /// The services of this mesh.
    public var registry: ServiceRegistry
    /// VirtualServices of the mesh's namespaces.
    public var virtualServices: [MeshObject<VirtualServiceSpec>]
    /// DestinationRules of the mesh's namespaces.
    public var destinationRules: [MeshObject<DestinationRuleSpec>]
    /// Gateways (the resource) of the mesh's namespaces.
    public var istioGateways: [MeshObject<IstioGatewaySpec>]
    /// Where the process keeps `<gateway name>.json` with the gateway's certificate.
    public var secretsDirectory: String
    /// How routes and endpoints reach the gateway.
    public var delivery: Delivery
    /// Whether every request and connection is logged to stdout.
    public var accessLog: Bool
    /// Whether TLS 1.2 is allowed between meshes; 1.3 always is.
    public var allowsTLS12: Bool

    /// An input without peers and resources.
    public init(
        mesh: MeshIdentity, gateways: [NodeGateway], peers: [PeerState] = [],
        registry: ServiceRegistry = ServiceRegistry(),
        virtualServices: [MeshObject<VirtualServiceSpec>] = [],
        destinationRules: [MeshObject<DestinationRuleSpec>] = [],
        istioGateways: [MeshObject<IstioGatewaySpec>] = [], secretsDirectory: String, delivery: Delivery,
        accessLog: Bool = false, allowsTLS12: Bool = false
    ) {
        self.mesh = mesh
        self.gateways = gateways
        self.peers = peers
        self.registry = registry
        self.virtualServices = virtualServices
        self.destinationRules = destinationRules
        self.istioGateways = istioGateways
        self.secretsDirectory = secretsDirectory
        self.delivery = delivery
        self.accessLog = accessLog
        self.allowsTLS12 = allowsTLS12
    }
}

/// A resource's typed content with what orders and names it.
public struct MeshObject<Spec: Sendable>: Sendable {
    /// Namespace and name.
    public var key: ObjectKey
    /// RFC 3339; the older of two that contradict each other wins.
    public var created: String
    /// The content.
    public var spec: Spec

    /// An object from its parts.
    public init(key: ObjectKey, created: String = "", spec: Spec) {
        self.key = key
        self.created = created
        self.spec = spec
    }
}

extension MeshObject<VirtualServiceSpec> {
    /// The content of a VirtualService.
    public init(_ resource: Resource) {
        self.init(key: resource.key, created: resource.creationTimestamp, spec: VirtualServiceSpec(resource))
    }
}

extension MeshObject<DestinationRuleSpec> {
    /// The content of a DestinationRule.
    public init(_ resource: Resource) {
        self.init(key: resource.key, created: resource.creationTimestamp, spec: DestinationRuleSpec(resource))
    }
}

extension MeshObject<IstioGatewaySpec> {
    /// The content of a Gateway.
    public init(_ resource: Resource) {
        self.init(key: resource.key, created: resource.creationTimestamp, spec: IstioGatewaySpec(resource))
    }
}

extension MeshObject {
    /// Oldest first, then by key.
    static func inPrecedence(_ a: MeshObject, _ b: MeshObject) -> Bool {
        (a.created, a.key) < (b.created, b.key)
    }
}

/// Something in the input that has no effect, or not the one its author may expect.
public struct TranslateWarning: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The object: `VirtualService bookinfo/details`.
    public var object: String
    /// The field: `spec.http[0].route[1]`; empty is the object itself.
    public var path: String
    /// What is the matter, for a person.
    public var message: String

    /// A warning from its parts.
    public init(object: String, path: String, message: String) {
        self.object = object
        self.path = path
        self.message = message
    }

    /// `<object>: <path>: <message>`.
    public var description: String {
        path.isEmpty ? "\(object): \(message)" : "\(object): \(path): \(message)"
    }

    /// By object, path and message.
    public static func < (a: TranslateWarning, b: TranslateWarning) -> Bool {
        (a.object, a.path, a.message) < (b.object, b.path, b.message)
    }
}

/// One node's configuration and what is the matter with its input.
public struct TranslateResult: Sendable, Equatable {
    /// The configuration, without a version: delivery gives each kind its own.
    public var snapshot: Snapshot
    /// Where routed hosts lead, sorted.
    public var routes: [RouteSummary]
    /// Sorted, each once.
    public var warnings: [TranslateWarning]
}
