public import Document

/// `envoy.service.discovery.v3.DiscoveryRequest`: a poll, with what the gateway has and thinks of the last answer.
public struct DiscoveryRequest: MappedMessage {
    /// The protobuf name.
    public static let messageName = "envoy.service.discovery.v3.DiscoveryRequest"

    /// `google.rpc.Status`: why the last answer was refused.
    public struct ErrorDetail: MappedMessage, Hashable {
        /// 13, internal.
        public var code: Int64 = 13
        /// The findings, joined by `; `.
        public var message = ""

        /// Without a message.
        public init() {}

        /// A refusal.
        public init(_ message: String) {
            self.message = message
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.integer("code", &code)
            fields.string("message", &message, as: .any)
        }
    }

    /// The last accepted version; empty is none yet.
    public var versionInfo = ""
    /// Who asks.
    public var identity = NodeIdentity()
    /// Which resources; empty for clusters and listeners, which come whole.
    public var resourceNames: [String] = []
    /// Which kind.
    public var typeURL = ""
    /// The nonce answered to; not used over REST.
    public var responseNonce = ""
    /// Why the last answer was refused; nil when it was not.
    public var errorDetail: ErrorDetail?

    /// A request for nothing.
    public init() {}

    /// A first request.
    public init(_ kind: ResourceKind, from identity: NodeIdentity, resourceNames: [String] = []) {
        typeURL = kind.typeURL
        self.identity = identity
        self.resourceNames = resourceNames
    }

    /// Reads a request of any implementation: fields that the subset lacks (Envoy's node has hundreds) are passed over.
    public static func read(_ node: Node) throws(ConfigError) -> DiscoveryRequest {
        var reader = ConfigReader(strictness: .lenient)
        reader.context.resourceType = "DiscoveryRequest"
        let request = DiscoveryRequest(reading: node, reader: &reader)
        if node.object == nil { reader.context.add("must be an object", at: node.position) }
        try reader.finish()
        return request
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("version_info", &versionInfo, as: .any)
        // Only a stream leaves it out: after its first message.
        if fields.isReading || identity != NodeIdentity() {
            fields.message("node", &identity, required: false)
        }
        fields.strings("resource_names", &resourceNames)
        fields.string("type_url", &typeURL)
        fields.string("response_nonce", &responseNonce, as: .any)
        fields.message("error_detail", &errorDetail)
    }
}
