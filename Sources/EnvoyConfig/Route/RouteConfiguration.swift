import Document

/// `envoy.config.route.v3.RouteConfiguration`: virtual hosts with their routes.
public struct RouteConfiguration: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.config.route.v3.RouteConfiguration"

    /// By which RDS asks for it; a label where it is inline.
    public var name = ""
    /// Their names and domains are unique.
    public var virtualHosts: [VirtualHost] = []
    /// Whether a route may only name a cluster that exists; nil is true for inline routes, false for RDS.
    public var validateClusters: Bool?

    /// No hosts.
    public init() {}

    /// A configuration from its parts.
    public init(name: String, virtualHosts: [VirtualHost], validateClusters: Bool? = nil) {
        self.name = name
        self.virtualHosts = virtualHosts
        self.validateClusters = validateClusters
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name)
        fields.messages("virtual_hosts", &virtualHosts)
        if fields.isReading {
            var validates = false
            var isGiven = false
            fields.read("validate_clusters", required: false) { node, context in
                guard let bool = node.bool else {
                    return context.add("must be true or false", at: node.position)
                }
                (validates, isGiven) = (bool, true)
            }
            validateClusters = isGiven ? validates : nil
            checkHosts(fields)
        } else if let validateClusters {
            fields.write("validate_clusters", .init(.bool(validateClusters)))
        }
    }

    private func checkHosts(_ fields: FieldMapper) {
        var names: Set<String> = []
        var domains: [String: String] = [:]
        for (index, host) in virtualHosts.enumerated() {
            if !names.insert(host.name).inserted {
                fields.fault(
                    "duplicate virtual host '\(host.name)'", .key("virtual_hosts"), .index(index),
                    .key("name"))
            }
            for (position, domain) in host.domains.enumerated() {
                guard let other = domains.updateValue(host.name, forKey: domain.lowercased()) else {
                    continue
                }
                fields.fault(
                    "duplicate domain \"\(domain)\", also in virtual host '\(other)'", .key("virtual_hosts"),
                    .index(index), .key("domains"), .index(position))
            }
        }
    }

    /// Every cluster that a route names, mirrors included.
    public var clusterNames: Set<String> {
        var names: Set<String> = []
        for host in virtualHosts {
            for route in host.routes { names.formUnion(route.clusterNames) }
        }
        return names
    }
}

/// `envoy.config.route.v3.VirtualHost`: the routes of some domains.
public struct VirtualHost: MappedMessage {
    /// Unique in its configuration.
    public var name = ""
    /// Exact, `*suffix`, `prefix*` or `*`, without case, compared with Host and its port.
    public var domains: [String] = []
    /// The first that matches wins.
    public var routes: [Route] = []
    /// Changes to headers of every route.
    public var headers = HeaderChanges()
    /// Adds `x-envoy-attempt-count` upstream.
    public var includeRequestAttemptCount = false

    /// No domains.
    public init() {}

    /// A host from its parts.
    public init(name: String, domains: [String], routes: [Route]) {
        self.name = name
        self.domains = domains
        self.routes = routes
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.strings("domains", &domains, minimum: 1)
        fields.messages("routes", &routes)
        fields.headerChanges(&headers)
        fields.bool("include_request_attempt_count", &includeRequestAttemptCount)
        for (index, domain) in domains.enumerated() where fields.isReading {
            let inner =
                domain.hasPrefix("*")
                ? domain.dropFirst() : domain.hasSuffix("*") ? domain.dropLast() : domain[...]
            if domain.isEmpty || inner.contains("*") {
                fields.fault(
                    "\"\(domain)\" must be a name, *suffix, prefix* or *", .key("domains"), .index(index))
            }
        }
    }
}

/// The four header lists of a weight, route or virtual host.
public struct HeaderChanges: Sendable, Hashable {
    /// `request_headers_to_add`.
    public var requestAdd: [HeaderValueOption] = []
    /// `request_headers_to_remove`.
    public var requestRemove: [String] = []
    /// `response_headers_to_add`.
    public var responseAdd: [HeaderValueOption] = []
    /// `response_headers_to_remove`.
    public var responseRemove: [String] = []

    /// No changes.
    public init() {}

    /// Whether nothing is changed.
    public var isEmpty: Bool {
        requestAdd.isEmpty && requestRemove.isEmpty && responseAdd.isEmpty && responseRemove.isEmpty
    }
}

extension FieldMapper {
    /// The four header lists, as fields of this message.
    mutating func headerChanges(_ value: inout HeaderChanges) {
        messages("request_headers_to_add", &value.requestAdd, maximum: 1000)
        removedHeaders("request_headers_to_remove", &value.requestRemove)
        messages("response_headers_to_add", &value.responseAdd, maximum: 1000)
        removedHeaders("response_headers_to_remove", &value.responseRemove)
    }
}
