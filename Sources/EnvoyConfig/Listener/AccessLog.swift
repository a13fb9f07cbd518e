import Document

/// `envoy.config.accesslog.v3.AccessLog` to stdout: one JSON object per line.
public struct AccessLog: MappedMessage {
    /// The protobuf name of its content.
    static let messageName = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"

    /// One member of the record.
    public struct Field: Sendable, Hashable {
        /// The member's key.
        public var key: String
        /// Text with `%OPERATORS%`; a single numeric operator makes a JSON number.
        public var format: String

        /// A member from its parts.
        public init(_ key: String, _ format: String) {
            self.key = key
            self.format = format
        }
    }

    /// The members of `json_format`, in the order written.
    public var fields: [Field] = []

    /// A log without fields.
    public init() {}

    /// A log of these fields.
    public init(fields: [Field]) {
        self.fields = fields
    }

    mutating func map(_ fields: inout FieldMapper) {
        var log = StdoutLog(fields: self.fields)
        fields.extensionPoint("envoy.access_loggers.stdout", Self.messageName, &log)
        self.fields = log.fields
    }
}

/// The content of an access log's Any.
private struct StdoutLog: MappedMessage {
    var fields: [AccessLog.Field] = []

    init() {}

    init(fields: [AccessLog.Field]) {
        self.fields = fields
    }

    mutating func map(_ mapper: inout FieldMapper) {
        mapper.group("log_format", required: true) { mapper in
            mapper.group("json_format", required: true) { mapper in
                mapper.formats(&fields)
            }
        }
    }
}

extension FieldMapper {
    /// Every member of this object as a format.
    fileprivate mutating func formats(_ value: inout [AccessLog.Field]) {
        guard isReading else {
            for field in value { write(field.key, field.format) }
            return
        }
        members { key, node, context in
            guard let format = Self.string(node, context) else { return }
            if let fault = FormatString.fault(of: format) { context.add(fault, at: node.position) }
            value.append(AccessLog.Field(key, format))
        }
    }
}
