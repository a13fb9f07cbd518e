public import Document

/// `spec` of a Service, with the addresses of its status.
public struct ServiceSpec: Hashable, Sendable {
    /// One port of a Service.
    public struct Port: Hashable, Sendable {
        /// The name, empty when the only port has none.
        public var name: String
        /// `TCP`, `UDP` or `SCTP`.
        public var transport: String
        /// The port clients dial.
        public var port: Int
        /// The port the endpoints listen on; nil means the same as `port`.
        public var targetPort: IntOrString?
        /// The port on every node, 0 for none.
        public var nodePort: Int
        /// The protocol spoken, nil when the name tells.
        public var appProtocol: String?

        /// Makes a port.
        public init(
            name: String = "", port: Int, targetPort: IntOrString? = nil, transport: String = "TCP",
            nodePort: Int = 0, appProtocol: String? = nil
        ) {
            self.name = name
            self.transport = transport
            self.port = port
            self.targetPort = targetPort
            self.nodePort = nodePort
            self.appProtocol = appProtocol
        }

        /// Reads a port.
        public init(_ node: Node) {
            self.init(
                name: node.text("name"), port: node.integer("port") ?? 0,
                targetPort: node.integerOrText("targetPort"),
                transport: node.nonEmpty("protocol") ?? "TCP", nodePort: node.integer("nodePort") ?? 0,
                appProtocol: node.nonEmpty("appProtocol"))
        }

        /// The protocol spoken, by `appProtocol` or the prefix of the name, as Istio decides it.
        public var applicationProtocol: ApplicationProtocol {
            ApplicationProtocol(portName: name, appProtocol: appProtocol, port: port, transport: transport)
        }

        /// The port the endpoints listen on where it is a number.
        public var targetNumber: Int? {
            switch targetPort {
            case nil: port
            case .int(let number): number == 0 ? port : number
            case .string(let text): Int(text)
            }
        }
    }

    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    public var type: String
    /// The address in the mesh, empty before one is assigned, `None` for headless Services.
    public var clusterIP: String
    /// The name an `ExternalName` Service stands for.
    public var externalName: String
    /// The labels of the workloads behind the Service; empty when its endpoints are kept by hand.
    public var selector: [String: String]
    /// The ports.
    public var ports: [Port]
    /// True when endpoints count although they are not ready.
    public var publishesNotReadyAddresses: Bool
    /// The IPs of `status.loadBalancer.ingress`.
    public var loadBalancerIPs: [String]
    /// The host names of `status.loadBalancer.ingress`.
    public var loadBalancerHostnames: [String]

    /// Reads spec and status.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        type = spec.nonEmpty("type") ?? "ClusterIP"
        clusterIP = spec.text("clusterIP")
        externalName = spec.text("externalName")
        selector = spec.map("selector")
        ports = spec.list("ports").map { Port($0) }
        publishesNotReadyAddresses = spec.flag("publishNotReadyAddresses") ?? false
        let ingress = resource.status?["loadBalancer"]?.list("ingress") ?? []
        loadBalancerIPs = ingress.compactMap { $0.nonEmpty("ip") }
        loadBalancerHostnames = ingress.compactMap { $0.nonEmpty("hostname") }
    }

    /// True when clients dial the endpoints themselves.
    public var isHeadless: Bool { clusterIP == "None" }
}
