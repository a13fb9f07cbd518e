internal import EnvoyConfig
internal import HTTPCodec

/// Which requests of a connection manager are traced, compiled.
struct TraceRule: Sendable {
    /// Where the spans go.
    struct Collector: Hashable, Sendable {
        enum Format: Hashable, Sendable {
            /// OTLP by POST, or by gRPC.
            case otlp(serviceName: String, isGRPC: Bool)
            case zipkin
        }
        var format: Format
        var cluster: String
        var authority: String
        var path: String
        var timeout: Duration
    }

    let collector: Collector
    /// Tags besides the usual ones.
    let tags: [SpanTag]
    /// Of the path in a span.
    let maxPathBytes: Int
    private let clientShare: UInt64
    private let randomShare: UInt64
    private let overallShare: UInt64
    private let hasWideIDs: Bool
    private let sharesSpans: Bool

    /// Nil where nothing is traced.
    init?(_ tracing: Tracing) {
        /// Of 10,000.
        func share(_ percent: Double) -> UInt64 { UInt64((percent * 100).rounded()) }
        clientShare = share(tracing.clientSampling)
        randomShare = share(tracing.randomSampling)
        overallShare = share(tracing.overallSampling)
        tags = tracing.customTags.map(SpanTag.init)
        maxPathBytes = Int(tracing.maxPathTagLength)
        switch tracing.provider {
        case nil: return nil
        case .openTelemetry(let config):
            hasWideIDs = true
            sharesSpans = false
            collector = Collector(config)
        case .zipkin(let config):
            hasWideIDs = config.traceID128Bit
            sharesSpans = config.sharedSpanContext
            collector = Collector(
                format: .zipkin, cluster: config.collectorCluster,
                authority: config.collectorHostname.isEmpty
                    ? config.collectorCluster : config.collectorHostname,
                path: config.collectorEndpoint, timeout: .seconds(5))
        }
    }

    private static let clientTraceID = Array("x-client-trace-id".utf8)

    /// The request's span: it continues the caller's trace or begins one.
    ///
    /// A caller's decision stands; where there is none, chance decides. `random` must give fresh numbers.
    func begin(_ head: borrowing HeadView, random: () -> UInt64) -> TraceContext {
        var caller: TraceContext?
        var decision: Bool?
        switch collector.format {
        case .otlp:
            caller = TraceContext.readW3C(head)
            decision = caller?.isSampled
        case .zipkin: (caller, decision) = TraceContext.readB3(head)
        }
        let isSampled = decision ?? draws(head, random)
        guard let caller else {
            let low = random() | 1
            // Zipkin's first span is known by its trace's id.
            return TraceContext(
                traceHigh: hasWideIDs ? random() : 0, traceLow: low,
                span: collector.format == .zipkin ? low : random() | 1, parent: nil, isSampled: isSampled)
        }
        if sharesSpans {
            // Envoy's way of a shared span: the upstream sees the caller's ids, and continues from there.
            var shared = caller
            shared.isSampled = isSampled
            shared.isShared = true
            return shared
        }
        return TraceContext(
            traceHigh: caller.traceHigh, traceLow: caller.traceLow, span: random() | 1, parent: caller.span,
            isSampled: isSampled)
    }

    private func draws(_ head: borrowing HeadView, _ random: () -> UInt64) -> Bool {
        func falls(_ share: UInt64) -> Bool { share >= 10_000 || random() % 10_000 < share }
        let asked = head.value(named: Self.clientTraceID) != nil
        return (asked ? falls(clientShare) : falls(randomShare)) && falls(overallShare)
    }

    /// Hands the trace on to the upstream.
    func write(_ context: TraceContext, _ head: inout HeadView) {
        switch collector.format {
        case .otlp: context.writeW3C(&head)
        case .zipkin: context.writeB3(&head)
        }
    }
}

extension TraceRule.Collector {
    private static let exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

    fileprivate init(_ config: OpenTelemetryConfig) {
        let serviceName = config.serviceName.isEmpty ? "unknown_service:envoy" : config.serviceName
        switch config.export {
        case .grpc(let cluster):
            self.init(
                format: .otlp(serviceName: serviceName, isGRPC: true), cluster: cluster, authority: cluster,
                path: Self.exportMethod, timeout: .seconds(5))
        case .http(let service):
            var rest = service.uri[...]
            for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) {
                rest = rest.dropFirst(scheme.count)
            }
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            self.init(
                format: .otlp(serviceName: serviceName, isGRPC: false), cluster: service.cluster,
                authority: String(rest[..<slash]),
                path: slash == rest.endIndex ? "/" : String(rest[slash...]), timeout: service.timeout)
        }
    }
}
