internal import Bytes
internal import HTTPCodec

/// One request on a shared connection.
final class HTTP2UpstreamStream: UpstreamStream {
    let id: StreamID
    let isFresh: Bool
    private let upstream: HTTP2Upstream
    private(set) var handler: (any UpstreamHandler)?
    /// Request bytes that wait for a window.
    private var pending = ByteQueue()
    private var isEndQueued = false
    private var queuedTrailers: HeadView?
    private var isRequestEnded = false
    /// Answer bytes that the handler does not take yet; the window bounds them.
    private var buffer = ByteQueue()
    private var unsettled = 0
    private var end: (isHere: Bool, trailers: HeadView?) = (false, nil)

    init(_ upstream: HTTP2Upstream, _ id: StreamID, _ handler: any UpstreamHandler, isFresh: Bool) {
        self.upstream = upstream
        self.id = id
        self.handler = handler
        self.isFresh = isFresh
    }

    var address: SocketAddress { upstream.address }
    var localAddress: SocketAddress? { upstream.wire?.local }
    var isHTTP2: Bool { true }
    var wire: Wire? { nil }
    var isBehind: Bool { !pending.isEmpty || upstream.wire?.isBehind ?? false }

    // MARK: The request

    func sendHead(_ head: borrowing HeadView, endsStream: Bool, attempt: Int, upgrades: Bool) {
        guard let wire = upstream.wire else { return }
        let endsStream = endsStream && !upgrades
        isRequestEnded = endsStream
        let scheme: StaticString = wire.session == nil ? "http" : "https"
        if attempt > 0 || upgrades {
            var head = copy head
            if attempt > 0 { head.add(RequestHeaders.attemptCount, Array(String(attempt).utf8)) }
            if upgrades { head.becomeExtendedConnect() }
            upstream.codec.sendRequest(
                head, scheme: scheme, stream: id, endStream: endsStream, into: &wire.out)
        } else {
            upstream.codec.sendRequest(
                head, scheme: scheme, stream: id, endStream: endsStream, into: &wire.out)
        }
        upstream.flushLater()
    }

    func sendBody(_ bytes: Span<UInt8>) {
        guard let wire = upstream.wire, !isRequestEnded else { return }
        var taken = 0
        if pending.isEmpty {
            taken = upstream.codec.sendData(bytes, stream: id, endStream: false, into: &wire.out)
        }
        if taken < bytes.count { pending.append(bytes.extracting(taken..<bytes.count)) }
        upstream.flushLater()
    }

    func sendEnd(trailers: HeadView?) {
        isEndQueued = true
        queuedTrailers = trailers
        finishRequest()
    }

    private func finishRequest() {
        guard isEndQueued, pending.isEmpty, !isRequestEnded, let wire = upstream.wire else { return }
        isRequestEnded = true
        if let queuedTrailers {
            upstream.codec.sendTrailers(queuedTrailers, stream: id, into: &wire.out)
        } else {
            let none: [UInt8] = []
            _ = upstream.codec.sendData(none.span, stream: id, endStream: true, into: &wire.out)
        }
        upstream.flushLater()
    }

    func flush() { upstream.flushLater() }

    /// A window or the socket may take more.
    func drain() {
        guard let wire = upstream.wire, handler != nil else { return }
        if !pending.isEmpty {
            let taken = pending.withReadable {
                upstream.codec.sendData($0, stream: id, endStream: false, into: &wire.out)
            }
            pending.discard(taken)
            upstream.flushLater()
        }
        guard pending.isEmpty else { return }
        finishRequest()
        if !wire.isBehind { handler?.upstreamDrained() }
    }

    // MARK: The answer

    /// Bytes of the answer, inside the connection's reading: only passed on or kept here.
    func received(_ bytes: Span<UInt8>) {
        if buffer.isEmpty, let handler, handler.takesAnswer {
            handler.upstreamBody(bytes)
            unsettled += bytes.count
        } else {
            buffer.append(bytes)
        }
    }

    /// Gives back what was passed on.
    func settle() {
        guard unsettled > 0, let wire = upstream.wire else { return }
        upstream.codec.consumed(unsettled, stream: id, into: &wire.out)
        unsettled = 0
    }

    func endReceived(_ trailers: HeadView?) {
        end = (true, trailers)
        finishIfWhole()
    }

    func readOn() {
        guard let handler else { return }
        if !buffer.isEmpty, handler.takesAnswer {
            buffer.withReadable { handler.upstreamBody($0) }
            unsettled += buffer.count
            buffer.clear()
            settle()
            upstream.flushLater()
            if !end.isHere { handler.upstreamPaused() }
        }
        finishIfWhole()
    }

    private func finishIfWhole() {
        guard end.isHere, buffer.isEmpty, let handler else { return }
        self.handler = nil
        if !isRequestEnded, let wire = upstream.wire {
            upstream.codec.reset(id, .cancel, into: &wire.out)
            upstream.flushLater()
        }
        upstream.remove(self)
        handler.upstreamEnded(trailers: end.trailers)
    }

    // MARK: The end

    /// Whether the answer ended, though the handler may not have taken it all.
    var isAnswerWhole: Bool { end.isHere }

    /// Sends no more of the request.
    func stopRequest() {
        isRequestEnded = true
        pending.clear()
    }

    func fail(_ failure: StreamFailure) {
        upstream.remove(self)
        lose(failure)
    }

    /// The connection has forgotten the stream already.
    func lose(_ failure: StreamFailure) {
        guard let handler else { return }
        self.handler = nil
        handler.upstreamBroken(failure)
    }

    func cancel() {
        guard handler != nil else { return }
        handler = nil
        if let wire = upstream.wire {
            upstream.codec.reset(id, .cancel, into: &wire.out)
            upstream.flushLater()
        }
        upstream.remove(self)
    }
}
