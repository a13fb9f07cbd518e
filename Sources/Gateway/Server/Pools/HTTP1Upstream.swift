internal import Bytes
internal import HTTPCodec
internal import Reactor
internal import TLS

/// An HTTP/1.1 connection to an endpoint: one request at a time, kept for the next.
final class HTTP1Upstream: UpstreamStream, UpstreamUser {
    static let limits: HTTP1Limits = {
        var limits = HTTP1Limits()
        limits.maxHeaders = 200
        return limits
    }()

    let connection: UpstreamConnection
    /// The settings it was made under; see `ConnectionPool.epoch`.
    let epoch: Int
    private let pool: ConnectionPool
    private(set) var handler: (any UpstreamHandler)?
    private var scanner = HeadScanner()
    private var head = HeadView()
    private var body: BodyDecoder?
    private var keepsAlive = false
    private var isChunked = false
    private var isRequestEnded = false
    private var isTunnel = false
    /// Requests so far.
    private(set) var uses = 0

    init(_ connection: UpstreamConnection, pool: ConnectionPool, epoch: Int) {
        self.connection = connection
        self.pool = pool
        self.epoch = epoch
        connection.user = self
    }

    var address: SocketAddress { connection.address }
    var localAddress: SocketAddress? { connection.wire?.local }
    var isHTTP2: Bool { false }
    var isFresh: Bool { uses <= 1 }
    var wire: Wire? { connection.wire }
    var isBehind: Bool { connection.wire?.isBehind ?? false }
    var isOpen: Bool { connection.isOpen }

    /// Serves a request.
    func lease(_ handler: any UpstreamHandler) {
        self.handler = handler
        uses += 1
        scanner = HeadScanner()
        body = nil
        isRequestEnded = false
        handler.upstreamOpened(self)
    }

    // MARK: The request

    func sendHead(_ head: borrowing HeadView, endsStream: Bool, attempt: Int, upgrades: Bool) {
        guard let wire = connection.wire else { return }
        isChunked = head.framing == .chunked
        isRequestEnded = endsStream
        Self.write(head, endsStream: endsStream, attempt: attempt, upgrades: upgrades, to: &wire.out)
    }

    /// In one access to the queue: each one to an object's property is checked while the program runs.
    private static func write(
        _ head: borrowing HeadView, endsStream: Bool, attempt: Int, upgrades: Bool, to out: inout ByteQueue
    ) {
        let isChunked = head.framing == .chunked
        HTTP1Serializer.writeRequest(head, to: &out)
        if isChunked { out.append(chunkedLine) }
        if endsStream, head.isHTTP2, head.framing == .none, mayHaveContent(head) {
            out.append(utf8: "content-length: 0\r\n")
        }
        if upgrades { out.append(utf8: "connection: upgrade\r\n") }
        if attempt > 0 { out.append(utf8: "x-envoy-attempt-count: \(attempt)\r\n") }
        out.append(lineEnd)
        if isChunked, endsStream { HTTP1Serializer.writeLastChunk(to: &out) }
    }

    /// A method whose requests usually have content tells when there is none (RFC 9110 8.6).
    private static func mayHaveContent(_ head: borrowing HeadView) -> Bool {
        head.equals(head.method, "post") || head.equals(head.method, "put")
            || head.equals(head.method, "patch")
    }

    static let chunkedLine = Array("transfer-encoding: chunked\r\n".utf8)
    static let lineEnd: [UInt8] = [0x0D, 0x0A]

    func sendBody(_ bytes: Span<UInt8>) {
        guard let wire = connection.wire else { return }
        if isChunked {
            HTTP1Serializer.writeChunk(bytes, to: &wire.out)
        } else {
            wire.out.append(bytes)
        }
    }

    func sendEnd(trailers: HeadView?) {
        isRequestEnded = true
        // Trailers are for HTTP/2 only, as in Envoy.
        if isChunked, let wire = connection.wire { HTTP1Serializer.writeLastChunk(to: &wire.out) }
    }

    func flush() { connection.wire?.flush() }

