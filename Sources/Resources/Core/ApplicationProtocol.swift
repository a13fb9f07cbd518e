/// What a service port speaks, under Istio's names.
public enum ApplicationProtocol: String, Hashable, Sendable, CaseIterable {
    /// HTTP/1.1.
    case http = "HTTP"
    /// HTTP/2 without TLS.
    case http2 = "HTTP2"
    /// gRPC over HTTP/2.
    case grpc = "GRPC"
    /// gRPC-Web.
    case grpcWeb = "GRPC-Web"
    /// HTTP over TLS the application does itself.
    case https = "HTTPS"
    /// TLS the application does itself.
    case tls = "TLS"
    /// Bytes.
    case tcp = "TCP"
    /// MongoDB.
    case mongo = "Mongo"
    /// MySQL.
    case mysql = "MySQL"
    /// Redis.
    case redis = "Redis"
    /// Datagrams; never federated.
    case udp = "UDP"
    /// HTTP tunnels of ambient meshes.
    case hbone = "HBONE"
    /// An HTTP proxy.
    case httpProxy = "HTTP_PROXY"
    /// Nothing declared: treated as bytes.
    case unsupported = "UnsupportedProtocol"

    /// Decides as Istio does: UDP by transport, then `appProtocol`, then the part of the name before the first `-`; a
    /// few well-known ports are TCP when nothing is declared.
    public init(portName: String, appProtocol: String?, port: Int, transport: String) {
        if transport == "UDP" {
            self = .udp
            return
        }
        let name = (appProtocol ?? portName).lowercased()
        switch appProtocol {
        case "kubernetes.io/h2c":
            self = .http2
            return
        case "kubernetes.io/ws":
            self = .http
            return
        case "kubernetes.io/wss":
            self = .https
            return
        default: break
        }
        if name.hasPrefix("grpc-web") {
            self = .grpcWeb
            return
        }
        let prefix = name.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parsed = ApplicationProtocol(name: prefix)
        let isWellKnown = [25, 53, 3306, 27017].contains(port)
        self = parsed == .unsupported && isWellKnown ? .tcp : parsed
    }

    /// Reads a protocol name in any case, as ServiceEntry and Gateway ports have it.
    public init(name: some StringProtocol) {
        switch name.lowercased() {
        case "http": self = .http
        case "http2": self = .http2
        case "grpc": self = .grpc
        case "grpc-web", "grpcweb": self = .grpcWeb
        case "https": self = .https
        case "tls": self = .tls
        case "tcp": self = .tcp
        case "mongo": self = .mongo
        case "mysql": self = .mysql
        case "redis": self = .redis
        case "udp": self = .udp
        case "hbone": self = .hbone
        case "http_proxy": self = .httpProxy
        default: self = .unsupported
        }
    }

    /// True when the gateway reads requests rather than bytes.
    public var isHTTP: Bool {
        switch self {
        case .http, .http2, .grpc, .grpcWeb, .httpProxy: true
        case .https, .tls, .tcp, .mongo, .mysql, .redis, .udp, .hbone, .unsupported: false
        }
    }

    /// True when requests are HTTP/2.
    public var isHTTP2: Bool { self == .http2 || self == .grpc }

    /// True when the application brings its own TLS.
    public var isTLS: Bool { self == .tls || self == .https }
}
