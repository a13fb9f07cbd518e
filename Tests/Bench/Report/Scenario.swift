/// What is measured, one window at a time.
enum Scenario: String, CaseIterable, Codable {
    case http, one, body64k, h2, grpc, connections = "tls-conn", bulk, bulkHTTP = "bulk-http", idle, rest

    /// Which traffic of the pair it uses; nil when only the processes are looked at.
    var lane: Lane? {
        switch self {
        case .http, .one, .body64k, .bulkHTTP: .http
        case .connections, .bulk, .idle: .tcp
        case .h2: .h2
        case .grpc: .grpc
        case .rest: nil
        }
    }

    var title: String {
        switch self {
        case .http: "HTTP/1.1, 64 connections, 1 KiB"
        case .one: "HTTP/1.1, 1 connection, 1 KiB"
        case .body64k: "HTTP/1.1, 16 connections, 64 KiB"
        case .h2: "HTTP/2 between the gateways, 64 clients"
        case .grpc: "gRPC unary, 64 at a time"
        case .connections: "a new mTLS tunnel per request"
        case .bulk: "bulk through a tunnel"
        case .bulkHTTP: "bulk as HTTP bodies"
        case .idle: "2,000 idle tunnels"
        case .rest: "the pair at rest"
        }
    }

    /// The figure that is compared.
    var unit: String {
        switch self {
        case .bulk, .bulkHTTP: "CPU s/GB"
        case .idle: "KiB/tunnel"
        case .rest: "MiB"
        default: "CPU us/request"
        }
    }

    /// The ratios asked for: to Envoy, and to the better of nginx and HAProxy.
    var target: (envoy: Double?, others: Double?) {
        switch self {
        case .http: (0.30, 0.75)
        case .connections: (0.70, 0.55)
        case .bulk: (1.1, 0.85)
        case .h2: (0.35, 1.0)
        case .idle: (0.60, 0.60)
        default: (nil, nil)
        }
    }

    /// A client for this scenario; nil for those without traffic of their own.
    func load(_ ports: [Lane: UInt16], tunnels: Int) -> (any Load)? {
        guard let lane, let port = ports[lane] else { return nil }
        var settings = HTTPLoad.Settings(port: port, host: lane.name, path: "/1k", connections: 64)
        switch self {
        case .http, .h2: break
        case .one: settings.connections = 1
        case .body64k:
            settings.connections = 16
            settings.path = "/64k"
        case .connections:
            settings.connections = 8
            settings.isFresh = true
        case .bulk, .bulkHTTP:
            settings.connections = 4
            settings.path = "/bytes/67108864"
        case .idle:
            settings.connections = tunnels
            settings.holdsAfterFirst = true
            settings.ramp = 32
        case .grpc:
            return GRPCLoad(.init(port: port, authority: lane.name, connections: 4, streamsPerConnection: 16))
        case .rest: return nil
        }
        return HTTPLoad(settings)
    }
}

/// One window of one contender.
struct Sample: Codable {
    var contender: Contender
    var scenario: Scenario
    var round: Int
    /// In the scenario's unit.
    var figure: Double
    var requestsPerSecond: Double?
    var megabytesPerSecond: Double?
    var p50Microseconds: Double?
    var p99Microseconds: Double?
    var residentMegabytes: Double
    var failures: Int
}
