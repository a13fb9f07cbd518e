internal import Bytes
internal import EnvoyConfig

/// A listener ready to accept: chains by server name, each with its filters.
final class CompiledListener: Sendable {
    let config: Listener
    let address: SocketAddress
    let table: FilterChainTable
    let chains: [CompiledChain]
    let accessLogs: [LogFormat]

    var name: String { config.name }

    init(config: Listener, address: SocketAddress, chains: [CompiledChain], accessLogs: [LogFormat]) {
        self.config = config
        self.address = address
        self.chains = chains
        self.accessLogs = accessLogs
        table = FilterChainTable(serverNames: config.filterChains.map(\.serverNames))
    }
}

/// A filter chain: what a connection goes through.
final class CompiledChain: Sendable {
    enum Terminal: Sendable {
        case http(HTTPSettings)
        case tcp(TCPSettings)
    }

    let config: FilterChain
    let tls: ServerTLSSlot?
    let networkRules: [AccessRules]
    let terminal: Terminal

    init(config: FilterChain, tls: ServerTLSSlot?, networkRules: [AccessRules], terminal: Terminal) {
        self.config = config
        self.tls = tls
        self.networkRules = networkRules
        self.terminal = terminal
    }
}

extension CompiledChain {
    /// How a chain differs from the one it replaces, where both let the same clients in.
    enum Change: Equatable {
        /// In routes, HTTP filters and logs alone, which are looked up for each request.
        case rules
        /// In limits or timeouts too, which a connection keeps.
        case limits
    }

    /// Nil where other clients may be let in, or something else than HTTP is served.
    func change(from old: CompiledChain) -> Change? {
        guard config.transportSocket == old.config.transportSocket, !namesDeliveredSecrets,
            config.filters.dropLast() == old.config.filters.dropLast(),
            case .http(let settings) = terminal, case .http(let before) = old.terminal
        else { return nil }
        var manager = before.config
        manager.routes = settings.config.routes
        manager.httpFilters = settings.config.httpFilters
        manager.accessLog = settings.config.accessLog
        return manager == settings.config ? .rules : .limits
    }

    /// Whether its certificates or trust are delivered by name, so that equal settings may mean another trust.
    private var namesDeliveredSecrets: Bool {
        func isDelivered(_ config: SDSSecretConfig) -> Bool {
            if case .path = config.sdsConfig.specifier { return false }
            return true
        }
        guard let common = config.transportSocket?.common else { return false }
        if case .sds(let config) = common.certificate, isDelivered(config) { return true }
        switch common.validation {
        case .sds(let config), .combined(_, let config): return isDelivered(config)
        case .inline, nil: return false
        }
    }
}

/// A compiled HTTP connection manager.
final class HTTPSettings: Sendable {
    enum Routes: Sendable {
        case inline(RouteTable)
        /// Looked up in the current snapshot for each request.
        case named(String)
    }

    enum Filter: Sendable {
        case rbac(AccessRules)
        case cors
        case fault(HTTPFault)
    }

    let config: HTTPConnectionManager
    let routes: Routes
    let filters: [Filter]
    let accessLogs: [LogFormat]
    let normalizer: PathNormalizer
    let serverName: [UInt8]
    let port: UInt16
    /// Nil where nothing is traced.
    let trace: TraceRule?
    /// Whether our end of an upstream connection is worth asking the kernel for.
    let logsUpstreamLocalAddress: Bool

    init(
        config: HTTPConnectionManager, routes: Routes, filters: [Filter], accessLogs: [LogFormat],
        port: UInt16
    ) {
        self.config = config
        self.routes = routes
        self.filters = filters
        self.accessLogs = accessLogs
        logsUpstreamLocalAddress = accessLogs.contains { $0.uses(.upstreamLocalAddress) }
        self.port = port
        trace = config.tracing.flatMap { TraceRule($0) }
        serverName = Array((config.serverName ?? "hanse").utf8)
        var normalizer = PathNormalizer()
        normalizer.normalizes = config.normalizePath
        normalizer.mergesSlashes = config.mergeSlashes
        normalizer.rejectsEscapedSlashes = config.pathWithEscapedSlashesAction == .rejectRequest
        self.normalizer = normalizer
    }
}

/// A compiled TCP proxy.
final class TCPSettings: Sendable {
    let config: TCPProxy
    let accessLogs: [LogFormat]
    let logsUpstreamLocalAddress: Bool
    private let targets: [(name: String, weight: UInt64)]
    private let totalWeight: UInt64

    init(config: TCPProxy, accessLogs: [LogFormat]) {
        self.config = config
        self.accessLogs = accessLogs
        logsUpstreamLocalAddress = accessLogs.contains { $0.uses(.upstreamLocalAddress) }
        switch config.destination {
        case .cluster(let name): targets = [(name, 1)]
        case .weightedClusters(let clusters): targets = clusters.map { ($0.name, UInt64($0.weight)) }
        }
        totalWeight = targets.reduce(0) { $0 + $1.weight }
    }

    /// The cluster that `random` falls on, drawn per connection.
    func cluster(random: UInt64) -> String {
        guard totalWeight > 0 else { return targets.first?.name ?? "" }
        var left = random % totalWeight
        for target in targets {
            if left < target.weight { return target.name }
            left -= target.weight
        }
        return ""
    }
}
