import Bytes
import Testing

@testable import Gateway

/// Istio's standard metrics.
@Suite struct ServiceMetricsTests {
    @Test func readsTheServiceOfACluster() {
        let imported = ServiceName(cluster: "outbound|9080||details.bookinfo.svc.riga-imports.local")
        #expect(imported.peer == "riga")
        #expect(imported.name == "details")
        #expect(imported.namespace == "bookinfo")
        #expect(!imported.isInbound)
        let own = ServiceName(cluster: "inbound|9080||details.bookinfo.svc.cluster.local")
        #expect(own.isInbound)
        #expect(own.peer == nil)
        #expect(own.host == "details.bookinfo.svc.cluster.local")
        let other = ServiceName(cluster: "backend")
        #expect(other.host == "backend")
        #expect(other.namespace == "unknown")
    }

    @Test func anInboundCallIsReportedByItsDestination() {
        let key = ServiceKey(
            cluster: "inbound|9080||details.bookinfo.svc.cluster.local",
            principal: "spiffe://lubeck.local/ns/a/sa/b", responseCode: 503, flags: [.noHealthyUpstream])
        let labels = Dictionary(uniqueKeysWithValues: key.requestLabels(mesh: "riga"))
        #expect(labels["reporter"] == "destination")
        #expect(labels["source_mesh"] == "lubeck.local")
        #expect(labels["destination_mesh"] == "riga")
        #expect(labels["connection_security_policy"] == "mutual_tls")
        #expect(labels["response_flags"] == "UH")
        #expect(labels["response_code"] == "503")
    }

    @Test func anOutboundCallIsReportedByItsSource() {
        let key = ServiceKey(
            cluster: "outbound|9080||details.bookinfo.svc.riga-imports.local", responseCode: 200)
        let labels = Dictionary(uniqueKeysWithValues: key.requestLabels(mesh: "lubeck"))
        #expect(labels["reporter"] == "source")
        #expect(labels["source_mesh"] == "lubeck")
        #expect(labels["destination_mesh"] == "riga")
        #expect(labels["destination_service_name"] == "details")
    }

    @Test func bucketsAreCumulative() {
        var record = StreamRecord()
        record.end = Instant(nanoseconds: 7_000_000)
        var table = ServiceTable()
        table.add(ServiceKey(cluster: "c", responseCode: 200), record)
        record.end = Instant(nanoseconds: 400_000)
        table.add(ServiceKey(cluster: "c", responseCode: 200), record)
        var whole = table
        whole.merge(table)
        var text = PrometheusText()
        text.add(whole, mesh: "m")
        let lines = text.text.split(separator: "\n")
        func value(_ start: String, _ label: String) -> Substring? {
            lines.first { $0.hasPrefix(start) && $0.contains(label) }?.split(separator: " ").last
        }
        #expect(value("istio_requests_total", "") == "4")
        #expect(value("istio_request_duration_milliseconds_bucket", "le=\"0.5\"") == "2")
        #expect(value("istio_request_duration_milliseconds_bucket", "le=\"5\"") == "2")
        #expect(value("istio_request_duration_milliseconds_bucket", "le=\"10\"") == "4")
        #expect(value("istio_request_duration_milliseconds_bucket", "le=\"+Inf\"") == "4")
        #expect(value("istio_request_duration_milliseconds_sum", "") == "14.8")
        #expect(lines.contains("# TYPE istio_request_duration_milliseconds histogram"))
    }

    @Test func tooManySeriesAreNotToldApart() {
        var table = ServiceTable()
        for number in 0..<ServiceTable.maxSeries + 5 {
            table.add(ServiceKey(cluster: "c", principal: "p\(number)")) { $0.opened += 1 }
        }
        #expect(table.connections.count == ServiceTable.maxSeries + 1)
        #expect(table.connections[ServiceKey(cluster: "c")]?.opened == 5)
    }
}
