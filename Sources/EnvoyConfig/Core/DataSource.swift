/// `envoy.config.core.v3.DataSource`: where a text comes from.
public enum DataSource: Sendable, Hashable {
    /// A path; a relative one is resolved against the working directory.
    case filename(String)
    /// The text itself.
    case inlineString(String)

    /// The text, when it is inline.
    public var inline: String? {
        if case .inlineString(let text) = self { text } else { nil }
    }

    /// The path, when it is a file.
    public var path: String? {
        if case .filename(let path) = self { path } else { nil }
    }
}

extension DataSource: MappedMessage {
    /// An empty inline text.
    public init() { self = .inlineString("") }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("filename", string: path) { self = .filename($0) }
            fields.alternative("inline_string", string: inline, as: .any) { self = .inlineString($0) }
        }
        if self == .filename("") { fields.fault("must not be empty", .key("filename")) }
    }
}
