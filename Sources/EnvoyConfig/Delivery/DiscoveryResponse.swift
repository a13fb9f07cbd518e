public import Document

/// `envoy.service.discovery.v3.DiscoveryResponse`: the body of an answer, or of a watched file.
public struct DiscoveryResponse: MappedMessage {
    /// The protobuf name.
    public static let messageName = "envoy.service.discovery.v3.DiscoveryResponse"

    /// The version of these resources.
    public var versionInfo = ""
    /// Their kind; a file may leave it out.
    public var typeURL = ""
    /// Not used over REST.
    public var nonce = ""
    /// The resources.
    public var resources: [DynamicResource] = []

    /// Without resources.
    public init() {}

    /// An answer of one kind.
    public init(versionInfo: String, kind: ResourceKind, resources: [DynamicResource], nonce: String = "") {
        self.versionInfo = versionInfo
        self.typeURL = kind.typeURL
        self.resources = resources
        self.nonce = nonce
    }

    /// Reads an answer that must hold resources of `kind` only, none of them twice, and, when `names` is
    /// given, none but those.
    ///
    /// The whole answer is good, or refused with every fault.
    public static func read(
        _ node: Node, expecting kind: ResourceKind, names: Set<String>? = nil
    ) throws(ConfigError) -> DiscoveryResponse {
        var reader = ConfigReader()
        let context = reader.context
        context.resourceType = "DiscoveryResponse"
        context.resourceName = kind.rawValue
        if node.object == nil { context.add("must be an object", at: node.position) }
        let response = DiscoveryResponse(reading: node, reader: &reader)
        if !response.typeURL.isEmpty && response.typeURL != kind.typeURL {
            context.add("must be \(kind.typeURL)", under: .key("type_url"))
        }
        response.check(kind, names, context)
        try reader.finish()
        return response
    }

    private func check(_ kind: ResourceKind, _ names: Set<String>?, _ context: ConfigReader.Context) {
        var seen: Set<String> = []
        for resource in resources {
            context.scoped(type: resource.typeName, name: resource.name) {
                if resource.kind != kind {
                    context.add("is not one of \(kind.rawValue)", under: .key("@type"))
                }
                if !seen.insert(resource.name).inserted { context.add("is given twice", under: .key("name")) }
                if let names, !names.contains(resource.name) {
                    context.add("was not asked for", under: .key("name"))
                }
            }
        }
        guard kind == .listeners else { return }
        var addresses: [Address: String] = [:]
        for case .listener(let listener) in resources where listener.address.port != 0 {
            guard let first = addresses[listener.address] else {
                addresses[listener.address] = listener.name
                continue
            }
            context.scoped(type: Listener.shortName, name: listener.name) {
                context.add("is the address of listener '\(first)'", under: .key("address"))
            }
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("version_info", &versionInfo, as: .any)
        fields.string("type_url", &typeURL)
        fields.string("nonce", &nonce, as: .any)
        guard fields.isReading else {
            return fields.write("resources", Node(.array(resources.map(\.anyNode))))
        }
        fields.list("resources", minimum: 0) { node, context in
            if let resource = DynamicResource.read(node, context) { resources.append(resource) }
        }
        for name in ["canary", "control_plane", "resource_errors"] { fields.ignore(name) }
    }
}
