internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// A client's HTTP/1.1 connection: one request at a time, the next only after the answer is out.
final class HTTPSession: ConnectionTerminal {
    let connection: ClientConnection
    let settings: HTTPSettings
    let stats: HTTPStats
    private let limits: HTTP1Limits
    private var scanner = HeadScanner()
    private var exchange: Exchange?
    private var deadlines = Deadlines()
    private var timer: LoopTimer?
    private var armedAt: Instant?
    private var requests = 0
    private var isDraining = false
    private var isEnded = false
    private var isContinuing = false
    /// Of the client's certificate; made once.
    private(set) lazy var clientCertText = ForwardedIdentity.text(connection)

    init(connection: ClientConnection, settings: HTTPSettings) {
        self.connection = connection
        self.settings = settings
        stats = connection.worker.httpStats(settings.config.statPrefix)
        var limits = HTTP1Limits()
        limits.maxHeadBytes = Int(settings.config.maxRequestHeadersKB) * 1024
        limits.maxTargetBytes = limits.maxHeadBytes
        limits.maxHeaders = Int(settings.config.commonHTTPProtocolOptions.maxHeadersCount)
        self.limits = limits
    }

    var worker: Worker { connection.worker }
    var wire: Wire { connection.wire }
    var isTLS: Bool { connection.wire.session != nil }

    func start() {
        stats.connections += 1
        stats.activeConnections += 1
        armIdle()
        if !wire.input.isEmpty || wire.isInputEnded { wireReadable(wire) }
    }

    func drain() {
        isDraining = true
        // Where time is not short an idle client may be about to ask: its next answer says that it is the last.
        if exchange == nil, !isEnded, scannedNothing, !connection.drainsPatiently { end(orderly: true) }
    }

    private var scannedNothing: Bool { wire.input.isEmpty }

    /// Whether the answer under way is the last on this connection.
    var closesAfterResponse: Bool {
        if isDraining { return true }
        if let most = settings.config.commonHTTPProtocolOptions.maxRequestsPerConnection, most > 0 {
            return requests >= Int(most)
        }
        return false
    }

    // MARK: Reading

    func wireReadable(_ wire: Wire) {
        guard !isEnded else { return }
        if let exchange {
            if wire.isInputEnded, !exchange.isUpgraded {
                // A client that ends its side has left, as far as HTTP/1.1 proxies are concerned.
                return exchange.clientLeft()
            }
            return exchange.clientReadable()
        }
        readHead()
    }

    private func readHead() {
        guard exchange == nil, !isEnded else { return }
        if wire.input.isEmpty {
            if wire.isInputEnded { end(orderly: true) }
            return
        }
        let head: HeadView?
        do throws(HTTPError) {
            head = try wire.input.withReadable { (span) throws(HTTPError) -> HeadView? in
                guard let range = try scanner.scan(span, limit: limits.maxHeadBytes) else { return nil }
                var view = HeadView()
                try view.parseRequest(span.extracting(range), limits: limits)
                headEnd = range.upperBound
                return view
            }
        } catch {
            return refuse(error)
        }
        guard let head else {
            if wire.isInputEnded { return end(orderly: true) }
            if deadlines.next == nil || !isReadingHead {
                isReadingHead = true
                clear(.idle)
                let timeout = settings.config.requestHeadersTimeout
                if timeout > .zero { set(.header, after: timeout) }
            }
            return
        }
        isReadingHead = false
        clear(.header)
        clear(.idle)
        wire.input.discard(headEnd)
        scanner = HeadScanner()
        requests += 1
        stats.requests += 1
        stats.activeRequests += 1
        let exchange = Exchange(session: self, head: head)
        self.exchange = exchange
        exchange.begin()
    }

    private var headEnd = 0
    private var isReadingHead = false

    private func refuse(_ error: HTTPError) {
        stats.rejected += 1
        stats.requests += 1
        stats.activeRequests += 1
        let exchange = Exchange(session: self, head: HeadView())
        self.exchange = exchange
        exchange.refuse(error)
    }

    /// The exchange is over; the connection serves the next request or ends.
    func exchangeEnded(keepsAlive: Bool) {
        guard !isEnded else { return }
        exchange = nil
        stats.activeRequests -= 1
        deadlines.clearStream()
        guard keepsAlive, !isDraining || connection.drainsPatiently else { return end(orderly: true) }
        wire.resume()
        armIdle()
        guard !isContinuing, !wire.input.isEmpty || wire.isInputEnded else { return }
        // A pipelined request waits for the batch to end: answering it here would nest without bound.
        isContinuing = true
        worker.loop.afterBatch { [weak self] in
            self?.isContinuing = false
            self?.readHead()
        }
    }

    // MARK: The wire

    func wireDrained(_ wire: Wire) { exchange?.clientDrained() }

    func wireSecured(_ wire: Wire) {}

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        if case .tls(let error) = failure { connection.record.downstreamFailure = error.message }
        if let exchange { exchange.clientLeft() } else { end(orderly: false) }
    }

    /// Ends the connection; in order means that what was written goes out first.
    func end(orderly: Bool) {
        guard !isEnded else { return }
        isEnded = true
        if exchange != nil { stats.activeRequests -= 1 }
        exchange = nil
        timer?.disarm()
        timer = nil
        stats.activeConnections -= 1
        if orderly { wire.closeAfterFlush() } else { wire.close() }
        connection.ended()
    }

    // MARK: Time

    private func armIdle() {
        let timeout = settings.config.commonHTTPProtocolOptions.idleTimeout
        if timeout > .zero { set(.idle, after: timeout) }
    }

    func set(_ kind: Deadlines.Kind, after delay: Duration) {
        let time = worker.loop.now() + delay
        deadlines.set(kind, time)
        if let armedAt, armedAt <= time { return }
        arm(time)
    }

    func clear(_ kind: Deadlines.Kind) { deadlines.clear(kind) }

    private func arm(_ time: Instant) {
        if timer == nil { timer = worker.loop.makeTimer { [weak self] in self?.fired() } }
        armedAt = time
        timer?.arm(at: time)
    }

    private func fired() {
        armedAt = nil
        let now = worker.loop.now()
        while !isEnded, let kind = deadlines.takeExpired(now) {
            switch kind {
            case .idle: if exchange == nil { end(orderly: true) }
            case .header:
                stats.timeouts += 1
                let exchange = Exchange(session: self, head: HeadView())
                stats.activeRequests += 1
                self.exchange = exchange
                exchange.headTimedOut()
            case .request, .streamIdle, .route, .perTry, .maxDuration, .pause:
                exchange?.timedOut(kind)
            }
        }
        if !isEnded, let next = deadlines.next { arm(next) }
    }
}

/// What `x-forwarded-client-cert` says of a connection's certificate.
enum ForwardedIdentity {
    /// `By=<own URI>;Hash=<sha256>;URI=<peer URI>`; nil without a client certificate.
    static func text(_ connection: ClientConnection) -> [UInt8]? {
        guard let hash = connection.clientCertificate else { return nil }
        var text = ""
        if let own = connection.chain?.tls?.material.ownURISAN { text += "By=\(own);" }
        text += "Hash=\(Hex.encode(hash))"
        if case .http(let settings)? = connection.chain?.terminal, settings.config.setsCurrentClientCertURI {
            for uri in connection.peerURISANs ?? [] { text += ";URI=\(uri)" }
        }
        return Array(text.utf8)
    }
}
