/// `envoy.type.tracing.v3.CustomTag`: a tag that every span of a connection manager has.
public struct CustomTag: MappedMessage, Hashable {
    /// Where its value comes from.
    public enum Source: Sendable, Hashable {
        /// The configuration.
        case literal(String)
        /// A variable of the gateway's environment, or the default; without either there is no tag.
        case environment(name: String, defaultValue: String)
        /// A header of the request, or the default; without either there is no tag.
        case requestHeader(name: String, defaultValue: String)
    }

    /// The tag's name.
    public var tag = ""
    /// Where its value comes from.
    public var source = Source.literal("")

    /// No tag.
    public init() {}

    /// A tag and the source of its value.
    public init(_ tag: String, _ source: Source) {
        self.tag = tag
        self.source = source
    }

    private struct Literal: MappedMessage {
        var value = ""

        mutating func map(_ fields: inout FieldMapper) {
            fields.string("value", &value, required: true, as: .any)
        }
    }

    private struct Named: MappedMessage {
        var name = ""
        var defaultValue = ""

        mutating func map(_ fields: inout FieldMapper) {
            fields.string("name", &name, required: true)
            fields.string("default_value", &defaultValue, as: .any)
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("tag", &tag, required: true)
        fields.oneOf(required: true) { fields in
            var literal: Literal?
            var environment: Named?
            var header: Named?
            switch source {
            case .literal(let value): literal = Literal(value: value)
            case .environment(let name, let value): environment = Named(name: name, defaultValue: value)
            case .requestHeader(let name, let value): header = Named(name: name, defaultValue: value)
            }
            fields.alternative("literal", message: literal) { source = .literal($0.value) }
            fields.alternative("environment", message: environment) {
                source = .environment(name: $0.name, defaultValue: $0.defaultValue)
            }
            fields.alternative("request_header", message: header) {
                source = .requestHeader(name: $0.name, defaultValue: $0.defaultValue)
            }
        }
    }
}
