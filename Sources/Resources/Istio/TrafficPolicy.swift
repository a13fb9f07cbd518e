public import Document

/// How to talk to a host, as a DestinationRule has it for a host, a subset or a port.
public struct TrafficPolicy: Hashable, Sendable {
    /// How an endpoint is chosen.
    public struct LoadBalancer: Hashable, Sendable {
        /// `ROUND_ROBIN`, `LEAST_REQUEST`, `LEAST_CONN`, `RANDOM`, `PASSTHROUGH`, `UNSPECIFIED`; empty when not said.
        public var simple: String
        /// Sticky choice by a property of the request, nil when not asked for.
        public var consistentHash: ConsistentHash?
        /// Preference by locality, nil when not said.
        public var locality: LocalityPolicy?
        /// How long a new endpoint warms up, nil when it does not.
        public var warmup: Duration?
    }

    /// What a sticky choice depends on; the first that is set counts.
    public struct ConsistentHash: Hashable, Sendable {
        /// A request header.
        public var httpHeaderName: String
        /// A cookie.
        public var httpCookieName: String
        /// The cookie's path.
        public var httpCookiePath: String
        /// How long a cookie made for the purpose lives, nil for the session.
        public var httpCookieTTL: Duration?
        /// A query parameter.
        public var httpQueryParameterName: String
        /// The caller's address.
        public var useSourceIP: Bool
        /// The smallest hash ring, nil for the default.
        public var minimumRingSize: Int?
    }

    /// Preference by locality.
    public struct LocalityPolicy: Hashable, Sendable {
        /// How traffic of one locality is spread.
        public struct Distribution: Hashable, Sendable {
            /// The callers' locality, with `*` for any rest.
            public var from: String
            /// Percent by locality.
            public var to: [String: Int]
        }

        /// Where a region's traffic goes when the region is down.
        public struct Failover: Hashable, Sendable {
            /// The region.
            public var from: String
            /// The region that stands in.
            public var to: String
        }

        /// False when switched off; nil when not said.
        public var isEnabled: Bool?
        /// How traffic is spread.
        public var distribute: [Distribution]
        /// Which region stands in for which.
        public var failover: [Failover]
        /// Labels that order endpoints by how many of them match the caller's.
        public var failoverPriority: [String]
    }

    /// Limits of connections and requests.
    public struct ConnectionPool: Hashable, Sendable {
        /// The most connections, nil for the default.
        public var maxConnections: Int?
        /// How long a connection may take to come up.
        public var connectTimeout: Duration?
        /// How long a TCP connection may be idle.
        public var tcpIdleTimeout: Duration?
        /// How long a connection may live.
        public var maxConnectionDuration: Duration?
        /// The most requests waiting for a connection.
        public var http1MaxPendingRequests: Int?
        /// The most requests at a time.
        public var http2MaxRequests: Int?
        /// The requests after which a connection is closed.
        public var maxRequestsPerConnection: Int?
        /// The most retries at a time.
        public var maxRetries: Int?
        /// How long an HTTP connection may be idle.
        public var idleTimeout: Duration?
        /// `DEFAULT`, `UPGRADE`, `DO_NOT_UPGRADE`; empty when not said.
        public var h2UpgradePolicy: String
        /// The most streams on one HTTP/2 connection.
        public var maxConcurrentStreams: Int?
    }

    /// When an endpoint that fails is left out, and for how long.
    public struct OutlierDetection: Hashable, Sendable {
        /// Server errors in a row, gateway errors included; nil for the default.
        public var consecutive5xxErrors: Int?
        /// Errors 502, 503 and 504 in a row.
        public var consecutiveGatewayErrors: Int?
        /// Failures to connect in a row, when counted apart.
        public var consecutiveLocalOriginFailures: Int?
        /// True when failures to connect are counted apart.
        public var splitsLocalOriginErrors: Bool
        /// How often it is checked.
        public var interval: Duration?
        /// How long an endpoint is left out at first.
        public var baseEjectionTime: Duration?
        /// The most endpoints left out, in percent.
        public var maxEjectionPercent: Int?
        /// The share of healthy endpoints below which all are used, in percent.
        public var minHealthPercent: Int?
    }

    /// TLS towards the host.
    public struct TLS: Hashable, Sendable {
        /// `DISABLE`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`; empty when not said.
        public var mode: String
        /// The file with our certificate.
        public var clientCertificate: String
        /// The file with our key.
        public var privateKey: String
        /// The file with the roots for the server's certificate.
        public var caCertificates: String
        /// The Secret that replaces the three files.
        public var credentialName: String
        /// Names the server's certificate must carry.
        public var subjectAltNames: [String]
        /// The SNI sent, empty for the host.
        public var sni: String
        /// True when the server's certificate is not checked.
        public var isInsecure: Bool
    }

    /// What differs for one port.
    public struct PortPolicy: Hashable, Sendable {
        /// The port.
        public var port: Int
        /// How an endpoint is chosen.
        public var loadBalancer: LoadBalancer?
        /// Limits.
        public var connectionPool: ConnectionPool?
        /// When endpoints are left out.
        public var outlierDetection: OutlierDetection?
        /// TLS.
        public var tls: TLS?
    }

    /// How an endpoint is chosen.
    public var loadBalancer: LoadBalancer?
    /// Limits.
    public var connectionPool: ConnectionPool?
    /// When endpoints are left out.
    public var outlierDetection: OutlierDetection?
    /// TLS.
    public var tls: TLS?
    /// What differs by port; where a port has an entry, the rest of the policy does not apply to it.
    public var portPolicies: [PortPolicy]

    /// Reads a policy; nil when there is none.
    public init?(_ node: Node?) {
        guard let node, node.object != nil else { return nil }
        loadBalancer = LoadBalancer(node["loadBalancer"])
        connectionPool = ConnectionPool(node["connectionPool"])
        outlierDetection = OutlierDetection(node["outlierDetection"])
        tls = TLS(node["tls"])
        portPolicies = node.list("portLevelSettings").map { node in
            PortPolicy(
                port: node["port"]?.integer("number") ?? 0, loadBalancer: LoadBalancer(node["loadBalancer"]),
                connectionPool: ConnectionPool(node["connectionPool"]),
                outlierDetection: OutlierDetection(node["outlierDetection"]), tls: TLS(node["tls"]))
        }
    }
}
