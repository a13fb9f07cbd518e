/// `envoy.config.rbac.v3.Permission`: what is done.
public indirect enum Permission: Sendable, Equatable {
    /// Anything (true).
    case any(Bool)
    /// A request with such a header.
    case header(HeaderMatcher)
    /// The normalised path without its query.
    case urlPath(StringMatcher)
    /// All of these.
    case and([Permission])
    /// One of these.
    case or([Permission])
    /// Not this.
    case not(Permission)
    /// The listener's port.
    case destinationPort(UInt32)
    /// The SNI.
    case requestedServerName(StringMatcher)
}

extension Permission: MappedMessage {
    /// Anything.
    public init() { self = .any(true) }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("any", bool: anyValue) { self = .any($0) }
            fields.alternative("header", message: headerValue) {
                self = .header($0)
            }
            fields.alternative(
                "url_path", message: urlPathValue
            ) { self = .urlPath($0.path) }
            fields.alternative(
                "and_rules", list: andValue, under: "rules"
            ) { self = .and($0) }
            fields.alternative(
                "or_rules", list: orValue, under: "rules"
            ) { self = .or($0) }
            fields.alternative("not_rule", message: notValue) {
                self = .not($0)
            }
            fields.alternative(
                "destination_port", integer: destinationPortValue,
                in: 0...65535
            ) { self = .destinationPort($0) }
            fields.alternative(
                "requested_server_name",
                message: requestedServerNameValue
            ) { self = .requestedServerName($0) }
        }
        if fields.isReading, self == .any(false) { fields.fault("must be true", .key("any")) }
    }

    private var anyValue: Bool? { if case .any(let v) = self { v } else { nil } }
    private var headerValue: HeaderMatcher? { if case .header(let v) = self { v } else { nil } }
    private var urlPathValue: PathMatcher? { if case .urlPath(let v) = self { PathMatcher(v) } else { nil } }
    private var andValue: [Permission]? { if case .and(let v) = self { v } else { nil } }
    private var orValue: [Permission]? { if case .or(let v) = self { v } else { nil } }
    private var notValue: Permission? { if case .not(let v) = self { v } else { nil } }
    private var destinationPortValue: UInt32? { if case .destinationPort(let v) = self { v } else { nil } }
    private var requestedServerNameValue: StringMatcher? {
        if case .requestedServerName(let v) = self { v } else { nil }
    }
}

/// `envoy.config.rbac.v3.Principal`: who does it.
public indirect enum Principal: Sendable, Equatable {
    /// Anybody (true).
    case any(Bool)
    /// A peer with a certificate whose URI SAN matches; nil is any certificate.
    case authenticated(StringMatcher?)
    /// All of these.
    case and([Principal])
    /// One of these.
    case or([Principal])
    /// Not this.
    case not(Principal)
    /// A request with such a header.
    case header(HeaderMatcher)
}

extension Principal: MappedMessage {
    /// Anybody.
    public init() { self = .any(true) }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("any", bool: anyValue) { self = .any($0) }
            fields.alternative(
                "authenticated",
                message: authenticatedValue
            ) { self = .authenticated($0.principalName) }
            fields.alternative(
                "and_ids", list: andValue, under: "ids"
            ) { self = .and($0) }
            fields.alternative(
                "or_ids", list: orValue, under: "ids"
            ) { self = .or($0) }
            fields.alternative("not_id", message: notValue) {
                self = .not($0)
            }
            fields.alternative("header", message: headerValue) {
                self = .header($0)
            }
        }
        if fields.isReading, self == .any(false) { fields.fault("must be true", .key("any")) }
    }

    private var anyValue: Bool? { if case .any(let v) = self { v } else { nil } }
    private var authenticatedValue: Authenticated? {
        if case .authenticated(let v) = self { Authenticated(v) } else { nil }
    }
    private var andValue: [Principal]? { if case .and(let v) = self { v } else { nil } }
    private var orValue: [Principal]? { if case .or(let v) = self { v } else { nil } }
    private var notValue: Principal? { if case .not(let v) = self { v } else { nil } }
    private var headerValue: HeaderMatcher? { if case .header(let v) = self { v } else { nil } }
}

/// `envoy.type.matcher.v3.PathMatcher`.
private struct PathMatcher: MappedMessage {
    var path = StringMatcher()

    init() {}

    init(_ path: StringMatcher) {
        self.path = path
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("path", &path, required: true)
    }
}

/// `Principal.Authenticated`.
private struct Authenticated: MappedMessage {
    var principalName: StringMatcher?

    init() {}

    init(_ principalName: StringMatcher?) {
        self.principalName = principalName
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("principal_name", &principalName)
    }
}
