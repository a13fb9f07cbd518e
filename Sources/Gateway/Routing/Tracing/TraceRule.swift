internal import EnvoyConfig
internal import HTTPCodec

/// Which requests of a connection manager are traced, compiled.
struct TraceRule: Sendable {
    /// Where the spans go.
    struct Collector: Hashable, Sendable {
        enum Format: Hashable, Sendable {
            case otlp(serviceName: String)
            case zipkin
        }
        var format: Format
        var cluster: String
        var authority: String
        var path: String
        var timeout: Duration
    }

    let collector: Collector
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
        switch tracing.provider {
        case nil: return nil
        case .openTelemetry(let config):
            hasWideIDs = true
            sharesSpans = false
            var rest = config.uri[...]
            for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) {
                rest = rest.dropFirst(scheme.count)
            }
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            collector = Collector(
                format: .otlp(serviceName: config.serviceName), cluster: config.cluster,
                authority: String(rest[..<slash]),
                path: slash == rest.endIndex ? "/" : String(rest[slash...]), timeout: config.timeout)
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
            return TraceContext(
                traceHigh: hasWideIDs ? random() : 0, traceLow: random() | 1, span: random() | 1, parent: nil,
                isSampled: isSampled)
        }
        if sharesSpans {
            // Envoy's way of a shared span: the upstream sees the caller's ids, and continues from there.
            var shared = caller
            shared.isSampled = isSampled
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
