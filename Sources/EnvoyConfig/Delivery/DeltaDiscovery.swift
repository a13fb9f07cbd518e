public import Document

/// `envoy.service.discovery.v3.DeltaDiscoveryRequest`: what else is wanted, or what became of an answer.
public struct DeltaDiscoveryRequest: MappedMessage {
    /// The protobuf name.
    public static let messageName = "envoy.service.discovery.v3.DeltaDiscoveryRequest"

    /// Who asks; nil leaves it out.
    public var identity: NodeIdentity?
    /// Which kind.
    public var typeURL = ""
    /// Names that are wanted from now on; none in a kind's first request means all of it.
    public var subscribe: [String] = []
    /// Names that are not wanted any more.
    public var unsubscribe: [String] = []
    /// After a reconnect: what is there, by name.
    public var initialResourceVersions: [String: String] = [:]
    /// The answer that this is about; empty for none.
    public var responseNonce = ""
    /// Why it was refused; nil when it was not.
    public var errorDetail: DiscoveryRequest.ErrorDetail?

    /// A request for nothing.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("node", &identity)
        fields.string("type_url", &typeURL)
        fields.strings("resource_names_subscribe", &subscribe)
        fields.strings("resource_names_unsubscribe", &unsubscribe)
        if fields.isReading {
            fields.read("initial_resource_versions", required: false) { node, _ in
                for member in node.object?.members ?? [] {
                    initialResourceVersions[member.key] = member.value.string
                }
            }
        } else if !initialResourceVersions.isEmpty {
            fields.write("initial_resource_versions", Node(initialResourceVersions))
        }
        fields.string("response_nonce", &responseNonce, as: .any)
        fields.message("error_detail", &errorDetail)
    }
}

/// `envoy.service.discovery.v3.DeltaDiscoveryResponse`: what changed.
public struct DeltaDiscoveryResponse: Sendable {
    /// The protobuf name.
    public static let messageName = "envoy.service.discovery.v3.DeltaDiscoveryResponse"

    /// A version of everything, for people.
    public var systemVersionInfo = ""
    /// The number that the answer to it repeats.
    public var nonce = ""
    /// New and changed resources.
    public var resources: [DynamicResource] = []
    /// Their versions, by name.
    public var versions: [String: String] = [:]
    /// Names that are gone or never were.
    public var removed: [String] = []

    /// Reads an answer whose kind is known; the whole answer is good, or refused with every fault.
    public static func read(_ node: Node, expecting kind: ResourceKind) throws(ConfigError)
        -> DeltaDiscoveryResponse
    {
        let reader = ConfigReader()
        let context = reader.context
        context.resourceType = "DeltaDiscoveryResponse"
        context.resourceName = kind.rawValue
        var response = DeltaDiscoveryResponse()
        FieldMapper.group(node, context) { fields in
            var typeURL = ""
            fields.string("system_version_info", &response.systemVersionInfo, as: .any)
            fields.string("type_url", &typeURL)
            fields.string("nonce", &response.nonce, as: .any)
            fields.strings("removed_resources", &response.removed)
            fields.list("resources", minimum: 0) { node, context in
                response.read(node, kind, context)
            }
            for name in ["control_plane", "removed_resource_names", "resource_errors"] { fields.ignore(name) }
        }
        try reader.finish()
        return response
    }

    private mutating func read(_ node: Node, _ kind: ResourceKind, _ context: ConfigReader.Context) {
        var found: DynamicResource?
        var name = ""
        var version = ""
        FieldMapper.group(node, context) { fields in
            fields.string("name", &name)
            fields.string("version", &version, as: .any)
            fields.read("resource", required: false) { node, context in
                found = DynamicResource.read(node, context)
            }
            for name in ["aliases", "ttl", "cache_control", "resource_name", "metadata"] {
                fields.ignore(name)
            }
        }
        // Without content it only says that the resource is still there.
        guard let found else { return }
        context.scoped(type: found.typeName, name: found.name) {
            if found.kind != kind { context.add("is not one of \(kind.rawValue)", under: .key("@type")) }
            if !name.isEmpty, name != found.name {
                context.add("is delivered as '\(name)'", under: .key("name"))
            }
            if versions.updateValue(version, forKey: found.name) != nil {
                context.add("is given twice", under: .key("name"))
            }
        }
        resources.append(found)
    }
}
