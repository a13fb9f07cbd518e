internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// A client's HTTP/1.1 connection: one request at a time, the next only after the answer is out.
final class HTTP1Session: ConnectionTerminal, ClientStream, ClockOwner {
    let connection: ClientConnection
    private(set) var settings: HTTPSettings
    let stats: HTTPStats
    let clock: StreamClock
    private let limits: HTTP1Limits
    private var scanner = HeadScanner()
    private var exchange: Exchange?
    private var body: BodyDecoder?
    private var requests = 0
    private var isAnswerChunked = false
    private var isReadingHead = false
    private var isDraining = false
    private var isEnded = false
    private var isContinuing = false
    /// Of the client's certificate; made once.
    private(set) lazy var clientCertText = ForwardedIdentity.text(connection)

    init(connection: ClientConnection, settings: HTTPSettings) {
        self.connection = connection
        self.settings = settings
        stats = connection.worker.httpStats(settings.config.statPrefix)
        clock = StreamClock(loop: connection.worker.loop)
        var limits = HTTP1Limits()
        limits.maxHeadBytes = Int(settings.config.maxRequestHeadersKB) * 1024
        limits.maxTargetBytes = limits.maxHeadBytes
        limits.maxHeaders = Int(settings.config.commonHTTPProtocolOptions.maxHeadersCount)
        self.limits = limits
        // A head is taken whole.
        connection.wire.inputLimit = max(connection.wire.inputLimit, limits.maxHeadBytes + Wire.receiveSize)
    }

    var wire: Wire { connection.wire }
    var isHTTP2: Bool { false }

    func start() {
        stats.connections += 1
        stats.activeConnections += 1
        clock.start(self)
        armIdle()
        if !wire.input.isEmpty || wire.isInputEnded { wireReadable(wire) }
    }

    func drain() {
        isDraining = true
        // Where time is not short an idle client may be about to ask: its next answer says that it is the last.
        if exchange == nil, !isEnded, wire.input.isEmpty, !connection.drainsPatiently { end(orderly: true) }
    }

    func adopt(_ settings: HTTPSettings) {
        self.settings = settings
        clientCertText = ForwardedIdentity.text(connection)
    }

