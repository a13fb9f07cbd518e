/// `envoy.config.route.v3.RouteMatch`: which requests.
///
/// All parts must match.
public struct RouteMatch: MappedMessage, Hashable {
    /// The ways to compare a path, without its query.
    public enum Path: Sendable, Hashable {
        /// Its beginning, as text.
        case prefix(String)
        /// The whole.
        case exact(String)
        /// Its beginning, whole segments only. No trailing slash.
        case pathSeparatedPrefix(String)
        /// An RE2 expression over the whole.
        case safeRegex(String)
    }

    /// The path.
    public var path = Path.prefix("/")
    /// Whether the path is compared with case; no effect on a regex.
    public var caseSensitive = true
    /// Headers.
    public var headers: [HeaderMatcher] = []
    /// Query parameters.
    public var queryParameters: [QueryParameterMatcher] = []

    /// Every request.
    public init() {}

    /// A match on the path.
    public init(_ path: Path) {
        self.path = path
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("prefix", string: prefix, as: .any) { path = .prefix($0) }
            fields.alternative("path", string: exact, as: .any) { path = .exact($0) }
            fields.alternative("path_separated_prefix", string: separated) { path = .pathSeparatedPrefix($0) }
            fields.alternative("safe_regex", message: regex.map { RegexMatcher(regex: $0) }) {
                path = .safeRegex($0.regex)
            }
        }
        fields.bool("case_sensitive", &caseSensitive, default: true)
        fields.messages("headers", &headers)
        fields.messages("query_parameters", &queryParameters)
        guard fields.isReading, let prefix = separated else { return }
        if !prefix.hasPrefix("/") || prefix.count < 2 || prefix.hasSuffix("/")
            || prefix.contains(where: { "?#".contains($0) })
        {
            fields.fault(
                "must start with / and not end in it, without ? and #", .key("path_separated_prefix"))
        }
    }

    private var prefix: String? { if case .prefix(let text) = path { text } else { nil } }
    private var exact: String? { if case .exact(let text) = path { text } else { nil } }
    private var separated: String? { if case .pathSeparatedPrefix(let text) = path { text } else { nil } }
    private var regex: String? { if case .safeRegex(let text) = path { text } else { nil } }
}

/// `envoy.config.route.v3.HeaderMatcher`.
public struct HeaderMatcher: MappedMessage, Hashable {
    /// The condition on the value.
    public enum Condition: Sendable, Hashable {
        /// The header is there (true) or not (false).
        case present(Bool)
        /// Its value matches; several lines are joined by a comma.
        case string(StringMatcher)
    }

    /// Any case; `:method`, `:authority`, `:path` too.
    public var name = ""
    /// The condition on the value.
    public var condition = Condition.present(true)
    /// Whether the result is inverted.
    public var invertMatch = false

    /// No header.
    public init() {}

    /// A matcher from its parts.
    public init(_ name: String, _ condition: Condition, invert: Bool = false) {
        self.name = name
        self.condition = condition
        invertMatch = invert
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true, as: .matchedHeader)
        fields.oneOf(required: false) { fields in
            var matcher: StringMatcher?
            var isPresent: Bool?
            switch condition {
            case .string(let value): matcher = value
            case .present(let value): isPresent = value
            }
            fields.alternative("string_match", message: matcher) { condition = .string($0) }
            fields.alternative("present_match", bool: isPresent) { condition = .present($0) }
        }
        fields.bool("invert_match", &invertMatch)
    }
}

/// `envoy.config.route.v3.QueryParameterMatcher`.
public struct QueryParameterMatcher: MappedMessage, Hashable {
    /// The condition on the value.
    public enum Condition: Sendable, Hashable {
        /// The parameter is there (true) or not (false), with or without a value.
        case present(Bool)
        /// Its value matches.
        case string(StringMatcher)
    }

    /// The parameter.
    public var name = ""
    /// The condition on the value.
    public var condition = Condition.present(true)

    /// No parameter.
    public init() {}

    /// A matcher from its parts.
    public init(_ name: String, _ condition: Condition) {
        self.name = name
        self.condition = condition
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true, as: .any)
        fields.oneOf(required: false) { fields in
            var matcher: StringMatcher?
            var isPresent: Bool?
            switch condition {
            case .string(let value): matcher = value
            case .present(let value): isPresent = value
            }
            fields.alternative("string_match", message: matcher) { condition = .string($0) }
            fields.alternative("present_match", bool: isPresent) { condition = .present($0) }
        }
        if name.utf8.count > 1024 { fields.fault("must not be longer than 1024 bytes", .key("name")) }
    }
}
