internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// A client's HTTP/2 connection: many requests at a time.
///
/// What the streams of one batch of events write leaves together.
final class HTTP2Session: ConnectionTerminal, ClockOwner {
    let connection: ClientConnection
    private(set) var settings: HTTPSettings
    let stats: HTTPStats
    var codec: H2Connection
    private var streams: [StreamID: HTTP2ClientStream] = [:]
    private let clock: StreamClock
    private var keepalive: H2Keepalive?
    private var requests = 0
    private var isFlushQueued = false
    private var isDraining = false
    private var isEnded = false
    private var finalGoAway: LoopTimer?
    private(set) lazy var clientCertText = ForwardedIdentity.text(connection)

    /// How long a client gets to see the announcement of a GOAWAY.
    private static let announcementTime = Duration.seconds(1)
    /// Marks the PING that follows the announcement of a GOAWAY.
    private static let drainMark = UInt64.max

    init(connection: ClientConnection, settings: HTTPSettings) {
        self.connection = connection
        self.settings = settings
        stats = connection.worker.httpStats(settings.config.statPrefix)
        let options = settings.config.http2ProtocolOptions
        var announced = H2Settings()
        announced.maxConcurrentStreams = options.maxConcurrentStreams
        announced.initialStreamWindow = Int(options.initialStreamWindowSize)
        announced.initialConnectionWindow = Int(options.initialConnectionWindowSize)
        announced.maxHeaderListBytes = Int(settings.config.maxRequestHeadersKB) * 1024
        announced.enableConnectProtocol =
            options.allowsConnect || !settings.config.upgradeConfigs.isEmpty
        announced.maxHeaders = Int(settings.config.commonHTTPProtocolOptions.maxHeadersCount)
        codec = H2Connection(role: .server, settings: announced)
        clock = StreamClock(loop: connection.worker.loop)
    }

    var worker: Worker { connection.worker }
    var wire: Wire { connection.wire }

    func start() {
        stats.connections += 1
        stats.activeConnections += 1
        clock.start(self)
        armIdle()
        codec.start(into: &wire.out)
        keepalive = H2Keepalive(
            settings.config.http2ProtocolOptions.connectionKeepalive, loop: worker.loop,
            send: { [unowned self] number in
                codec.ping(number, into: &wire.out)
                flushLater()
            },
            expire: { [unowned self] in end(orderly: false) })
        flushLater()
        if !wire.input.isEmpty || wire.isInputEnded { wireReadable(wire) }
    }

    private func armIdle() {
        let timeout = settings.config.commonHTTPProtocolOptions.idleTimeout
        if timeout > .zero { clock.set(.idle, after: timeout) }
    }

    func passed(_ kind: Deadlines.Kind) {
        guard kind == .idle, streams.isEmpty else { return }
        codec.goAway(.noError, into: &wire.out)
        end(orderly: true)
    }

    func flushLater() {
        guard !isFlushQueued else { return }
        isFlushQueued = true
        worker.loop.afterBatch { [self] in
            isFlushQueued = false
            guard wire.isOpen else { return }
            wire.flush()
            if !wire.isBehind { codec.outputFlushed() }
        }
    }

    // MARK: Draining

    func drain() {
        guard !isDraining, !isEnded else { return }
        isDraining = true
        codec.announceGoAway(into: &wire.out)
        codec.ping(Self.drainMark, into: &wire.out)
        flushLater()
        let timer = worker.loop.makeTimer { [unowned self] in finishDraining() }
        timer.arm(at: worker.loop.now() + Self.announcementTime)
        finalGoAway = timer
    }

    func adopt(_ settings: HTTPSettings) {
        self.settings = settings
        clientCertText = ForwardedIdentity.text(connection)
    }

    func expire() {
        guard !isEnded else { return }
        codec.goAway(.noError, into: &wire.out)
        end(orderly: true)
    }

    /// Refuses new streams; what is under way finishes.
    private func finishDraining() {
        finalGoAway?.disarm()
        finalGoAway = nil
        guard !isEnded else { return }
        codec.goAway(.noError, into: &wire.out)
        flushLater()
        endIfDone()
    }

    private func endIfDone() {
        if streams.isEmpty, codec.isClosing, finalGoAway == nil { end(orderly: true) }
    }

    /// Whether the connection takes no more requests than those under way.
    var isClosing: Bool { isDraining || codec.isClosing }

    // MARK: Reading

