public import Document

/// One TCP route of a VirtualService.
public struct TCPRoute: Hashable, Sendable {
    /// The conditions, any of which is enough; none takes every connection.
    public var matches: [L4Match]
    /// The destinations.
    public var destinations: [WeightedDestination]

    /// Reads a route.
    public init(_ node: Node) {
        matches = node.list("match").map { L4Match($0) }
        destinations = node.list("route").map { WeightedDestination($0) }
    }
}

/// One TLS route of a VirtualService: TLS stays as it is.
public struct TLSRoute: Hashable, Sendable {
    /// The conditions, any of which is enough.
    public var matches: [L4Match]
    /// The destinations.
    public var destinations: [WeightedDestination]

    /// Reads a route.
    public init(_ node: Node) {
        matches = node.list("match").map { L4Match($0) }
        destinations = node.list("route").map { WeightedDestination($0) }
    }
}

/// The conditions of one entry of `match` below `tcp` or `tls`; all must hold.
public struct L4Match: Hashable, Sendable {
    /// The SNIs, with `*.` for any first label; TLS routes only.
    public var sniHosts: [String]
    /// The addresses dialled, as CIDR.
    public var destinationSubnets: [String]
    /// The port dialled.
    public var port: Int?
    /// The labels of the caller's workload.
    public var sourceLabels: [String: String]
    /// The namespace of the caller, empty for any.
    public var sourceNamespace: String
    /// The gateways it applies to; those of the VirtualService when empty.
    public var gateways: [String]

    /// Reads one entry.
    public init(_ node: Node) {
        sniHosts = node.texts("sniHosts")
        destinationSubnets = node.texts("destinationSubnets")
        port = node.integer("port").flatMap { $0 == 0 ? nil : $0 }
        sourceLabels = node.map("sourceLabels")
        sourceNamespace = node.text("sourceNamespace")
        gateways = node.texts("gateways")
    }
}
