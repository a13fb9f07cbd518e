/// The Prometheus text format, version 0.0.4.
struct PrometheusText {
    private var families: [String: (type: String, lines: [String])] = [:]

    /// Adds a sample.
    mutating func add(_ metric: String, type: String, _ labels: [(String, String)], _ value: Int64) {
        add(family: metric, type: type, metric, labels, String(value))
    }

    /// Adds a histogram: cumulative buckets, sum and count.
    mutating func add(_ metric: String, _ labels: [(String, String)], _ histogram: Histogram) {
        var total: Int64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bound = index < Histogram.bounds.count ? Self.number(Histogram.bounds[index]) : "+Inf"
            add(
                family: metric, type: "histogram", metric + "_bucket", labels + [("le", bound)],
                String(total))
        }
        add(family: metric, type: "histogram", metric + "_sum", labels, Self.number(histogram.sum))
        add(family: metric, type: "histogram", metric + "_count", labels, String(total))
    }

    private mutating func add(
        family: String, type: String, _ metric: String, _ labels: [(String, String)], _ value: String
    ) {
        let text = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        let braced = text.isEmpty ? "" : "{\(text)}"
        families[family, default: (type, [])].lines.append("\(metric)\(braced) \(value)")
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\", "\"": result += "\\\(character)"
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }

    /// Of Istio's standard metrics; Envoy has none for its own.
    private static let help = [
        "istio_requests_total": "Requests that have ended.",
        "istio_request_duration_milliseconds": "Time from a request's first byte to its answer's last.",
        "istio_request_bytes": "Bytes of request bodies.",
        "istio_response_bytes": "Bytes of response bodies.",
        "istio_tcp_connections_opened_total": "TCP connections that were begun.",
        "istio_tcp_connections_closed_total": "TCP connections that have ended.",
        "istio_tcp_sent_bytes_total": "Bytes sent to clients of TCP connections.",
        "istio_tcp_received_bytes_total": "Bytes received from clients of TCP connections.",
    ]

    /// All families by name; the lines of a histogram stay in order.
    var text: String {
        var result = ""
        for (metric, family) in families.sorted(by: { $0.key < $1.key }) {
            if let help = Self.help[metric] { result += "# HELP \(metric) \(help)\n" }
            result += "# TYPE \(metric) \(family.type)\n"
            for line in family.type == "histogram" ? family.lines : family.lines.sorted() {
                result += line + "\n"
            }
        }
        return result
    }
}

extension PrometheusText {
    /// Adds the counters under Envoy's names.
    mutating func add(_ table: StatTable) {
        for (key, value) in table.values {
            let (metric, labels) = key.prometheus
            add(metric, type: key.isGauge ? "gauge" : "counter", labels, value)
        }
    }

    /// Adds Istio's standard metrics; `mesh` is this process's own.
    mutating func add(_ table: ServiceTable, mesh: String) {
        for (key, series) in table.requests {
            let labels = key.requestLabels(mesh: mesh)
            add("istio_requests_total", type: "counter", labels, series.requests)
            add("istio_request_duration_milliseconds", labels, series.milliseconds)
            add("istio_request_bytes", labels, series.requestBytes)
            add("istio_response_bytes", labels, series.responseBytes)
        }
        for (key, series) in table.connections {
            let labels = key.connectionLabels(mesh: mesh)
            add("istio_tcp_connections_opened_total", type: "counter", labels, series.opened)
            add("istio_tcp_connections_closed_total", type: "counter", labels, series.closed)
            add("istio_tcp_sent_bytes_total", type: "counter", labels, series.sentBytes)
            add("istio_tcp_received_bytes_total", type: "counter", labels, series.receivedBytes)
        }
    }
}
