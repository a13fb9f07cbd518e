import Document

/// `HttpConnectionManager.Tracing`: which requests are traced, and where their spans go.
public struct Tracing: MappedMessage, Hashable {
    /// Where spans go, and in which headers the trace travels.
    public enum Provider: Sendable, Hashable {
        /// W3C `traceparent`; OTLP over HTTP.
        case openTelemetry(OpenTelemetryConfig)
        /// B3 headers; Zipkin's JSON v2 over HTTP.
        case zipkin(ZipkinConfig)
    }

    /// Percent of the requests with `x-client-trace-id` that are traced.
    public var clientSampling = 100.0
    /// Percent of the requests that are traced where the caller did not decide.
    public var randomSampling = 100.0
    /// Percent of the requests that are traced at most, after the other two.
    public var overallSampling = 100.0
    /// Bytes of the path in `http.url`; the rest is cut off.
    public var maxPathTagLength: UInt32 = 256
    /// Tags of every span besides the usual ones.
    public var customTags: [CustomTag] = []
    /// Nil: nothing is traced.
    public var provider: Provider?

    /// Nothing is traced.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.percent("client_sampling", &clientSampling)
        fields.percent("random_sampling", &randomSampling)
        fields.percent("overall_sampling", &overallSampling)
        fields.integer("max_path_tag_length", &maxPathTagLength, default: 256, in: 1...8192)
        fields.messages("custom_tags", &customTags)
        fields.group("provider") { fields in
            guard fields.isReading else {
                switch provider {
                case .openTelemetry(let config):
                    fields.write("name", "envoy.tracers.opentelemetry")
                    fields.write("typed_config", wrapped: config.node, type: OpenTelemetryConfig.messageName)
                case .zipkin(let config):
                    fields.write("name", "envoy.tracers.zipkin")
                    fields.write("typed_config", wrapped: config.node, type: ZipkinConfig.messageName)
                case nil: break
                }
                return
            }
            var name = ""
            fields.string("name", &name, required: true)
            let allowed = [OpenTelemetryConfig.messageName, ZipkinConfig.messageName]
            fields.read("typed_config", required: true) { node, context in
                FieldMapper.any(node, allowed: allowed, context) { type, fields in
                    provider =
                        type == ZipkinConfig.messageName
                        ? .zipkin(FieldMapper.message(fields, context))
                        : .openTelemetry(FieldMapper.message(fields, context))
                }
            }
        }
    }
}

extension FieldMapper {
    /// A `Percent {value}` of 0 to 100; absent is 100.
    fileprivate mutating func percent(_ name: String, _ value: inout Double) {
        guard isReading else {
            if value != 100 { write(name, ["value": Node(.double(value))]) }
            return
        }
        group(name) { fields in
            var found = 0.0
            fields.read("value", required: false) { node, context in
                guard let number = node.double ?? node.int.map(Double.init), (0...100).contains(number) else {
                    return context.add("must be a number from 0 to 100", at: node.position)
                }
                found = number
            }
            value = found
        }
    }
}
