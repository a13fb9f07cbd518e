internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import Synchronization
internal import TLS

/// What serves a client once its filter chain is chosen and its identity decided.
protocol ConnectionTerminal: WireOwner {
    /// Takes the wire over; input may be there already.
    func start()
    /// Ends as soon as nothing is lost by it.
    func drain()
    /// Ends now, whatever is under way.
    func expire()
    /// Serves the next request by these settings.
    func adopt(_ settings: HTTPSettings)
}

/// An accepted connection: finds its filter chain, does the handshake, asks the network rules, hands over.
final class ClientConnection: WireOwner, ConnectionFacts {
    let worker: Worker
    var listener: WorkerListener
    let wire: Wire
    private(set) var chain: CompiledChain?
    private(set) var sni: String?
    private(set) var peerURISANs: [String]?
    private(set) var peerURISAN: String?
    let number: UInt64
    private var terminal: (any ConnectionTerminal)?
    private var timer: LoopTimer?
    private var drainTimer: LoopTimer?
    /// Set while the client's first bytes are to show what it speaks.
    private var awaitedHTTP: HTTPSettings?
    private var isEnded = false
    private var isDraining = false
    /// What the listener's log says of it.
    var record = StreamRecord()

    private static let count = Atomic<UInt64>(0)

    init(worker: Worker, listener: WorkerListener, wire: Wire) {
        self.worker = worker
        self.listener = listener
        self.wire = wire
        number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        record.start = worker.loop.now()
        record.startTime = Clock.wall()
        record.remoteAddress = wire.peer
    }

    func start() {
        wire.owner = self
        // The kernel tells only while the connection is open, and logs are written at its end.
        if isListenerShared { _ = wire.local }
        let config = listener.compiled.config
        if config.inspectsTLS {
            if config.listenerFiltersTimeout > .zero { arm(config.listenerFiltersTimeout) }
            wireReadable(wire)
        } else {
            choose(sni: nil)
        }
    }

    private func arm(_ timeout: Duration) {
        let timer = worker.loop.makeTimer { [unowned self] in timedOut() }
        timer.arm(at: worker.loop.now() + timeout)
        self.timer = timer
    }

    private func timedOut() {
        // A client that never said what it speaks is an idle one.
        if awaitedHTTP != nil { return end(reset: false) }
        listener.stats.inspectTimeouts += 1
        if chain != nil { record.downstreamFailure = "TLS handshake timeout" }
        end(reset: true)
    }

    // MARK: Inspection and handshake

    func wireReadable(_ wire: Wire) {
        guard chain == nil else {
            // Between the handshake and the terminal nothing reads; the end of a handshake is a failure.
            guard terminal == nil else { return }
            if let settings = awaitedHTTP { return serve(settings) }
            if wire.isInputEnded { end(reset: false) }
            return
        }
        switch wire.input.withReadable({ ClientHello.peek($0) }) {
        case .needsMore:
            if wire.input.count >= ClientHello.maxBytes {
                end(reset: true)
            } else if wire.isInputEnded {
                end(reset: false)
            }
        case .tooLarge:
            // Whom it asks for is not known: the chain for the rest must not answer for another one.
            end(reset: true)
        case .notTLS:
            choose(sni: nil)
        case .hello(let sni, _):
            choose(sni: sni)
        }
    }

    private func choose(sni: String?) {
        self.sni = sni
        record.requestedServerName = sni
        guard let index = listener.compiled.table.chain(sni: sni) else {
            listener.stats.noFilterChain += 1
            record.flags.insert(.noRoute)
            record.details = "filter_chain_not_found"
            record.terminationDetails = "filter_chain_not_found"
            return end(reset: true)
        }
        let chain = listener.compiled.chains[index]
        self.chain = chain
        guard let tls = chain.tls else { return identified() }
        do throws(TLSError) {
            let session = try TLSSession(server: tls.material.context)
            if timer == nil { arm(listener.compiled.config.listenerFiltersTimeout) }
            wire.secure(session)
        } catch {
            record.downstreamFailure = error.message
            end(reset: true)
        }
    }

