/// What a counter is about, in Envoy's terms.
enum StatScope: Hashable, Sendable {
    case cluster(String)
    case http(String)
    case tcp(String)
    case listener(String)
    case process(String)

    static func + (scope: StatScope, name: String) -> StatKey { StatKey(scope: scope, name: name) }

    fileprivate var prefix: String {
        switch self {
        case .cluster(let name): "cluster.\(name)."
        case .http(let prefix): "http.\(prefix)."
        case .tcp(let prefix): "tcp.\(prefix)."
        case .listener(let address): "listener.\(address)."
        case .process(let name): "\(name)."
        }
    }
}

/// A counter's name.
struct StatKey: Hashable, Sendable {
    let scope: StatScope
    let name: String

    /// `cluster.<name>.upstream_cx_total`.
    var text: String { scope.prefix + name }

    /// The metric and its labels as Prometheus has them.
    var prometheus: (metric: String, labels: [(String, String)]) {
        var labels: [(String, String)] = []
        var family: String
        switch scope {
        case .cluster(let name):
            family = "cluster_"
            labels.append(("envoy_cluster_name", name))
        case .http(let prefix):
            family = "http_"
            labels.append(("envoy_http_conn_manager_prefix", prefix))
        case .tcp(let prefix):
            family = "tcp_"
            labels.append(("envoy_tcp_prefix", prefix))
        case .listener(let address):
            family = "listener_"
            labels.append(("envoy_listener_address", address))
        case .process(let name): family = name + "_"
        }
        var metric = name
        if metric.hasSuffix("xx"), let digit = metric.dropLast(2).last, digit.isNumber {
            metric = String(metric.dropLast(3)) + "xx"
            labels.append(("envoy_response_code_class", String(digit)))
        }
        family += metric
        return ("envoy_" + String(family.map { $0.isLetter || $0.isNumber ? $0 : "_" }), labels)
    }

    /// Whether the value can fall.
    var isGauge: Bool {
        name.hasSuffix("_active") || name == "active_clusters" || name == "warming_clusters"
            || name == "connected_state" || name.hasPrefix("membership_") || name.hasPrefix("total_")
            || name == "live" || name == "health_check.healthy"
            || name == "uptime" || name == "concurrency"
    }
}

/// Counters of one worker; read by asking the worker and summed over all.
struct StatTable: Sendable {
    private(set) var values: [StatKey: Int64] = [:]

    mutating func add(_ key: StatKey, _ value: Int64) { values[key, default: 0] += value }

    mutating func merge(_ other: StatTable) {
        for (key, value) in other.values { values[key, default: 0] += value }
    }
}

/// What one HTTP connection manager counted on one worker.
final class HTTPStats {
    var connections: Int64 = 0
    var activeConnections: Int64 = 0
    var requests: Int64 = 0
    var http1Requests: Int64 = 0
    var http2Requests: Int64 = 0
    var activeRequests: Int64 = 0
    var byClass: [Int64] = [0, 0, 0, 0, 0, 0]
    var receivedBytes: Int64 = 0
    var sentBytes: Int64 = 0
    var rejected: Int64 = 0
    var timeouts: Int64 = 0
    var idleTimeouts: Int64 = 0
    var resets: Int64 = 0
    var denied: Int64 = 0
    var allowed: Int64 = 0

    func append(_ prefix: String, to table: inout StatTable) {
        let base = StatScope.http(prefix)
        table.add(base + "downstream_cx_total", connections)
        table.add(base + "downstream_cx_active", activeConnections)
        table.add(base + "downstream_cx_rx_bytes_total", receivedBytes)
        table.add(base + "downstream_cx_tx_bytes_total", sentBytes)
        table.add(base + "downstream_cx_protocol_error", rejected)
        table.add(base + "downstream_rq_total", requests)
        table.add(base + "downstream_rq_http1_total", http1Requests)
        table.add(base + "downstream_rq_http2_total", http2Requests)
        table.add(base + "downstream_rq_active", activeRequests)
        for (number, count) in byClass.enumerated() where number > 0 {
            table.add(base + "downstream_rq_\(number)xx", count)
        }
        table.add(base + "downstream_rq_completed", byClass.reduce(0, +))
        table.add(base + "downstream_rq_timeout", timeouts)
        table.add(base + "downstream_rq_idle_timeout", idleTimeouts)
        table.add(base + "downstream_rq_rx_reset", resets)
        table.add(base + "rbac.allowed", allowed)
        table.add(base + "rbac.denied", denied)
    }
}

