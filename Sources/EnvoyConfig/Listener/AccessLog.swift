import Document

/// `envoy.config.accesslog.v3.AccessLog` to stdout: one JSON object per line, or text.
///
/// Without fields and without a text it is Envoy's default text format.
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

    /// The text of `text_format_source.inline_string` with `%OPERATORS%`, line end included; nil when it is JSON.
    public var text: String?

    /// What Envoy writes when no format is given.
    public static let defaultText =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% "
        + "%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
        + "\"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" "
        + "\"%UPSTREAM_HOST%\"\n"

    /// A log in Envoy's default text format.
    public init() {}

    /// A log of text lines.
    public init(text: String) {
        self.text = text
    }

    /// A log of these fields.
    public init(fields: [Field]) {
        self.fields = fields
    }

    mutating func map(_ fields: inout FieldMapper) {
        var log = StdoutLog(fields: self.fields, text: text)
        fields.extensionPoint("envoy.access_loggers.stdout", Self.messageName, &log)
        self.fields = log.fields
        text = log.text
    }
}

/// The content of an access log's Any.
private struct StdoutLog: MappedMessage {
    var fields: [AccessLog.Field] = []
    var text: String?

    init() {}

    init(fields: [AccessLog.Field], text: String?) {
        self.fields = fields
        self.text = text
    }

    mutating func map(_ mapper: inout FieldMapper) {
        mapper.group("log_format") { mapper in
            var isGiven = false
            mapper.group("json_format") { mapper in
                isGiven = true
                mapper.formats(&fields)
            }
            mapper.group("text_format_source") { mapper in
                isGiven = true
                guard mapper.isReading || text != nil else { return }
                var line = text ?? ""
                mapper.string("inline_string", &line, required: true, as: .any)
                text = line
                if let fault = FormatString.fault(of: line) {
                    mapper.fault(fault, .key("inline_string"))
                }
            }
            if !isGiven { mapper.fault("one of json_format, text_format_source is required") }
            if text != nil, !fields.isEmpty {
                mapper.fault("only one of json_format and text_format_source may be set", .key("json_format"))
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