    func wireSecured(_ wire: Wire) {
        listener.stats.handshakes += 1
        if let session = wire.session, let certificate = session.peerCertificate {
            peerURISANs = certificate.uriSANs
            peerURISAN = session.peerURISAN ?? certificate.uriSANs.first
            record.peerURISAN = peerURISAN
            if sni == nil { sni = session.sni }
        }
        identified()
    }

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        if case .tls(let error) = failure {
            listener.stats.handshakeFailures += 1
            record.downstreamFailure = error.message
        }
        end(reset: false)
    }

    func wireDrained(_ wire: Wire) {}

    // MARK: Hand-over

    var caller: CallerFacts {
        CallerFacts(
            uriSANs: peerURISANs, destinationPort: wire.local?.port ?? 0, requestedServerName: sni ?? "")
    }

    private func identified() {
        timer?.disarm()
        timer = nil
        guard let chain else { return }
        for rules in chain.networkRules {
            let decision = rules.decide(caller, nil)
            if let details = decision.details {
                record.terminationDetails = details
                if case .tcp(let settings) = chain.terminal {
                    worker.tcpStats(settings.config.statPrefix).denied += 1
                }
                return end(reset: false)
            }
        }
        switch chain.terminal {
        case .tcp(let settings): handOver(to: TCPTunnel(connection: self, settings: settings))
        case .http(let settings):
            serve(settings)
        }
    }

    /// Serves HTTP once it is known which.
    private func serve(_ settings: HTTPSettings) {
        guard let isHTTP2 = speaksHTTP2(settings) else {
            guard awaitedHTTP == nil else { return }
            awaitedHTTP = settings
            let timeout = settings.config.commonHTTPProtocolOptions.idleTimeout
            if timeout > .zero { arm(timeout) }
            return
        }
        awaitedHTTP = nil
        timer?.disarm()
        timer = nil
        if isHTTP2 {
            handOver(to: HTTP2Session(connection: self, settings: settings))
        } else {
            handOver(to: HTTP1Session(connection: self, settings: settings))
        }
    }

    /// What the client speaks: by configuration, by ALPN, or in the clear by its first bytes; nil while those are
    /// not here.
    private func speaksHTTP2(_ settings: HTTPSettings) -> Bool? {
        switch settings.config.codecType {
        case .http1: return false
        case .http2: return true
        case .auto: break
        }
        if let session = wire.session { return session.alpn == "h2" }
        let preface = H2Connection.prefaceStart
        let isPrefix = wire.input.withReadable { span in
            (0..<min(span.count, preface.count)).allSatisfy { span[$0] == preface[$0] }
        }
        if !isPrefix || wire.isInputEnded { return false }
        return wire.input.count >= preface.count ? true : nil
    }

    private func handOver(to terminal: any ConnectionTerminal) {
        self.terminal = terminal
        wire.owner = terminal
        if isDraining { terminal.drain() }
        terminal.start()
    }

    /// Goes over to a chain that lets the same clients in.
    func adopt(_ chain: CompiledChain, _ settings: HTTPSettings) {
        guard !isEnded else { return }
        self.chain = chain
        if awaitedHTTP != nil { awaitedHTTP = settings }
        terminal?.adopt(settings)
    }

    /// Ends as soon as nothing is lost by it.
    ///
    /// Patiently: a client between two requests is not cut off, its next answer is the last.
    func drain(patiently: Bool = false) {
        guard !isEnded, !isDraining || (drainsPatiently && !patiently) else { return }
        isDraining = true
        drainsPatiently = patiently
        if awaitedHTTP != nil, !patiently { return end(reset: false) }
        terminal?.drain()
    }

    private(set) var drainsPatiently = false

    var drains: Bool { isDraining }

    /// Ends after this time at the latest.
    func expire(after time: Duration) {
        guard !isEnded else { return }
        let timer = worker.loop.makeTimer { [unowned self] in expire() }
        timer.arm(at: worker.loop.now() + time)
        drainTimer = timer
    }

    /// Ends now, because the time to drain is over.
    func expire() {
        guard !isEnded else { return }
        if let terminal { terminal.expire() } else { end(reset: false) }
    }

    // MARK: The end

    private func end(reset: Bool) {
        if reset {
            wire.abort()
        } else if wire.session?.isHandshakeDone == true {
            wire.closeAfterFlush()
        } else {
            wire.close()
        }
        ended()
    }

    /// Notes the end: whoever has the wire closes it.
    func ended() {
        guard !isEnded else { return }
        isEnded = true
        timer?.disarm()
        timer = nil
        drainTimer?.disarm()
        drainTimer = nil
        terminal = nil
        record.end = worker.loop.now()
        if !listener.compiled.accessLogs.isEmpty { log(listener.compiled.accessLogs) }
        worker.connectionEnded(self)
    }

    /// Logs the record as it is now.
    func log(_ formats: [LogFormat]) {
        record.connection = self
        worker.log(record, formats)
        record.connection = nil
    }

    // MARK: What a log asks for

    var localAddress: SocketAddress? { isListenerShared ? wire.local : listener.compiled.address }

    /// Whether the listener's address does not say which of ours the client came to.
    private var isListenerShared: Bool {
        listener.compiled.address.ip.isUnspecified || listener.compiled.address.port == 0
    }

    var peerFingerprint: [UInt8]? { wire.session?.peerCertificate?.sha256 }
    var ownURISAN: String? { chain?.tls?.material.ownURISAN }
    var tlsVersion: String? { wire.session?.version }
}