/// What one TCP proxy counted on one worker.
final class TCPStats {
    var connections: Int64 = 0
    var activeConnections: Int64 = 0
    var noRoute: Int64 = 0
    var denied: Int64 = 0
    var receivedBytes: Int64 = 0
    var sentBytes: Int64 = 0

    func append(_ prefix: String, to table: inout StatTable) {
        let base = StatScope.tcp(prefix)
        table.add(base + "downstream_cx_total", connections)
        table.add(base + "downstream_cx_active", activeConnections)
        table.add(base + "downstream_cx_no_route", noRoute)
        table.add(base + "downstream_cx_rx_bytes_total", receivedBytes)
        table.add(base + "downstream_cx_tx_bytes_total", sentBytes)
        table.add(base + "rbac.denied", denied)
    }
}

/// What one listener counted on one worker.
final class ListenerStats {
    var connections: Int64 = 0
    var activeConnections: Int64 = 0
    var noFilterChain: Int64 = 0
    var handshakes: Int64 = 0
    var handshakeFailures: Int64 = 0
    var inspectTimeouts: Int64 = 0
    var overload: Int64 = 0

    func append(_ address: String, to table: inout StatTable) {
        let base = StatScope.listener(address)
        table.add(base + "downstream_cx_total", connections)
        table.add(base + "downstream_cx_active", activeConnections)
        table.add(base + "no_filter_chain_match", noFilterChain)
        table.add(base + "ssl.handshake", handshakes)
        table.add(base + "ssl.connection_error", handshakeFailures)
        table.add(base + "downstream_pre_cx_timeout", inspectTimeouts)
        table.add(base + "downstream_cx_overload_reject", overload)
    }
}

/// What one cluster counted on one worker.
final class ClusterStats {
    var connections: Int64 = 0
    var activeConnections: Int64 = 0
    var connectFailures: Int64 = 0
    var connectTimeouts: Int64 = 0
    var connectAttemptsExceeded: Int64 = 0
    var requests: Int64 = 0
    var activeRequests: Int64 = 0
    var byClass: [Int64] = [0, 0, 0, 0, 0, 0]
    var pendingOverflow: Int64 = 0
    var connectionOverflow: Int64 = 0
    var requestOverflow: Int64 = 0
    var noHealthy: Int64 = 0
    var retries: Int64 = 0
    var retrySuccesses: Int64 = 0
    var retryOverflow: Int64 = 0
    var timeouts: Int64 = 0
    var perTryTimeouts: Int64 = 0
    var resets: Int64 = 0
    var mirrored: Int64 = 0
    var mirrorsDropped: Int64 = 0
    var handshakes: Int64 = 0
    var handshakeFailures: Int64 = 0
    var receivedBytes: Int64 = 0
    var sentBytes: Int64 = 0

    func append(_ name: String, to table: inout StatTable) {
        let base = StatScope.cluster(name)
        table.add(base + "upstream_cx_total", connections)
        table.add(base + "upstream_cx_active", activeConnections)
        table.add(base + "upstream_cx_connect_fail", connectFailures)
        table.add(base + "upstream_cx_connect_timeout", connectTimeouts)
        table.add(base + "upstream_cx_connect_attempts_exceeded", connectAttemptsExceeded)
        table.add(base + "upstream_cx_overflow", connectionOverflow)
        table.add(base + "upstream_cx_none_healthy", noHealthy)
        table.add(base + "upstream_cx_rx_bytes_total", receivedBytes)
        table.add(base + "upstream_cx_tx_bytes_total", sentBytes)
        table.add(base + "upstream_rq_total", requests)
        table.add(base + "upstream_rq_active", activeRequests)
        for (number, count) in byClass.enumerated() where number > 0 {
            table.add(base + "upstream_rq_\(number)xx", count)
        }
        table.add(base + "upstream_rq_completed", byClass.reduce(0, +))
        table.add(base + "upstream_rq_pending_overflow", pendingOverflow)
        table.add(base + "upstream_rq_active_overflow", requestOverflow)
        table.add(base + "upstream_rq_retry", retries)
        table.add(base + "upstream_rq_retry_success", retrySuccesses)
        table.add(base + "upstream_rq_retry_overflow", retryOverflow)
        table.add(base + "upstream_rq_timeout", timeouts)
        table.add(base + "upstream_rq_per_try_timeout", perTryTimeouts)
        table.add(base + "upstream_rq_rx_reset", resets)
        table.add(base + "upstream_rq_mirrored", mirrored)
        table.add(base + "upstream_rq_mirror_dropped", mirrorsDropped)
        table.add(base + "ssl.handshake", handshakes)
        table.add(base + "ssl.connection_error", handshakeFailures)
    }
}
