internal import Bytes
internal import HTTPCodec
internal import Reactor
internal import TLS

/// The head of a response and who sent it.
struct ClientHead: Sendable {
    let head: HTTPResponseHead
    let certificate: Certificate?
}

/// One request on its way.
///
/// Confined to its loop; its owner asks for the head once, then for pieces.
final class ClientExchange {
    typealias HeadResult = Result<ClientHead, HTTPClientError>
    typealias PieceResult = Result<[UInt8]?, HTTPClientError>

    private enum Phase {
        case dialing
        case handshaking
        case awaitingHead
        case body
        case ended
    }

    /// Input above this waits in the kernel until the reader comes.
    private static let watermark = 256 * 1024

    private let loop: EventLoop
    private let pool: ClientPool
    private let request: HTTPClientRequest
    private let addresses: [SocketAddress]
    private let isStream: Bool
    private let key: ClientPool.Key

    private var phase = Phase.dialing
    private var dialer: Dialer?
    private var channel: Channel?
    private var parser: ResponseParser
    private var isReused = false
    private var hasInput = false
    private var isKeepAlive = false
    private var timer: LoopTimer?
    private var idleTimer: LoopTimer?
    private var connectTimer: LoopTimer?

    private var headResult: HeadResult?
    private var headWaiter: CheckedContinuation<HeadResult, Never>?
    private var received = ByteQueue()
    private var end: Result<Void, HTTPClientError>?
    private var pieceWaiter: CheckedContinuation<PieceResult, Never>?

    init(
        loop: EventLoop, pool: ClientPool, request: HTTPClientRequest, addresses: [SocketAddress],
        isStream: Bool
    ) {
        self.loop = loop
        self.pool = pool
        self.request = request
        self.addresses = addresses
        self.isStream = isStream
        key = ClientPool.Key(request)
        parser = Self.makeParser(request)
    }

    private static func makeParser(_ request: HTTPClientRequest) -> ResponseParser {
        var limits = HTTP1Limits()
        limits.allowsHTTP10 = true
        return ResponseParser(limits: limits, answersHEAD: request.method == "HEAD")
    }

    func start(deadline: Instant?) {
        guard Wire.isValid(method: request.method, target: request.target) else {
            fail(.protocolError, "the method or target to send is not valid")
            return
        }
        if let deadline {
            let timer = loop.makeTimer { [unowned self] in fail(.timeout, "no response in time") }
            timer.arm(at: deadline)
            self.timer = timer
        }
        if let kept = pool.take(key) {
            isReused = true
            use(kept)
            send()
        } else {
            dial()
        }
    }

    // MARK: Connecting

    private func dial() {
        phase = .dialing
        let deadline = loop.now() + request.connectTimeout
        let timer = loop.makeTimer { [unowned self] in fail(.timeout, "no connection in time") }
        timer.arm(at: deadline)
        connectTimer = timer
        // One tick later than the timer above would say it less well: the dialer's own limit is the same.
        let dialer = Dialer(loop: loop, addresses: addresses, deadline: deadline + .seconds(1)) {
            [self] result, address in
            dialed(result, address)
        }
        self.dialer = dialer
        dialer.start()
    }

    private func dialed(_ result: consuming ConnectResult, _ address: SocketAddress) {
        dialer = nil
        switch consume result {
        case .failed(let error):
            fail(.connect(error), "cannot connect to \(address): \(error)")
        case .connected(let socket):
            connected(socket, address)
        }
    }

    private func connected(_ socket: consuming Socket, _ address: SocketAddress) {
        do throws(Errno) {
            let connection = try TCPConnection(loop: loop, socket: socket, peerAddress: address)
            do throws(TLSError) {
                var session: TLSSession?
                if let tls = request.tls {
                    session = try TLSSession(client: tls, sni: request.sni, endpoint: address.description)
                }
                use(Channel(connection, session))
            } catch {
                connection.abort()
                fail(.tls, error.message, error)
                return
            }
        } catch {
            fail(.connect(error), "cannot use the connection: \(error)")
            return
        }
        guard let channel else { return }
        if channel.isReady {
            send()
        } else {
            phase = .handshaking
            channel.onReady = { [self] in send() }
            channel.start()
        }
    }

    private func use(_ channel: Channel) {
        self.channel = channel
        channel.inputLimit = 64 * 1024
        channel.onReadable = { [self] in inputArrived() }
        channel.onClosed = { [self] failure in closed(failure) }
    }

    // MARK: Sending

