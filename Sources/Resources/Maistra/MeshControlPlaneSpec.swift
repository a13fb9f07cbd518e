import Document

/// `spec` of a ServiceMeshControlPlane, as far as Hanse acts on it.
///
/// The rest is carried and shown, not read.
public struct MeshControlPlaneSpec: Hashable, Sendable {
    /// One gateway of the mesh.
    public struct Gateway: Hashable, Sendable {
        /// Which way a gateway lets traffic pass.
        public enum Direction: String, Hashable, Sendable {
            /// Into the mesh.
            case ingress
            /// Out of the mesh.
            case egress
        }

        /// The gateway's name: of its Service and, with `-service-account` behind it, of its ServiceAccount.
        public var name: String
        /// Which way traffic passes.
        public var direction: Direction
        /// True for gateways under `additionalIngress` and `additionalEgress`, false for the mesh's own two.
        public var isAdditional: Bool
        /// False when switched off.
        public var isEnabled: Bool
        /// The namespace; nil for the control plane's.
        public var namespace: String?
        /// The Service's type.
        public var serviceType: String
        /// The Service's labels.
        public var serviceLabels: [String: String]
        /// The Service's annotations.
        public var serviceAnnotations: [String: String]
        /// The Service's ports as given, empty when the defaults apply.
        public var ports: [ServiceSpec.Port]
        /// The networks an egress gateway sees, empty for all.
        public var requestedNetworkView: [String]
    }

    /// The name of the mesh's own ingress gateway.
    public static let defaultIngressName = "istio-ingressgateway"
    /// The name of the mesh's own egress gateway.
    public static let defaultEgressName = "istio-egressgateway"

    /// The version asked for, such as `v2.3`; empty for the newest.
    public var version: String
    /// The name of the cluster.
    public var clusterName: String
    /// The local trust domain as written, `cluster.local` when absent.
    public var trustDomainText: String
    /// Further trust domains that mean the local one.
    public var additionalTrustDomains: [String]
    /// The mesh's own ingress gateway; on unless switched off.
    public var ingress: Gateway
    /// The mesh's own egress gateway; off unless switched on, since calls leave through the peers' egress gateways.
    public var egress: Gateway
    /// The additional gateways: ingress ones, then egress ones, each by name.
    public var additionalGateways: [Gateway]
    /// The file gateways write access logs to, nil when not set.
    public var accessLogFile: String?
    /// True when calls inside the mesh must use mutual TLS.
    public var requiresMutualTLS: Bool

    /// Reads the spec.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        version = spec.text("version")
        clusterName = spec["cluster"]?.nonEmpty("name") ?? "Kubernetes"
        let trust = spec.at("security", "trust") ?? Node(Object())
        trustDomainText = trust.nonEmpty("domain") ?? TrustDomain.clusterLocal.name
        additionalTrustDomains = trust.texts("additionalDomains")
        let gateways = spec["gateways"] ?? Node(Object())
        let areEnabled = gateways.flag("enabled") ?? true
        ingress = Gateway(
            name: Self.defaultIngressName, direction: .ingress, node: gateways["ingress"],
            isAdditional: false, isEnabledByDefault: areEnabled)
        egress = Gateway(
            name: Self.defaultEgressName, direction: .egress, node: gateways["egress"], isAdditional: false,
            isEnabledByDefault: false)
        additionalGateways =
            Self.additional(gateways, "additionalIngress", .ingress)
            + Self.additional(gateways, "additionalEgress", .egress)
        accessLogFile = spec.at("proxy", "accessLogging", "file")?.nonEmpty("name")
        requiresMutualTLS = spec.at("security", "dataPlane", "mtls")?.bool ?? false
    }

    /// The local trust domain; nil when what is written is not one.
    public var trustDomain: TrustDomain? { TrustDomain(trustDomainText) }

    private static func additional(
        _ gateways: Node, _ key: String, _ direction: Gateway.Direction
    ) -> [Gateway] {
        gateways.members(key).sorted { $0.key < $1.key }.map { member in
            Gateway(
                name: member.key, direction: direction, node: member.value, isAdditional: true,
                isEnabledByDefault: true)
        }
    }
}

extension MeshControlPlaneSpec.Gateway {
    init(name: String, direction: Direction, node: Node?, isAdditional: Bool, isEnabledByDefault: Bool) {
        let node = node ?? Node(Object())
        let service = node["service"] ?? Node(Object())
        self.init(
            name: name, direction: direction, isAdditional: isAdditional,
            isEnabled: node.flag("enabled") ?? isEnabledByDefault, namespace: node.nonEmpty("namespace"),
            serviceType: service.nonEmpty("type") ?? "ClusterIP",
            serviceLabels: service.at("metadata", "labels")?.stringMap ?? [:],
            serviceAnnotations: service.at("metadata", "annotations")?.stringMap ?? [:],
            ports: service.list("ports").map { ServiceSpec.Port($0) },
            requestedNetworkView: node.texts("requestedNetworkView"))
    }

    /// The ServiceAccount the gateway runs as.
    public var serviceAccountName: String { "\(name)-service-account" }
}
