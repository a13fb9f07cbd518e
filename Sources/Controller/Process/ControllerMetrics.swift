internal import Federation
internal import HTTPService
internal import XDS

/// What a controller counts.
struct ControllerMetrics {
    var passes = 0
    var failures = 0
    var lastPass: Duration = .zero
}

extension MeshController {
    /// Port 15014: `/healthz`, `/livez`, `/readyz`, `/metrics`.
    func monitor(_ request: HTTPRequest) async -> HTTPResponse {
        switch request.path {
        case "/healthz", "/livez": return .text("ok")
        case "/readyz", "/ready":
            let isReady = await cache.snapshot().isComplete
            return .text(
                isReady ? "ok" : "not ready: the stored objects are still being read\n",
                status: isReady ? 200 : 503)
        case "/metrics":
            return .text(await exposition())
        default: return .text("404 page not found\n", status: 404)
        }
    }

    private func exposition() async -> String {
        let nodes = await hub.statuses()
        let connected = watchStatuses.values.filter(\.connected).count
        let rows: [(name: String, type: String, value: String)] = [
            ("hanse_reconcile_passes_total", "counter", "\(metrics.passes)"),
            ("hanse_reconcile_failures_total", "counter", "\(metrics.failures)"),
            ("hanse_reconcile_last_pass_seconds", "gauge", "\(metrics.lastPass / .seconds(1))"),
            ("hanse_peers", "gauge", "\(importedPeers.count)"),
            ("hanse_peers_connected", "gauge", "\(connected)"),
            ("hanse_gateway_nodes", "gauge", "\(nodes.count)"),
            ("hanse_gateway_nodes_settled", "gauge", "\(nodes.filter(\.isSettled).count)"),
            ("hanse_gateway_config_rejected", "gauge", "\(nodes.reduce(0) { $0 + $1.refusals.count })"),
        ]
        return rows.map { "# TYPE \($0.name) \($0.type)\n\($0.name) \($0.value)\n" }.joined()
    }
}
