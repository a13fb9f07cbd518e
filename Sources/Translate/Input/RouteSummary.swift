/// Where a host's calls go, for people.
public struct RouteSummary: Hashable, Sendable {
    /// One destination.
    public struct Destination: Hashable, Sendable {
        /// The service's hostname.
        public var host: String
        /// Its port.
        public var port: Int
        /// The subset; empty is all endpoints.
        public var subset: String
        /// The peer it is imported from; empty is this mesh.
        public var peer: String
        /// The share as written.
        public var weight: Int
        /// The share in force, from known health.
        public var effectiveWeight: Int
    }

    /// The gateway that routes: `mesh`, or a Gateway resource's `namespace/name`.
    public var gateway: String
    /// The host that is called.
    public var host: String
    /// The port that is called.
    public var port: Int
    /// The VirtualService that decides, `namespace/name`; empty is none.
    public var virtualService: String
    /// Its place among the routes of the host; the first that matches wins.
    public var index: Int
    /// Which requests, as Envoy's route is named.
    public var name: String
    /// Where they go; empty for redirects and direct responses.
    public var destinations: [Destination]
    /// Where copies go, hostnames.
    public var mirrors: [String]

    /// By gateway, host, port and the order of the routes.
    static func inOrder(_ a: RouteSummary, _ b: RouteSummary) -> Bool {
        (a.gateway, a.host, a.port, a.index) < (b.gateway, b.host, b.port, b.index)
    }
}
