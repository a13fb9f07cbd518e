import Bytes
import Document
import EnvoyConfig
import HTTPCodec
import Testing

@testable import Gateway

/// Trace headers: W3C Trace Context, and openzipkin/b3-propagation.
@Suite struct TraceTests {
    private func head(_ fields: [(String, String)]) -> HeadView {
        var head = HeadView()
        for (name, value) in fields { head.add(Array(name.utf8), Array(value.utf8)) }
        return head
    }

    private func value(_ head: HeadView, _ name: String) -> String? {
        head.value(named: Array(name.utf8)).map { head.text($0) }
    }

    private func rule(zipkin: Bool, _ change: (inout Tracing) -> Void = { _ in }) throws -> TraceRule {
        var tracing = Tracing()
        if zipkin {
            var config = ZipkinConfig()
            config.sharedSpanContext = false
            tracing.provider = .zipkin(config)
        } else {
            tracing.provider = .openTelemetry(OpenTelemetryConfig())
        }
        change(&tracing)
        return try #require(TraceRule(tracing))
    }

    private let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func continuesATraceparent() throws {
        var head = head([("traceparent", parent), ("tracestate", "a=1")])
        let rule = try rule(zipkin: false)
        let context = rule.begin(head) { 0x1234 }
        rule.write(context, &head)
        #expect(value(head, "traceparent") == "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000001235-01")
        #expect(value(head, "tracestate") == "a=1")
        #expect(context.parent == 0x00F0_67AA_0BA9_02B7)
    }

    @Test(arguments: [
        "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "00x4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ])
    func aBadTraceparentBeginsATrace(_ text: String) throws {
        let context = try rule(zipkin: false).begin(head([("traceparent", text)])) { 7 }
        #expect(context.traceHigh == 7)
        #expect(context.parent == nil)
    }

    @Test func readsALaterVersion() throws {
        let later = parent.replacing("00-4bf", with: "01-4bf") + "-more"
        #expect(TraceContext.readW3C(head([("traceparent", later)]))?.span == 0x00F0_67AA_0BA9_02B7)
    }

    @Test func theCallersDecisionStands() throws {
        let never = try rule(zipkin: false) { $0.randomSampling = 0 }
        let always = try rule(zipkin: false)
        let unsampled = parent.dropLast() + "0"
        #expect(never.begin(head([("traceparent", parent)])) { 5 }.isSampled)
        #expect(!always.begin(head([("traceparent", String(unsampled))])) { 5 }.isSampled)
    }

    @Test func samplingHasTheConfiguredShare() throws {
        let rule = try rule(zipkin: false) { $0.randomSampling = 12.5 }
        var number: UInt64 = 0
        let sampled = (0..<10_000).filter { turn in
            number = UInt64(turn)
            return rule.begin(HeadView()) { number }.isSampled
        }
        #expect(sampled.count == 1250)
    }

    @Test func continuesB3Headers() throws {
        var head = head([
            ("x-b3-traceid", "463ac35c9f6413ad"), ("x-b3-spanid", "a2fb4a1d1a96d312"), ("x-b3-sampled", "1"),
        ])
        let rule = try rule(zipkin: true)
        rule.write(rule.begin(head) { 8 }, &head)
        #expect(value(head, "x-b3-traceid") == "463ac35c9f6413ad")
        #expect(value(head, "x-b3-spanid") == "0000000000000009")
        #expect(value(head, "x-b3-parentspanid") == "a2fb4a1d1a96d312")
        #expect(value(head, "x-b3-sampled") == "1")
    }

    @Test func continuesTheSingleB3Header() throws {
        var head = head([("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0-05e3ac9a4f6e3b90")])
        let rule = try rule(zipkin: true)
        rule.write(rule.begin(head) { 8 }, &head)
        #expect(value(head, "b3") == nil)
        #expect(value(head, "x-b3-traceid") == "80f198ee56343ba864fe8b2a57d3eff7")
        #expect(value(head, "x-b3-parentspanid") == "e457b5a2e4d86bd1")
        #expect(value(head, "x-b3-sampled") == "0")
    }

