public import Document

/// `spec` of a VirtualService: where the traffic of its hosts goes.
public struct VirtualServiceSpec: Hashable, Sendable {
    /// Istio's name for every sidecar and, here, for the mesh gateway.
    public static let meshGateway = "mesh"

    /// The hosts: short names, full ones or ones that begin with `*`.
    public var hosts: [String]
    /// The gateways it applies to, `namespace/name`, `name` or `mesh`; `mesh` alone when none is named.
    public var gateways: [String]
    /// The HTTP routes in order.
    public var http: [HTTPRoute]
    /// The TLS routes in order: by SNI, without ending TLS.
    public var tls: [TLSRoute]
    /// The TCP routes in order.
    public var tcp: [TCPRoute]
    /// The namespaces it applies in; empty means all.
    public var exportTo: [String]

    /// Reads the spec.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        hosts = spec.texts("hosts")
        let named = spec.texts("gateways").filter { !$0.isEmpty }
        gateways = named.isEmpty ? [Self.meshGateway] : named
        http = spec.list("http").map { HTTPRoute($0) }
        tls = spec.list("tls").map { TLSRoute($0) }
        tcp = spec.list("tcp").map { TCPRoute($0) }
        exportTo = spec.texts("exportTo")
    }

    /// True when it applies inside the mesh.
    public var appliesToMesh: Bool { gateways.contains(Self.meshGateway) }
}

/// A service to send to.
public struct RouteDestination: Hashable, Sendable {
    /// The host: a short name, seen from the VirtualService's namespace, or a full one.
    public var host: String
    /// The subset, empty for all endpoints.
    public var subset: String
    /// The port; nil for the service's only port.
    public var port: Int?

    /// Reads `{host, subset, port{number}}`.
    public init(_ node: Node) {
        host = node.text("host")
        subset = node.text("subset")
        port = node["port"]?.integer("number")
    }
}

/// What is compared with a text.
public enum StringMatch: Hashable, Sendable {
    /// The whole text.
    case exact(String)
    /// Its beginning.
    case prefix(String)
    /// The whole text by an RE2 expression.
    case regex(String)
    /// Any text, as long as there is one.
    case present

    /// Reads `{exact}`, `{prefix}` or `{regex}`; an empty object asks for presence.
    public init(_ node: Node) {
        if let text = node["exact"]?.string {
            self = .exact(text)
        } else if let text = node["prefix"]?.string {
            self = .prefix(text)
        } else if let text = node["regex"]?.string {
            self = .regex(text)
        } else {
            self = .present
        }
    }
}

/// Changes to headers on the way.
public struct HeaderOperations: Hashable, Sendable {
    /// Headers to set, by name.
    public var set: [String: String]
    /// Headers to add to what is there, by name.
    public var add: [String: String]
    /// Headers to remove.
    public var remove: [String]

    /// True when nothing changes.
    public var isEmpty: Bool { self.set.isEmpty && add.isEmpty && remove.isEmpty }

    init(_ node: Node?) {
        set = node?.map("set") ?? [:]
        add = node?.map("add") ?? [:]
        remove = node?.texts("remove") ?? []
    }
}

/// Changes to the headers of requests and responses.
public struct RouteHeaders: Hashable, Sendable {
    /// Changes to requests.
    public var request: HeaderOperations
    /// Changes to responses.
    public var response: HeaderOperations

    /// True when nothing changes.
    public var isEmpty: Bool { request.isEmpty && response.isEmpty }

    init(_ node: Node?) {
        request = HeaderOperations(node?["request"])
        response = HeaderOperations(node?["response"])
    }
}

/// One share of a route's traffic.
public struct WeightedDestination: Hashable, Sendable {
    /// Where it goes.
    public var destination: RouteDestination
    /// Its weight; nil when not said, which Istio takes as 100 for a lone destination and as 0 beside others.
    public var weight: Int?
    /// Changes to headers of this share.
    public var headers: RouteHeaders

    init(_ node: Node) {
        destination = RouteDestination(node["destination"] ?? Node(Object()))
        weight = node.integer("weight")
        headers = RouteHeaders(node["headers"])
    }
}