    func upstreamDrained(_ connection: UpstreamConnection) { handler?.upstreamDrained() }

    // MARK: The answer

    func upstreamReadable(_ connection: UpstreamConnection) {
        guard let wire = connection.wire else { return }
        guard let handler else {
            // An idle connection has nothing to say: data is garbage, an end is the end.
            return connection.close()
        }
        if isTunnel { return handler.upstreamTunnelReadable() }
        do throws(HTTPError) {
            if body == nil {
                guard try readHead(wire) else {
                    if wire.isInputEnded { end(.closed) }
                    return
                }
                guard self.handler === handler, !isTunnel else { return }
            }
            try readBody(wire, handler)
        } catch {
            end(.malformed)
        }
    }

    /// Reads heads until a final one was handed on; false while it is not there.
    private func readHead(_ wire: Wire) throws(HTTPError) -> Bool {
        while let handler {
            if head.capacity == 0 { head = handler.spareHeads.take() }
            let end = try wire.input.withReadable { (span) throws(HTTPError) -> Int? in
                guard let range = try scanner.scan(span, limit: Self.limits.maxHeadBytes) else { return nil }
                try head.parseResponse(
                    span.extracting(range), answersHEAD: handler.isHEAD, limits: Self.limits)
                return range.upperBound
            }
            guard let end else { return false }
            wire.input.discard(end)
            scanner = HeadScanner()
            if head.status == 101 {
                guard handler.asksUpgrade else { throw HTTPError(.badStatusLine) }
                isTunnel = true
            } else if head.status < 200 {
                continue
            } else {
                body = try BodyDecoder(head.framing, limits: HTTP1Limits())
                keepsAlive = head.keepsAlive && head.framing != .untilClose
            }
            handler.upstreamHead(&head)
            return true
        }
        return false
    }

    private func readBody(_ wire: Wire, _ handler: any UpstreamHandler) throws(HTTPError) {
        guard var decoder = body else { return }
        while true {
            guard handler.takesAnswer else {
                body = decoder
                wire.pause()
                return handler.upstreamPaused()
            }
            let step = try wire.input.withReadable { (span) throws(HTTPError) -> BodyStep in
                let step = try decoder.next(span)
                if case .data(let range) = step { handler.upstreamBody(span.extracting(range)) }
                return step
            }
            switch step {
            case .data(let range): wire.input.discard(range.upperBound)
            case .needMore(let consumed):
                wire.input.discard(consumed)
                if wire.isInputEnded {
                    guard !wire.isTruncated, (try? decoder.finish()) != nil else {
                        handler.upstreamPaused()
                        return end(.closed)
                    }
                    return answered()
                }
                body = decoder
                return handler.upstreamPaused()
            case .end(let consumed):
                wire.input.discard(consumed)
                return answered()
            }
        }
    }

    func readOn() {
        guard let wire = connection.wire, handler != nil else { return }
        wire.resume()
        // Of a body whose last byte was held up nothing more comes, and its end is still to be told.
        let isWhole = body?.isDone ?? false
        if !wire.input.isEmpty || wire.isInputEnded || isWhole { upstreamReadable(connection) }
    }

    // MARK: The end

    private func answered() {
        guard let handler else { return }
        self.handler = nil
        pool.release(self, reusable: keepsAlive && isRequestEnded)
        handler.upstreamEnded(trailers: nil)
    }

    private func end(_ failure: StreamFailure) {
        guard let handler else { return }
        self.handler = nil
        connection.close()
        handler.upstreamBroken(failure)
    }

    func cancel() {
        handler = nil
        connection.close()
    }

    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {
        guard let handler else { return }
        self.handler = nil
        if case .tls(let error) = failure {
            handler.upstreamBroken(.tls("TLS_error: \(error.message)"))
        } else {
            handler.upstreamBroken(.closed)
        }
    }

    /// Nobody waits for this one's connect: it stands in a pool.
    func upstreamReady(_ connection: UpstreamConnection) {}
    func upstreamUnavailable(_ failure: UpstreamFailure) {}
}