    func expire() {
        if let exchange { exchange.clientLeft() }
        end(orderly: true)
    }

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
        guard let exchange else { return readHead() }
        if exchange.isUpgraded { return exchange.tunnelUp() }
        // A client that ends its side has left, as far as HTTP/1.1 proxies are concerned.
        if wire.isInputEnded { return exchange.clientLeft() }
        pushBody()
    }

    private func readHead() {
        guard exchange == nil, !isEnded else { return }
        if wire.input.isEmpty {
            if wire.isInputEnded { end(orderly: true) }
            return
        }
        var head = worker.spareHeads.take()
        var end: Int?
        do throws(HTTPError) {
            end = try wire.input.withReadable { (span) throws(HTTPError) -> Int? in
                guard let range = try scanner.scan(span, limit: limits.maxHeadBytes) else { return nil }
                try head.parseRequest(span.extracting(range), limits: limits)
                return range.upperBound
            }
            if end != nil { body = try BodyDecoder(head.framing, limits: HTTP1Limits()) }
        } catch {
            return refuse(error)
        }
        guard let end else {
            worker.spareHeads.giveBack(&head)
            if wire.isInputEnded { return self.end(orderly: true) }
            if !isReadingHead {
                isReadingHead = true
                clock.clear(.idle)
                let timeout = settings.config.requestHeadersTimeout
                if timeout > .zero { clock.set(.header, after: timeout) }
            }
            return
        }
        isReadingHead = false
        clock.clear(.header)
        clock.clear(.idle)
        wire.input.discard(end)
        if wire.isPaused { wire.resume() }
        scanner = HeadScanner()
        let exchange = begin(consume head)
        exchange.begin()
    }

    private func begin(_ head: consuming HeadView) -> Exchange {
        requests += 1
        stats.requests += 1
        stats.http1Requests += 1
        stats.activeRequests += 1
        let exchange = Exchange(client: self, head: consume head)
        self.exchange = exchange
        return exchange
    }

    private func refuse(_ error: HTTPError) {
        stats.rejected += 1
        begin(HeadView()).refuse(error)
    }

    /// Hands the exchange what came of the body, while it takes any.
    func pushBody() {
        if wire.isPaused { wire.resume() }
        guard let exchange, !exchange.isRequestComplete, var decoder = body else { return }
        while true {
            guard exchange.takesBody else {
                body = decoder
                exchange.flushBody()
                // What is not read stops the client.
                return wire.pause()
            }
            let step: BodyStep
            do throws(HTTPError) {
                step = try wire.input.withReadable { (span) throws(HTTPError) -> BodyStep in
                    let step = try decoder.next(span)
                    if case .data(let range) = step { exchange.bodyReceived(span.extracting(range)) }
                    return step
                }
            } catch {
                stats.rejected += 1
                return exchange.malformedBody()
            }
            switch step {
            case .data(let range): wire.input.discard(range.upperBound)
            case .needMore(let consumed):
                wire.input.discard(consumed)
                body = decoder
                return exchange.flushBody()
            case .end(let consumed):
                wire.input.discard(consumed)
                body = nil
                return exchange.bodyEnded(nil)
            }
        }
    }

    // MARK: The answer

    func sendContinue() {
        wire.out.append(utf8: "HTTP/1.1 100 Continue\r\n\r\n")
        wire.flush()
    }

    func sendHead(_ status: Int, _ head: borrowing HeadView, body: AnswerBody, closes: Bool) {
        isAnswerChunked = body == .streamed
        Self.write(status, head, isChunked: isAnswerChunked, closes: closes, to: &wire.out)
    }

    /// In one access to the queue: each one to an object's property is checked while the program runs.
    private static func write(
        _ status: Int, _ head: borrowing HeadView, isChunked: Bool, closes: Bool, to out: inout ByteQueue
    ) {
        out.append(version)
        out.append(byte: UInt8(truncatingIfNeeded: status / 100 % 10) + 0x30)
        out.append(byte: UInt8(truncatingIfNeeded: status / 10 % 10) + 0x30)
        out.append(byte: UInt8(truncatingIfNeeded: status % 10) + 0x30)
        out.append(byte: 0x20)
        if head.reason.isEmpty {
            out.append(utf8: HTTPStatus.reason(status))
        } else {
            out.append(head.bytes.span.extracting(head.reason))
        }
        out.append(HTTP1Upstream.lineEnd)
        head.appendFields(to: &out)
        if isChunked { out.append(HTTP1Upstream.chunkedLine) }
        if status == 101 {
            out.append(utf8: "connection: upgrade\r\n")
        } else if closes {
            out.append(utf8: "connection: close\r\n")
        }
        out.append(HTTP1Upstream.lineEnd)
    }

    private static let version = Array("HTTP/1.1 ".utf8)

    func sendBody(_ bytes: Span<UInt8>) {
        if isAnswerChunked {
            HTTP1Serializer.writeChunk(bytes, to: &wire.out)
        } else {
            wire.out.append(bytes)
        }
    }

    func sendEnd(trailers: HeadView?) {
        // Trailers are for HTTP/2 only, as in Envoy.
        if isAnswerChunked { HTTP1Serializer.writeLastChunk(to: &wire.out) }
        isAnswerChunked = false
    }

    func flush() { wire.flush() }

    var isBehind: Bool { wire.isBehind }

    /// The exchange is over; the connection serves the next request or ends.
    func exchangeEnded(keepsAlive: Bool, isWhole: Bool) {
        guard !isEnded else { return }
        exchange = nil
        body = nil
        stats.activeRequests -= 1
        clock.clearStream()
        guard isWhole else { return end(orderly: false) }
        guard keepsAlive, !isDraining || connection.drainsPatiently else { return end(orderly: true) }
        if wire.isPaused { wire.resume() }
        armIdle()
        guard !isContinuing, !wire.input.isEmpty || wire.isInputEnded else { return }
        // A pipelined request waits for the batch to end: answering it here would nest without bound.
        isContinuing = true
        worker.loop.afterBatch { [self] in
            isContinuing = false
            readHead()
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
        clock.stop()
        stats.activeConnections -= 1
        if orderly { wire.closeAfterFlush() } else { wire.close() }
        connection.ended()
    }

    // MARK: Time

    private func armIdle() {
        let timeout = settings.config.commonHTTPProtocolOptions.idleTimeout
        if timeout > .zero { clock.set(.idle, after: timeout) }
    }

    func passed(_ kind: Deadlines.Kind) {
        switch kind {
        case .idle: if exchange == nil { end(orderly: true) }
        case .header:
            stats.timeouts += 1
            begin(HeadView()).headTimedOut()
        case .request, .streamIdle, .route, .perTry, .maxDuration, .pause:
            exchange?.timedOut(kind)
        }
    }
}

/// What `x-forwarded-client-cert` says of a connection's certificate.
enum ForwardedIdentity {
    /// `By=<own URI>;Hash=<sha256>;URI=<peer URI>`; nil without a client certificate.
    static func text(_ connection: ClientConnection) -> [UInt8]? {
        guard let hash = connection.peerFingerprint else { return nil }
        var text = ""
        if let own = connection.chain?.tls?.material.ownURISAN { text += "By=\(own);" }
        text += "Hash=\(Hex.encode(hash))"
        if case .http(let settings)? = connection.chain?.terminal, settings.config.setsCurrentClientCertURI {
            for uri in connection.peerURISANs ?? [] { text += ";URI=\(uri)" }
        }
        return Array(text.utf8)
    }
}
