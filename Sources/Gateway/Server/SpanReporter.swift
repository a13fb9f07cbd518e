internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor

/// What a worker reported to collectors, under Envoy's names.
struct SpanStats {
    /// Of the collectors of one format.
    struct Counts {
        var spansSent: Int64 = 0
        var spansDropped: Int64 = 0
        var reportsSent: Int64 = 0
        var reportsDropped: Int64 = 0
        var reportsFailed: Int64 = 0
        var reportsWithoutCluster: Int64 = 0
        var timerFlushes: Int64 = 0
    }

    /// Nil until there was a span.
    var zipkin: Counts?
    var openTelemetry: Counts?

    func append(to table: inout StatTable) {
        if let zipkin {
            let base = StatScope.process("tracing.zipkin")
            table.add(base + "spans_sent", zipkin.spansSent)
            table.add(base + "reports_sent", zipkin.reportsSent)
            table.add(base + "reports_dropped", zipkin.reportsDropped)
            table.add(base + "reports_failed", zipkin.reportsFailed)
            table.add(base + "reports_skipped_no_cluster", zipkin.reportsWithoutCluster)
            table.add(base + "timer_flushed", zipkin.timerFlushes)
        }
        if let openTelemetry {
            let base = StatScope.process("tracing.opentelemetry")
            table.add(base + "spans_sent", openTelemetry.spansSent)
            table.add(base + "spans_dropped", openTelemetry.spansDropped)
            table.add(base + "timer_flushed", openTelemetry.timerFlushes)
        }
    }
}

/// The spans of one worker for one collector.
///
/// They are written as they end and sent together. A collector that is slow or away costs the memory of a few reports:
/// what comes on top is dropped and counted.
final class SpanReporter {
    /// How long a span may wait for others.
    static let flushInterval: Duration = .seconds(5)
    /// In one report.
    static let maxSpans = 64
    /// Reports on their way at once.
    static let maxReports = 4

    private let collector: TraceRule.Collector
    private unowned let worker: Worker
    private var spans: [UInt8] = []
    private var count = 0
    private var reports = 0
    private var timer: LoopTimer?

    init(_ collector: TraceRule.Collector, worker: Worker) {
        self.collector = collector
        self.worker = worker
    }

    deinit { timer?.disarm() }

    /// Whether nothing waits and nothing is on its way.
    var isIdle: Bool { count == 0 && reports == 0 }

    func add(_ span: TraceSpan, node: NodeIdentity) {
        if count == 0 { armTimer() }
        switch collector.format {
        case .zipkin:
            if count > 0 { spans.append(UInt8(ascii: ",")) }
            ZipkinSpans.append(span, serviceName: node.cluster, to: &spans)
        case .otlp: OTLPSpans.append(span, to: &spans)
        }
        count += 1
        if count >= Self.maxSpans { flush() }
    }

    private func armTimer() {
        let timer = timer ?? worker.loop.makeTimer { [unowned self] in timedOut() }
        self.timer = timer
        timer.arm(at: worker.loop.now() + Self.flushInterval)
    }

    private func timedOut() {
        note { $0.timerFlushes += 1 }
        flush()
    }

    private func note(_ change: (inout SpanStats.Counts) -> Void) {
        let counts: WritableKeyPath<SpanStats, SpanStats.Counts?> =
            collector.format == .zipkin ? \.zipkin : \.openTelemetry
        var changed = worker.spanStats[keyPath: counts] ?? SpanStats.Counts()
        change(&changed)
        worker.spanStats[keyPath: counts] = changed
    }

    /// Sends what is there.
    func flush() {
        guard count > 0 else { return }
        timer?.disarm()
        let number = Int64(count)
        let spans = spans
        self.spans.removeAll(keepingCapacity: true)
        count = 0
        guard reports < Self.maxReports else { return drop(number) }
        guard let cluster = worker.cluster(collector.cluster) else {
            return note {
                $0.reportsWithoutCluster += 1
                $0.spansDropped += number
            }
        }
        guard let choice = cluster.choose(&worker.random) else { return drop(number) }
        let body = body(spans)
        reports += 1
        if collector.format == .zipkin { note { $0.spansSent += number } }
        DetachedRequest.send(
            head(body), body, to: choice.cluster, at: choice.address, on: worker, timeout: collector.timeout
        ) { [weak self] in self?.ended($0, number) }
    }

    private func drop(_ number: Int64) {
        note {
            $0.reportsDropped += 1
            $0.spansDropped += number
        }
    }

    private func ended(_ ending: DetachedRequest.Ending, _ number: Int64) {
        reports -= 1
        let isGRPC = if case .otlp(_, true) = collector.format { true } else { false }
        note { counts in
            switch ending {
            case .answered(let status, let grpcStatus)
            where (200..<300).contains(status) && (!isGRPC || grpcStatus == [UInt8(ascii: "0")]):
                counts.reportsSent += 1
                if collector.format != .zipkin { counts.spansSent += number }
            case .answered:
                counts.reportsDropped += 1
                counts.spansDropped += number
            case .failed, .unavailable:
                counts.reportsFailed += 1
                counts.spansDropped += number
            }
        }
    }

    // MARK: The report

    private static let json = Array("application/json".utf8)
    private static let protobuf = Array("application/x-protobuf".utf8)
    private static let grpc = Array("application/grpc".utf8)

    private func body(_ spans: [UInt8]) -> [UInt8] {
        switch collector.format {
        case .zipkin: return ZipkinSpans.body(spans)
        case .otlp(let serviceName, let isGRPC):
            let message = OTLPSpans.body(spans, serviceName: serviceName)
            guard isGRPC else { return message }
            // Not compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
            let length = UInt32(message.count)
            return [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + message
        }
    }

    private func head(_ body: [UInt8]) -> HeadView {
        var head = HeadView()
        head.setMethod(Array("POST".utf8))
        head.setTarget(Array(collector.path.utf8))
        head.add(Array("host".utf8), Array(collector.authority.utf8))
        switch collector.format {
        case .zipkin: head.add(Array("content-type".utf8), Self.json)
        case .otlp(_, let isGRPC):
            head.add(Array("content-type".utf8), isGRPC ? Self.grpc : Self.protobuf)
            if isGRPC { head.add(Array("te".utf8), Array("trailers".utf8)) }
        }
        head.add(Array("content-length".utf8), Array(String(body.count).utf8))
        return head
    }
}