    private func send() {
        guard let channel, channel.isOpen else { return }
        connectTimer?.disarm()
        connectTimer = nil
        channel.onReady = nil
        phase = .awaitingHead
        var headers = request.headers
        if headers["host"] == nil {
            let isDefault = request.port == (request.tls == nil ? 80 : 443)
            headers.set("Host", isDefault ? request.host : request.place)
        }
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            headers.set("Content-Length", String(request.body.count))
        }
        var wire = Wire.head(request.method, request.target, headers)
        wire.append(request.body)
        channel.write(wire)
    }

    // MARK: Receiving

    private func inputArrived() {
        guard let channel else { return }
        if channel.inputCount > 0 { hasInput = true }
        do throws(HTTPError) {
            while received.count < Self.watermark, try step(channel) {}
        } catch {
            fail(.protocolError, "not a valid response: \(error)")
            return
        }
        guard phase != .ended else { return }
        if received.count < Self.watermark { channel.resumeReading() }
    }

    private func step(_ channel: Channel) throws(HTTPError) -> Bool {
        guard phase == .awaitingHead || phase == .body else { return false }
        let event = try channel.withInput { (input) throws(HTTPError) in try parser.next(&input) }
        switch event {
        case .head(let head):
            // 1xx only announce the response; nobody here asks for an upgrade.
            if head.status == 101 { throw HTTPError(.badStatusLine) }
            if head.status >= 200 { gotHead(head, channel) }
        case .body(let bytes):
            gotPiece(bytes)
        case .end:
            finish()
        case nil:
            if channel.isInputEnded { inputEnded() }
            return false
        }
        return true
    }

    private func inputEnded() {
        let isCut = channel?.isTruncated ?? true
        if !isCut, case .end? = try? parser.finish() {
            // A body without a length ends with the connection.
            isKeepAlive = false
            finish()
        } else if !retried() {
            fail(
                .closed,
                hasInput ? "the connection ended within the response" : "the server closed the connection")
        }
    }

    private func gotHead(_ head: HTTPResponseHead, _ channel: Channel) {
        phase = .body
        isKeepAlive = head.keepsAlive
        if isStream {
            timer?.disarm()
            timer = nil
            armIdle()
        }
        let result = HeadResult.success(ClientHead(head: head, certificate: channel.certificate))
        headResult = result
        headWaiter.take()?.resume(returning: result)
    }

    private func gotPiece(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        armIdle()
        if let waiter = pieceWaiter.take() {
            waiter.resume(returning: .success(bytes))
        } else {
            received.append(bytes)
        }
    }

    private func armIdle() {
        guard isStream, let limit = request.idleTimeout else { return }
        let timer =
            idleTimer ?? loop.makeTimer { [unowned self] in fail(.timeout, "nothing received in time") }
        timer.arm(at: loop.now() + limit)
        idleTimer = timer
    }

    private func finish() {
        guard phase != .ended else { return }
        let channel = release()
        end = .success(())
        pieceWaiter.take()?.resume(returning: .success(nil))
        guard let channel else { return }
        if channel.pendingOutput > 0 {
            // Answered before the whole request was taken: the rest is not wanted.
            channel.abort()
        } else if isKeepAlive {
            channel.releaseMemory()
            pool.put(channel, key, request.tls)
        } else {
            channel.closeAfterFlush()
        }
    }

    // MARK: Failing

    private func closed(_ failure: ChannelFailure?) {
        guard phase != .ended else { return }
        switch failure {
        case .tls(let error):
            fail(.tls, error.message, error)
        case .truncated where phase == .handshaking:
            fail(.tls, "the server ended the TLS handshake")
        case .network(let error):
            if !retried() { fail(.closed, "connection lost: \(error)") }
        case .truncated, nil:
            if !retried() { fail(.closed, "the connection ended within the response") }
        }
    }

    /// A kept connection may be closed by the server just when it is used again: one more try on a new one.
    private func retried() -> Bool {
        guard isReused, !hasInput, phase == .awaitingHead, request.isIdempotent else { return false }
        isReused = false
        detach()?.abort()
        parser = Self.makeParser(request)
        dial()
        return true
    }

    private func detach() -> Channel? {
        channel?.onReady = nil
        channel?.onReadable = nil
        channel?.onClosed = nil
        return channel.take()
    }

    private func release() -> Channel? {
        phase = .ended
        timer?.disarm()
        idleTimer?.disarm()
        connectTimer?.disarm()
        timer = nil
        idleTimer = nil
        connectTimer = nil
        dialer?.cancel()
        dialer = nil
        return detach()
    }

    private func fail(_ kind: HTTPClientError.Kind, _ message: String, _ tls: TLSError? = nil) {
        guard phase != .ended else { return }
        release()?.abort()
        let error = HTTPClientError(kind, target: request.place, message, tls: tls)
        end = .failure(error)
        if headResult == nil {
            headResult = .failure(error)
            headWaiter.take()?.resume(returning: .failure(error))
        }
        pieceWaiter.take()?.resume(returning: .failure(error))
    }

    // MARK: The reader

    func head(_ waiter: CheckedContinuation<HeadResult, Never>) {
        if let headResult { waiter.resume(returning: headResult) } else { headWaiter = waiter }
    }

    func next(_ waiter: CheckedContinuation<PieceResult, Never>) {
        if !received.isEmpty {
            let piece = received.readAll()
            received.clear()
            waiter.resume(returning: .success(piece))
            if let channel { loop.afterBatch { if self.channel === channel { self.inputArrived() } } }
        } else if let end {
            waiter.resume(returning: end.map { nil })
        } else if pieceWaiter != nil {
            let error = HTTPClientError(.cancelled, target: request.place, "two readers of one stream")
            waiter.resume(returning: .failure(error))
        } else {
            pieceWaiter = waiter
        }
    }

    /// Gives up: pending and later reads fail with `cancelled`.
    func cancel() {
        received.clear()
        fail(.cancelled, "cancelled")
    }
}
