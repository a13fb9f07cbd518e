internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor

/// One request of a client's HTTP/2 connection.
final class HTTP2ClientStream: ClientStream, ClockOwner {
    let id: StreamID
    let clock: StreamClock
    private let session: HTTP2Session
    private var exchange: Exchange?
    private var isRequestEnded: Bool
    /// Request bytes that the exchange does not take yet; the window bounds them.
    private var buffer = ByteQueue()
    private var unsettled = 0
    private var end: (isHere: Bool, trailers: HeadView?) = (false, nil)
    /// Answer bytes that wait for a window.
    private var pending = ByteQueue()
    private var isEndQueued = false
    private var queuedTrailers: HeadView?
    private var isAnswerEnded = false
    private var isGone = false

    init(_ session: HTTP2Session, _ id: StreamID, isRequestEnded: Bool) {
        self.session = session
        self.id = id
        self.isRequestEnded = isRequestEnded
        clock = StreamClock(loop: session.worker.loop)
    }

    var connection: ClientConnection { session.connection }
    var settings: HTTPSettings { session.settings }
    var stats: HTTPStats { session.stats }
    var isHTTP2: Bool { true }
    var clientCertText: [UInt8]? { session.clientCertText }
    var closesAfterResponse: Bool { false }
    var wire: Wire { session.wire }
    var isBehind: Bool { !pending.isEmpty || wire.isBehind }

    func begin(_ head: consuming HeadView) {
        clock.start(self)
        let exchange = Exchange(client: self, head: consume head)
        self.exchange = exchange
        exchange.begin()
    }

    func passed(_ kind: Deadlines.Kind) {
        if let exchange { return exchange.timedOut(kind) }
        // The answer is whole, but the client does not take it.
        guard kind == .streamIdle, !isGone else { return }
        stats.idleTimeouts += 1
        reset(.cancel)
    }

    // MARK: The request

    /// Bytes of the body, inside the connection's reading: only passed on or kept here.
    func received(_ bytes: Span<UInt8>) {
        if buffer.isEmpty, let exchange, exchange.takesBody {
            exchange.bodyReceived(bytes)
            unsettled += bytes.count
        } else {
            buffer.append(bytes)
        }
    }

    /// Gives back what was passed on.
    func settle() {
        if unsettled > 0 { session.codec.consumed(unsettled, stream: id, into: &wire.out) }
        unsettled = 0
        exchange?.flushBody()
    }

    func endReceived(_ trailers: HeadView?) {
        isRequestEnded = true
        end = (true, trailers)
        if buffer.isEmpty { exchange?.bodyEnded(trailers) }
    }

    func pushBody() {
        guard let exchange else { return }
        if !buffer.isEmpty, exchange.takesBody {
            buffer.withReadable { exchange.bodyReceived($0) }
            unsettled += buffer.count
            buffer.clear()
            settle()
            session.flushLater()
        }
        if end.isHere, buffer.isEmpty { exchange.bodyEnded(end.trailers) }
    }

    func sendContinue() {
        session.codec.sendInformational(status: 100, HeadView(), stream: id, into: &wire.out)
        session.flushLater()
    }

    // MARK: The answer

    func sendHead(_ status: Int, _ head: borrowing HeadView, body: AnswerBody, closes: Bool) {
        // RFC 8441 5: an extended CONNECT is agreed to as a CONNECT is.
        let agrees = status == 101
        isAnswerEnded = body == .none && !agrees
        session.codec.sendResponse(
            status: agrees ? 200 : status, head, stream: id, endStream: isAnswerEnded, into: &wire.out)
        session.flushLater()
    }

    func sendBody(_ bytes: Span<UInt8>) {
        guard !isAnswerEnded else { return }
        var taken = 0
        if pending.isEmpty {
            taken = session.codec.sendData(bytes, stream: id, endStream: false, into: &wire.out)
        }
        if taken < bytes.count { pending.append(bytes.extracting(taken..<bytes.count)) }
        session.flushLater()
    }

    func sendEnd(trailers: HeadView?) {
        isEndQueued = true
        queuedTrailers = trailers
        finishAnswer()
    }

    private func finishAnswer() {
        guard isEndQueued, pending.isEmpty, !isAnswerEnded else { return }
        isAnswerEnded = true
        if let queuedTrailers {
            session.codec.sendTrailers(queuedTrailers, stream: id, into: &wire.out)
        } else {
            let none: [UInt8] = []
            _ = session.codec.sendData(none.span, stream: id, endStream: true, into: &wire.out)
        }
        session.flushLater()
    }

    func flush() { session.flushLater() }

    /// A window or the socket may take more.
    func drain() {
        guard !isGone else { return }
        if !pending.isEmpty {
            let taken = pending.withReadable {
                session.codec.sendData($0, stream: id, endStream: false, into: &wire.out)
            }
            pending.discard(taken)
            session.flushLater()
        }
        guard pending.isEmpty else { return }
        finishAnswer()
        if exchange == nil { return leaveIfDone() }
        if !wire.isBehind { exchange?.clientDrained() }
    }

    // MARK: The end

    func exchangeEnded(keepsAlive: Bool, isWhole: Bool) {
        exchange = nil
        stats.activeRequests -= 1
        guard !isGone else { return }
        guard isWhole else { return reset(.internalError) }
        clock.clearStream()
        let timeout = settings.config.streamIdleTimeout
        if timeout > .zero { clock.set(.streamIdle, after: timeout) }
        leaveIfDone()
    }

    private func leaveIfDone() {
        guard isAnswerEnded, !isGone else { return }
        // An answer that did not wait for the whole request: the rest of it is not wanted.
        if !isRequestEnded { return reset(.noError) }
        leave()
    }

    private func reset(_ code: H2ErrorCode) {
        session.codec.reset(id, code, into: &wire.out)
        session.flushLater()
        leave()
    }

    private func leave() {
        isGone = true
        clock.stop()
        session.remove(self)
    }

    /// The stream is gone, by the client's doing.
    func lost() {
        guard !isGone else { return }
        isGone = true
        clock.stop()
        session.remove(self)
        exchange?.clientLeft()
    }
}