    @Test func aSharedSpanKeepsTheCallersIDs() throws {
        let rule = try rule(zipkin: true) {
            $0.provider = .zipkin(ZipkinConfig())
        }
        var head = head([("x-b3-traceid", "463ac35c9f6413ad"), ("x-b3-spanid", "a2fb4a1d1a96d312")])
        rule.write(rule.begin(head) { 8 }, &head)
        #expect(value(head, "x-b3-spanid") == "a2fb4a1d1a96d312")
        #expect(value(head, "x-b3-sampled") == "1")
    }

    @Test func withoutAProviderNothingIsTraced() {
        #expect(TraceRule(Tracing()) == nil)
    }

    // MARK: Spans

    private func span(
        zipkin: Bool = true, _ change: (inout StreamRecord, inout HeadView) -> Void = { _, _ in }
    ) throws -> TraceSpan {
        var record = StreamRecord()
        record.startTime = WallTime(seconds: 1_700_000_000, nanoseconds: 1_500)
        record.end = record.start + .milliseconds(2)
        record.responseCode = 200
        var head = head([("host", "a.example"), ("x-forwarded-proto", "http")])
        head.setMethod(Array("get".utf8))
        head.setTarget(Array("/p".utf8))
        change(&record, &head)
        record.requestHead = head
        let context = TraceContext(traceHigh: 0, traceLow: 10, span: 11, parent: 12, isSampled: true)
        return TraceSpan(
            record, context, rule: try rule(zipkin: zipkin), node: NodeIdentity(id: "n", cluster: "c"))
    }

    private func tag(_ span: TraceSpan, _ name: String) -> String? {
        span.tags.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    @Test func aZipkinSpanIsJSON() throws {
        var text: [UInt8] = []
        let span = try span { _, head in head.add(Array("user-agent".utf8), [0x22, 0xFF, 0x5C]) }
        ZipkinSpans.append(span, serviceName: "quay \"1\"", to: &text)
        let tree = try JSON.parse(ZipkinSpans.body(text))[0]
        #expect(tree?["traceId"]?.string == "000000000000000a")
        #expect(tree?["id"]?.string == "000000000000000b")
        #expect(tree?["parentId"]?.string == "000000000000000c")
        #expect(tree?["timestamp"]?.int == 1_700_000_000_000_001)
        #expect(tree?["duration"]?.int == 2_000)
        #expect(tree?["shared"] == nil)
        #expect(tree?["localEndpoint"]?["serviceName"]?.string == "quay \"1\"")
        #expect(tree?["tags"]?["http.url"]?.string == "http://a.example/p")
        #expect(tree?["tags"]?["user_agent"]?.string == "\"\u{FFFD}\\")
    }

    @Test(arguments: [(0, false), (1, false), (2, true), (5, false), (13, true), (14, true), (16, false)])
    func aGRPCCallFailsByTheServersFault(_ status: Int, _ isFailed: Bool) throws {
        let span = try span { record, _ in
            record.isGRPC = true
            record.grpcStatus = status
        }
        #expect(span.isFailed == isFailed)
        #expect(tag(span, "grpc.status_code") == String(status))
        #expect(tag(span, "grpc.path") == "/p")
        #expect(tag(span, "error") == (isFailed ? "true" : nil))
    }

    @Test(arguments: [(0, true), (200, false), (404, false), (500, true), (503, true)])
    func aRequestFailsByTheServersFault(_ status: Int, _ isFailed: Bool) throws {
        #expect(try span { record, _ in record.responseCode = status }.isFailed == isFailed)
    }

    @Test func aSpanWithoutAHeadTellsWhatIsKnown() throws {
        let bare = TraceSpan(
            StreamRecord(), TraceContext(traceHigh: 1, traceLow: 2, span: 3, parent: nil, isSampled: true),
            rule: try rule(zipkin: false), node: NodeIdentity())
        var bytes: [UInt8] = []
        OTLPSpans.append(bare, to: &bytes)
        #expect(!OTLPSpans.body(bytes, serviceName: "s").isEmpty)
        #expect(tag(bare, "http.url") == nil && bare.isFailed)
    }
}
