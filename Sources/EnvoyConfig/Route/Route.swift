import Document

/// `envoy.config.route.v3.Route`: a match and what becomes of the request.
public struct Route: MappedMessage {
    /// What becomes of the request.
    public enum Action: Sendable, Equatable {
        /// Sent to a cluster.
        case route(RouteAction)
        /// Sent elsewhere by the client.
        case redirect(RedirectAction)
        /// Answered here.
        case directResponse(DirectResponse)
    }

    /// A label for people and logs.
    public var name = ""
    /// Which requests.
    public var match = RouteMatch()
    /// What becomes of them.
    public var action = Action.directResponse(DirectResponse())
    /// Changes to headers.
    public var headers = HeaderChanges()
    /// The route's own faults, in `typed_per_filter_config`.
    public var fault: HTTPFault?
    /// The route's CORS policy, in `typed_per_filter_config`.
    public var cors: CORSPolicy?

    /// A route without an action of use.
    public init() {}

    /// A route from its parts.
    public init(name: String, match: RouteMatch, action: Action) {
        self.name = name
        self.match = match
        self.action = action
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name)
        fields.message("match", &match, required: true)
        fields.oneOf(required: true) { fields in
            var route: RouteAction?
            if case .route(let value) = action { route = value }
            fields.alternative("route", message: route) { action = .route($0) }
            var redirect: RedirectAction?
            if case .redirect(let value) = action { redirect = value }
            fields.alternative("redirect", message: redirect) { action = .redirect($0) }
            var response: DirectResponse?
            if case .directResponse(let value) = action { response = value }
            fields.alternative("direct_response", message: response) { action = .directResponse($0) }
        }
        fields.headerChanges(&headers)
        fields.group("typed_per_filter_config") { fields in
            fields.perFilter("envoy.filters.http.fault", HTTPFault.messageName, &fault)
            fields.perFilter("envoy.filters.http.cors", CORSPolicy.messageName, &cors)
        }
    }

    /// Every cluster it names, mirrors included.
    public var clusterNames: Set<String> {
        guard case .route(let action) = action else { return [] }
        return action.clusterNames
    }
}

extension FieldMapper {
    /// An Any under the name of a filter.
    fileprivate mutating func perFilter<M: ConfigMessage>(_ name: String, _ type: String, _ value: inout M?) {
        guard isReading else {
            if let value { write(name, wrapped: value.node, type: type) }
            return
        }
        read(name, required: false) { node, context in
            Self.any(node, allowed: [type], context) { _, fields in value = Self.message(fields, context) }
        }
    }
}

/// `envoy.config.route.v3.DirectResponseAction`.
public struct DirectResponse: MappedMessage, Hashable {
    /// 200 to 599.
    public var status: UInt32 = 200
    /// At most 4096 bytes; nil is empty.
    public var body: DataSource?

    /// An empty 200.
    public init() {}

    /// An answer from its parts.
    public init(status: UInt32, body: String? = nil) {
        self.status = status
        self.body = body.map { .inlineString($0) }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.integer("status", &status, in: 200...599, required: true)
        fields.message("body", &body)
        if fields.isReading, let text = body?.inline, text.utf8.count > 4096 {
            fields.fault("must not be longer than 4096 bytes", .key("body"))
        }
    }
}

/// `envoy.config.route.v3.RedirectAction`.
public struct RedirectAction: MappedMessage, Hashable {
    /// The values of `response_code`.
    public enum ResponseCode: String, ConfigEnum {
        /// 301.
        case movedPermanently = "MOVED_PERMANENTLY"
        /// 302.
        case found = "FOUND"
        /// 303.
        case seeOther = "SEE_OTHER"
        /// 307.
        case temporaryRedirect = "TEMPORARY_REDIRECT"
        /// 308.
        case permanentRedirect = "PERMANENT_REDIRECT"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .movedPermanently: 0
            case .found: 1
            case .seeOther: 2
            case .temporaryRedirect: 3
            case .permanentRedirect: 4
            }
        }

        /// The HTTP status.
        public var status: Int {
            switch self {
            case .movedPermanently: 301
            case .found: 302
            case .seeOther: 303
            case .temporaryRedirect: 307
            case .permanentRedirect: 308
            }
        }
    }

    /// What becomes of the path.
    public enum Path: Sendable, Hashable {
        /// It stays.
        case keep
        /// It is replaced; a query in it replaces the request's.
        case redirect(String)
        /// The matched prefix is replaced.
        case prefixRewrite(String)
    }

    /// The scheme becomes https.
    public var httpsRedirect = false
    /// The new host; empty keeps the request's.
    public var hostRedirect = ""
    /// The new port; 0 keeps the request's unless host or scheme change.
    public var portRedirect: UInt32 = 0
    /// What becomes of the path.
    public var path = Path.keep
    /// The status of the answer.
    public var responseCode = ResponseCode.movedPermanently
    /// Whether the query is dropped.
    public var stripQuery = false

    /// A redirect to the same place.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.bool("https_redirect", &httpsRedirect)
        fields.string("host_redirect", &hostRedirect)
        fields.integer("port_redirect", &portRedirect, in: 0...65535)
        fields.oneOf(required: false) { fields in
            var redirect: String?
            if case .redirect(let value) = path { redirect = value }
            fields.alternative("path_redirect", string: redirect) { path = .redirect($0) }
            var rewrite: String?
            if case .prefixRewrite(let value) = path { rewrite = value }
            fields.alternative("prefix_rewrite", string: rewrite) { path = .prefixRewrite($0) }
        }
        fields.enumeration("response_code", &responseCode, default: .movedPermanently)
        fields.bool("strip_query", &stripQuery)
    }
}
