import Document

/// One HTTP route of a VirtualService.
public struct HTTPRoute: Hashable, Sendable {
    /// A copy of the traffic that nobody waits for.
    public struct Mirror: Hashable, Sendable {
        /// Where the copy goes.
        public var destination: RouteDestination
        /// How much is copied, 0 to 100.
        public var percent: Double
    }

    /// An answer instead of a destination.
    public struct Redirect: Hashable, Sendable {
        /// The new path, empty to keep it.
        public var uri: String
        /// The new host, empty to keep it.
        public var authority: String
        /// The new port, nil to keep it.
        public var port: Int?
        /// `FROM_PROTOCOL_DEFAULT`, `FROM_REQUEST_PORT`; empty when not said.
        public var derivePort: String
        /// The new scheme, empty to keep it.
        public var scheme: String
        /// The status code.
        public var redirectCode: Int
    }

    /// An answer made by the gateway.
    public struct DirectResponse: Hashable, Sendable {
        /// The status code.
        public var status: Int
        /// The body, empty for none.
        public var body: String
    }

    /// Changes to path and host before forwarding.
    public struct Rewrite: Hashable, Sendable {
        /// Replaces the matched prefix, or the whole path of an exact match; empty to keep it.
        public var uri: String
        /// The new host, empty to keep it.
        public var authority: String
        /// The expression of `uriRegexRewrite`, empty when not used.
        public var regex: String
        /// What replaces its matches.
        public var regexSubstitution: String
    }

    /// When a request is tried again.
    public struct Retries: Hashable, Sendable {
        /// The number of further tries; 0 switches retries off.
        public var attempts: Int
        /// How long one try may take, nil for the route's timeout.
        public var perTryTimeout: Duration?
        /// The conditions, comma-separated, empty for the default ones.
        public var retryOn: String
        /// False keeps retries in the caller's locality; nil when not said.
        public var retryRemoteLocalities: Bool?
    }

    /// Failures made on purpose.
    public struct Fault: Hashable, Sendable {
        /// How long requests are held back, nil for not at all.
        public var delay: Duration?
        /// The share held back, 0 to 100.
        public var delayPercent: Double
        /// The status code requests are refused with, nil for none.
        public var abortStatus: Int?
        /// The gRPC status requests are refused with, nil for none.
        public var abortGRPCStatus: String?
        /// The share refused, 0 to 100.
        public var abortPercent: Double
    }

    /// Cross-origin rules.
    public struct CORSPolicy: Hashable, Sendable {
        /// The origins allowed.
        public var allowOrigins: [StringMatch]
        /// The methods allowed.
        public var allowMethods: [String]
        /// The request headers allowed.
        public var allowHeaders: [String]
        /// The response headers scripts may see.
        public var exposeHeaders: [String]
        /// How long answers may be kept, nil when not said.
        public var maxAge: Duration?
        /// Whether credentials may be sent, nil when not said.
        public var allowCredentials: Bool?
    }

    /// The route's name, empty when none.
    public var name: String
    /// The conditions, any of which is enough; none takes every request.
    public var matches: [HTTPMatch]
    /// The destinations.
    public var destinations: [WeightedDestination]
    /// The answer that takes the place of destinations.
    public var redirect: Redirect?
    /// The answer that takes the place of destinations.
    public var directResponse: DirectResponse?
    /// The VirtualService that goes on from here, `namespace/name`, empty for none.
    public var delegate: String
    /// Changes to path and host.
    public var rewrite: Rewrite?
    /// How long a request may take, nil when not limited.
    public var timeout: Duration?
    /// When it is tried again, nil for the default.
    public var retries: Retries?
    /// Failures made on purpose.
    public var fault: Fault?
    /// Copies of the traffic.
    public var mirrors: [Mirror]
    /// Cross-origin rules.
    public var corsPolicy: CORSPolicy?
    /// Changes to headers of all destinations.
    public var headers: RouteHeaders
}
