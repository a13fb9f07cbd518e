import Document

/// `spec` of a networking.istio.io Gateway: what a gateway listens for.
public struct IstioGatewaySpec: Hashable, Sendable {
    /// How a server ends TLS.
    public struct TLS: Hashable, Sendable {
        /// `PASSTHROUGH`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`, `AUTO_PASSTHROUGH`, `OPTIONAL_MUTUAL`; empty when not said.
        public var mode: String
        /// True when plain HTTP is answered with a redirect to HTTPS.
        public var httpsRedirect: Bool
        /// The Secret with key and certificate.
        public var credentialName: String
        /// The file with the certificate.
        public var serverCertificate: String
        /// The file with the key.
        public var privateKey: String
        /// The file with the roots for client certificates.
        public var caCertificates: String
        /// Names client certificates must carry.
        public var subjectAltNames: [String]
        /// The lowest TLS version.
        public var minProtocolVersion: String
        /// The highest TLS version.
        public var maxProtocolVersion: String
    }

    /// One listener.
    public struct Server: Hashable, Sendable {
        /// The port's number.
        public var port: Int
        /// The port's name.
        public var portName: String
        /// The protocol spoken.
        public var applicationProtocol: ApplicationProtocol
        /// The address bound, empty for the gateway's own.
        public var bind: String
        /// The hosts served, `namespace/host` or `host`, with wildcards.
        public var hosts: [String]
        /// TLS, nil for plain text.
        public var tls: TLS?
        /// The server's name, empty when none.
        public var name: String
    }

    /// The labels of the gateways this is for.
    public var selector: [String: String]
    /// The listeners.
    public var servers: [Server]

    /// Reads the spec.
    public init(_ resource: Resource) {
        selector = resource.spec?.map("selector") ?? [:]
        servers = (resource.spec?.list("servers") ?? []).map { node in
            let port = node["port"] ?? Node(Object())
            return Server(
                port: port.integer("number") ?? 0, portName: port.text("name"),
                applicationProtocol: ApplicationProtocol(name: port.text("protocol")),
                bind: node.text("bind"), hosts: node.texts("hosts"),
                tls: node["tls"].flatMap { $0.object == nil ? nil : TLS($0) }, name: node.text("name"))
        }
    }
}

extension IstioGatewaySpec.TLS {
    init(_ node: Node) {
        self.init(
            mode: node.text("mode"), httpsRedirect: node.flag("httpsRedirect") ?? false,
            credentialName: node.text("credentialName"), serverCertificate: node.text("serverCertificate"),
            privateKey: node.text("privateKey"), caCertificates: node.text("caCertificates"),
            subjectAltNames: node.texts("subjectAltNames"),
            minProtocolVersion: node.text("minProtocolVersion"),
            maxProtocolVersion: node.text("maxProtocolVersion"))
    }
}