    func wireReadable(_ wire: Wire) {
        while !isEnded, wire.isOpen {
            var step = H2Step.needsMore(consumed: 0)
            do throws(H2Error) {
                step = try wire.input.withReadable { (span) throws(H2Error) -> H2Step in
                    let step = try codec.next(span, into: &wire.out)
                    if case .event(.data(let id, let range, _), _) = step, let stream = streams[id] {
                        stream.received(span.extracting(range))
                    }
                    return step
                }
            } catch {
                stats.rejected += 1
                connection.record.details = "http2.\(error.fault.rawValue)"
                return end(orderly: true)
            }
            guard case .event(let event, let consumed) = step else {
                if case .needsMore(let consumed) = step { wire.input.discard(consumed) }
                break
            }
            wire.input.discard(consumed)
            handle(event)
        }
        guard !isEnded else { return }
        if wire.isInputEnded { return end(orderly: false) }
        flushLater()
    }

    private func handle(_ event: H2Event) {
        switch event {
        case .head(let id, let endStream): begin(id, endStream)
        case .informational: return
        case .trailers(let id):
            var trailers = HeadView()
            codec.takeHead(into: &trailers)
            streams[id]?.endReceived(trailers)
        case .data(let id, let range, let endStream):
            guard let stream = streams[id] else {
                return codec.consumed(range.count, stream: id, into: &wire.out)
            }
            stream.settle()
            if endStream { stream.endReceived(nil) }
        case .reset(let id, _, let byPeer):
            if !byPeer { stats.rejected += 1 }
            streams[id]?.lost()
        case .streamRefused:
            stats.rejected += 1
            logRefused()
        case .settingsChanged:
            for stream in Array(streams.values) { stream.drain() }
        case .windowOpened(let id):
            if id == .connection {
                for stream in Array(streams.values) { stream.drain() }
            } else {
                streams[id]?.drain()
            }
        case .goAway:
            // The client opens no more; what it asked for is answered.
            if streams.isEmpty { end(orderly: true) }
        case .pong(let number):
            if number == Self.drainMark { finishDraining() } else { keepalive?.answered(number) }
        }
    }

    private func begin(_ id: StreamID, _ endStream: Bool) {
        var head = worker.spareHeads.take()
        codec.takeHead(into: &head)
        if !head.connectProtocol.isEmpty, head.equals(head.connectProtocol, "websocket") {
            head.becomeUpgrade()
        }
        requests += 1
        stats.requests += 1
        stats.http2Requests += 1
        stats.activeRequests += 1
        clock.clear(.idle)
        let stream = HTTP2ClientStream(self, id, isRequestEnded: endStream)
        streams[id] = stream
        if let most = settings.config.commonHTTPProtocolOptions.maxRequestsPerConnection, most > 0,
            requests >= Int(most)
        {
            drain()
        }
        stream.begin(consume head)
    }

    /// A head that could not be read has no exchange, but a line in the log.
    private func logRefused() {
        var record = StreamRecord()
        record.startTime = Clock.wall()
        record.start = worker.loop.now()
        record.end = record.start
        record.protocolName = "HTTP/2"
        record.remoteAddress = wire.peer
        record.peerURISAN = connection.peerURISAN
        record.requestedServerName = connection.sni
        record.flags = .downstreamProtocolError
        record.details = codec.lastFault.map { "http2.\($0.rawValue)" }
        record.connection = connection
        worker.log(record, settings.accessLogs)
    }

    // MARK: Streams

    func remove(_ stream: HTTP2ClientStream) {
        guard streams.removeValue(forKey: stream.id) != nil else { return }
        if streams.isEmpty {
            armIdle()
            endIfDone()
        }
    }

    // MARK: The wire

    func wireDrained(_ wire: Wire) {
        codec.outputFlushed()
        for stream in Array(streams.values) { stream.drain() }
    }

    func wireSecured(_ wire: Wire) {}

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        if case .tls(let error) = failure { connection.record.downstreamFailure = error.message }
        end(orderly: false)
    }

    /// Ends the connection; in order means that what was written goes out first.
    func end(orderly: Bool) {
        guard !isEnded else { return }
        isEnded = true
        clock.stop()
        keepalive?.stop()
        keepalive = nil
        finalGoAway?.disarm()
        finalGoAway = nil
        let lost = streams
        streams = [:]
        for stream in lost.values { stream.lost() }
        stats.activeConnections -= 1
        if orderly { wire.closeAfterFlush() } else { wire.close() }
        connection.ended()
    }
}
