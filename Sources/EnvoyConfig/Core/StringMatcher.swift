/// `envoy.type.matcher.v3.StringMatcher`.
public struct StringMatcher: MappedMessage, Hashable {
    /// The ways to compare.
    public enum Pattern: Sendable, Hashable {
        /// The whole value.
        case exact(String)
        /// Its beginning.
        case prefix(String)
        /// Its end.
        case suffix(String)
        /// Any part of it.
        case contains(String)
        /// An RE2 expression over the whole value.
        case safeRegex(String)
    }

    /// What to compare with.
    public var pattern = Pattern.exact("")
    /// Compares ASCII letters without case; never with a regex.
    public var ignoreCase = false

    /// Matches the empty string.
    public init() {}

    /// A matcher from its parts.
    public init(_ pattern: Pattern, ignoreCase: Bool = false) {
        self.pattern = pattern
        self.ignoreCase = ignoreCase
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("exact", string: exact, as: .any) { pattern = .exact($0) }
            fields.alternative("prefix", string: prefix, as: .any) { pattern = .prefix($0) }
            fields.alternative("suffix", string: suffix, as: .any) { pattern = .suffix($0) }
            fields.alternative("contains", string: contains, as: .any) { pattern = .contains($0) }
            fields.alternative("safe_regex", message: regex.map { RegexMatcher(regex: $0) }) {
                pattern = .safeRegex($0.regex)
            }
        }
        fields.bool("ignore_case", &ignoreCase)
        switch pattern {
        case .prefix(""): fields.fault("must not be empty", .key("prefix"))
        case .suffix(""): fields.fault("must not be empty", .key("suffix"))
        case .contains(""): fields.fault("must not be empty", .key("contains"))
        case .safeRegex where ignoreCase: fields.fault("has no effect on safe_regex", .key("ignore_case"))
        case .exact, .prefix, .suffix, .contains, .safeRegex: break
        }
    }

    private var exact: String? { if case .exact(let text) = pattern { text } else { nil } }
    private var prefix: String? { if case .prefix(let text) = pattern { text } else { nil } }
    private var suffix: String? { if case .suffix(let text) = pattern { text } else { nil } }
    private var contains: String? { if case .contains(let text) = pattern { text } else { nil } }
    private var regex: String? { if case .safeRegex(let text) = pattern { text } else { nil } }
}

/// `envoy.type.matcher.v3.RegexMatcher`: RE2 syntax, matches the whole value.
struct RegexMatcher: MappedMessage {
    var regex = ""

    init() {}

    init(regex: String) {
        self.regex = regex
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("regex", &regex, required: true, as: .any)
        guard fields.isReading, !regex.isEmpty else { return }
        do {
            _ = try RegexPattern(regex)
        } catch {
            fields.fault("\(error)", .key("regex"))
        }
    }
}

/// `envoy.type.matcher.v3.RegexMatchAndSubstitute`.
public struct RegexRewrite: MappedMessage, Hashable {
    /// An RE2 expression; every match in the value is replaced.
    public var pattern = ""
    /// The replacement; `\1` is the first group, `\\` a backslash.
    public var substitution = ""

    /// An empty rewrite.
    public init() {}

    /// A rewrite from its parts.
    public init(pattern: String, substitution: String) {
        self.pattern = pattern
        self.substitution = substitution
    }

    mutating func map(_ fields: inout FieldMapper) {
        var regex = RegexMatcher(regex: pattern)
        fields.message("pattern", &regex, required: true)
        pattern = regex.regex
        fields.string("substitution", &substitution, as: .target)
        guard fields.isReading, let parsed = try? RegexPattern(pattern) else { return }
        if let fault = parsed.faultOfSubstitution(substitution) { fields.fault(fault, .key("substitution")) }
    }
}
