internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import TLS

/// Who uses an upstream connection: a pool's protocol, a tunnel or a check.
protocol UpstreamUser: AnyObject {
    /// The connection is up and yours.
    func upstreamReady(_ connection: UpstreamConnection)
    /// No connection could be made; nothing was sent.
    func upstreamUnavailable(_ failure: UpstreamFailure)
    /// Bytes arrived, or the input ended.
    func upstreamReadable(_ connection: UpstreamConnection)
    /// Everything written is on its way.
    func upstreamDrained(_ connection: UpstreamConnection)
    /// The connection broke.
    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure)
}

/// Why there is no upstream connection.
enum UpstreamFailure: Equatable {
    case noCluster
    case noEndpoint
    case overflow
    case connect(reason: String, isTimeout: Bool, isTLS: Bool)
}

/// One connection to an endpoint.
final class UpstreamConnection: WireOwner {
    let address: SocketAddress
    private(set) var wire: Wire?
    /// Strong: who made it or speaks on it.
    var user: (any UpstreamUser)?
    /// Whether it counts as a request or tunnel of its endpoint.
    var isLeased = false
    /// Whether its request was taken from the breaker's.
    var isCounted = false
    /// Made for HTTP/1.1, whatever else the cluster speaks.
    private let isHTTP1Only: Bool
    /// Told once when the connection is gone, whoever closed it.
    private var onGone: ((UpstreamConnection) -> Void)?
    private let loop: EventLoop
    private let cluster: CompiledCluster
    private let stats: ClusterStats
    private var attempt: ConnectAttempt?
    private var timer: LoopTimer?
    private var isReady = false

    init(
        loop: EventLoop, cluster: CompiledCluster, stats: ClusterStats, address: SocketAddress,
        isHTTP1Only: Bool = false, onGone: @escaping (UpstreamConnection) -> Void
    ) {
        self.isHTTP1Only = isHTTP1Only
        self.loop = loop
        self.cluster = cluster
        self.stats = stats
        self.address = address
        self.onGone = onGone
    }

    /// Starts to connect; the user learns of the outcome later, never inside this call.
    func connect() {
        stats.connections += 1
        stats.activeConnections += 1
        let timer = loop.makeTimer { [unowned self] in
            connectFailed("connection timeout", isTimeout: true)
        }
        timer.arm(at: loop.now() + cluster.config.connectTimeout)
        self.timer = timer
        attempt = TCPConnector.connect(
            loop: loop, address: address, timeout: cluster.config.connectTimeout + .seconds(1)
        ) { result in
            // The attempt keeps this connection alive until it is decided.
            self.connected(result)
        }
    }

    private func connected(_ result: consuming ConnectResult) {
        attempt = nil
        switch consume result {
        case .failed(let error):
            connectFailed("delayed connect error: \(error.code)", isTimeout: error == .timedOut)
        case .connected(let socket):
            do {
                let wire = try Wire(loop: loop, socket: socket, peer: address)
                if let keepalive = cluster.config.tcpKeepalive {
                    wire.setKeepAlive(
                        idle: .seconds(Int64(keepalive.time ?? 7200)),
                        interval: .seconds(Int64(keepalive.interval ?? 75)), count: Int(keepalive.probes ?? 9)
                    )
                }
                wire.owner = self
                self.wire = wire
                guard let material = cluster.tls?.material else { return ready() }
                let context = isHTTP1Only ? material.upgradeContext ?? material.context : material.context
                let session = try TLSSession(
                    client: context, sni: cluster.sni, endpoint: address.description)
                wire.secure(session)
            } catch {
                connectFailed("\(error)", isTimeout: false)
            }
        }
    }

    private func ready() {
        timer?.disarm()
        timer = nil
        isReady = true
        user?.upstreamReady(self)
    }

    private func connectFailed(_ reason: String, isTimeout: Bool, isTLS: Bool = false) {
        stats.connectFailures += 1
        if isTimeout { stats.connectTimeouts += 1 }
        let user = user
        close()
        user?.upstreamUnavailable(.connect(reason: reason, isTimeout: isTimeout, isTLS: isTLS))
    }

    /// Whether HTTP/2 is spoken on it: by configuration, or by what the handshake agreed on.
    var isHTTP2: Bool {
        switch cluster.config.httpProtocol {
        case .http2: !isHTTP1Only
        case .automatic: wire?.session?.alpn == "h2"
        case .http1, nil: false
        }
    }

    var isOpen: Bool { wire?.isOpen ?? (attempt != nil) }

    /// Closes; the user is not told.
    func close() {
        user = nil
        timer?.disarm()
        timer = nil
        attempt?.cancel()
        attempt = nil
        wire?.close()
        gone()
    }

    /// Closes in order when all is sent.
    func closeAfterFlush() {
        user = nil
        wire?.closeAfterFlush()
        gone()
    }

    private func gone() {
        guard let onGone else { return }
        self.onGone = nil
        stats.activeConnections -= 1
        onGone(self)
    }

    // MARK: The wire

    func wireSecured(_ wire: Wire) {
        stats.handshakes += 1
        ready()
    }

    func wireReadable(_ wire: Wire) {
        guard let user, isReady else {
            // An idle connection has nothing to say: data is garbage, an end is the end.
            if isReady || wire.isInputEnded { close() }
            return
        }
        user.upstreamReadable(self)
    }

    func wireDrained(_ wire: Wire) { user?.upstreamDrained(self) }

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        guard isReady else {
            switch failure {
            case .network(let error): connectFailed("delayed connect error: \(error.code)", isTimeout: false)
            case .tls(let error):
                stats.handshakeFailures += 1
                connectFailed("TLS_error: \(error.message)", isTimeout: false, isTLS: true)
            }
            return
        }
        if case .tls = failure { stats.handshakeFailures += 1 }
        let user = user
        close()
        user?.upstreamBroken(self, failure)
    }
}
