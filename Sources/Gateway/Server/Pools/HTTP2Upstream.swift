internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// An HTTP/2 connection to an endpoint, shared by many requests.
///
/// What the streams of one batch of events write leaves together.
final class HTTP2Upstream: UpstreamUser {
    private let connection: UpstreamConnection
    let epoch: Int
    private let pool: ConnectionPool
    var codec: H2Connection
    private var streams: [StreamID: HTTP2UpstreamStream] = [:]
    private let maxStreams: Int
    private var touched: [HTTP2UpstreamStream] = []
    private var keepalive: H2Keepalive?
    private var isRetired = false
    private var isEnding = false
    private var isFlushQueued = false
    /// Requests so far.
    private(set) var uses = 0

    init(_ connection: UpstreamConnection, pool: ConnectionPool, epoch: Int) {
        self.connection = connection
        self.pool = pool
        self.epoch = epoch
        let options = pool.compiled.http2Options
        var settings = H2Settings()
        settings.initialStreamWindow = Int(options.initialStreamWindowSize)
        settings.initialConnectionWindow = Int(options.initialConnectionWindowSize)
        settings.maxHeaders = HTTP1Upstream.limits.maxHeaders
        codec = H2Connection(role: .client, settings: settings)
        maxStreams = Int(options.maxConcurrentStreams)
        connection.user = self
    }

    var address: SocketAddress { connection.address }
    var wire: Wire? { connection.wire }

    /// Sends what opens the connection.
    func start() {
        guard let wire else { return }
        codec.start(into: &wire.out)
        keepalive = H2Keepalive(
            pool.compiled.http2Options.connectionKeepalive, loop: pool.loop,
            send: { [unowned self] number in
                guard let wire = connection.wire else { return }
                codec.ping(number, into: &wire.out)
                flushLater()
            },
            expire: { [unowned self] in fail(.closed) })
        flushLater()
    }

    /// Whether a request can begin on it now.
    var canOpen: Bool {
        !isRetired && connection.isOpen && streams.count < maxStreams && codec.canOpenStream
    }

    /// Whether no request is under way.
    var isUnused: Bool { streams.isEmpty }

    private static let webSocket = Array("websocket".utf8)

    /// Whether the endpoint reads extended CONNECT (RFC 8441); nil before it has said.
    var takesUpgrades: Bool? { codec.hasPeerSettings ? codec.peerEnablesConnectProtocol : nil }

    /// Begins a request; `canOpen` must hold.
    func open(_ handler: any UpstreamHandler) {
        guard let id = codec.openStream() else { return handler.upstreamUnavailable(.overflow) }
        uses += 1
        let stream = HTTP2UpstreamStream(self, id, handler, isFresh: uses == 1)
        streams[id] = stream
        handler.upstreamOpened(stream)
    }

    func flushLater() {
        guard !isFlushQueued else { return }
        isFlushQueued = true
        pool.loop.afterBatch { [self] in
            isFlushQueued = false
            guard let wire, wire.isOpen else { return }
            wire.flush()
            if !wire.isBehind { codec.outputFlushed() }
        }
    }

    /// Takes no more requests; closes when those under way have ended.
    func retire() {
        isRetired = true
        pool.remove(self)
        closeIfDone()
    }

    private func closeIfDone() {
        guard isRetired, streams.isEmpty, connection.isOpen, !isEnding else { return }
        isEnding = true
        keepalive?.stop()
        keepalive = nil
        if let wire { codec.goAway(.noError, into: &wire.out) }
        connection.closeAfterFlush()
    }

    func remove(_ stream: HTTP2UpstreamStream) {
        guard streams.removeValue(forKey: stream.id) != nil else { return }
        pool.streamEnded(self)
        closeIfDone()
    }

    // MARK: Reading

    func upstreamReadable(_ connection: UpstreamConnection) {
        guard let wire = connection.wire else { return }
        while wire.isOpen {
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
                wire.flush()
                return fail(.malformed)
            }
            guard case .event(let event, let consumed) = step else {
                if case .needsMore(let consumed) = step { wire.input.discard(consumed) }
                break
            }
            wire.input.discard(consumed)
            handle(event, wire)
        }
        let batch = touched
        touched.removeAll(keepingCapacity: true)
        for stream in batch { stream.handler?.upstreamPaused() }
        if wire.isInputEnded { return fail(.closed) }
        flushLater()
    }

    private func handle(_ event: H2Event, _ wire: Wire) {
        switch event {
        case .head(let id, let endStream):
            guard let stream = streams[id] else { return }
            var head = stream.handler?.spareHeads.take() ?? HeadView()
            codec.takeHead(into: &head)
            if endStream { head.setUnframed() }
            if stream.handler?.asksUpgrade == true, (200..<300).contains(head.status) {
                head.becomeSwitch(to: Self.webSocket)
            }
            touched.append(stream)
            stream.handler?.upstreamHead(&head)
            if endStream { stream.endReceived(nil) }
        case .informational: return
        case .trailers(let id):
            var trailers = HeadView()
            codec.takeHead(into: &trailers)
            streams[id]?.endReceived(trailers)
        case .data(let id, let range, let endStream):
            guard let stream = streams[id] else {
                return codec.consumed(range.count, stream: id, into: &wire.out)
            }
            touched.append(stream)
            stream.settle()
            if endStream { stream.endReceived(nil) }
        case .reset(let id, let code, let byPeer):
            guard let stream = streams[id] else { return }
            // An endpoint that answered in full may refuse the rest of the request (RFC 9113 8.1).
            if stream.isAnswerWhole { return stream.stopRequest() }
            stream.fail(code == .refusedStream ? .refused : byPeer ? .reset : .malformed)
        case .streamRefused, .settingsChanged:
            pool.serve(address)
            for stream in Array(streams.values) { stream.drain() }
        case .windowOpened(let id):
            if id == .connection {
                for stream in Array(streams.values) { stream.drain() }
            } else {
                streams[id]?.drain()
            }
        case .goAway:
            isRetired = true
            pool.remove(self)
            closeIfDone()
            if connection.isOpen { pool.serve(address) }
        case .pong(let number): keepalive?.answered(number)
        }
    }

    func upstreamDrained(_ connection: UpstreamConnection) {
        codec.outputFlushed()
        for stream in Array(streams.values) { stream.drain() }
    }

    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {
        if case .tls(let error) = failure {
            fail(.tls("TLS_error: \(error.message)"))
        } else {
            fail(.closed)
        }
    }

    /// The connection is lost: every request on it fails whose answer is not here.
    private func fail(_ failure: StreamFailure) {
        isRetired = true
        keepalive?.stop()
        keepalive = nil
        pool.remove(self)
        let lost = streams
        streams = [:]
        connection.close()
        for stream in lost.values {
            pool.streamEnded(self)
            // The answer may wait for a client that is behind; an endpoint may close when all is said.
            if stream.isAnswerWhole { stream.stopRequest() } else { stream.lose(failure) }
        }
    }

    /// It stands in a pool already.
    func upstreamReady(_ connection: UpstreamConnection) {}
    func upstreamUnavailable(_ failure: UpstreamFailure) {}
}
