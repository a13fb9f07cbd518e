internal import Bytes
internal import HTTPCodec
internal import Reactor
internal import TLS

/// One client of a server: requests in, one at a time; responses out.
///
/// Confined to its loop.
final class ServerConnection {
    typealias Piece = CheckedContinuation<Result<Void, HTTPStreamError>, Never>

    private enum Phase {
        /// TLS's handshake.
        case handshaking
        /// Before the first byte of a request.
        case idle
        /// Within a head.
        case head
        case body(HTTPRequestHead)
        /// The handler has it.
        case handling
        case streaming
        /// The response waits for the client to take it before the next request is looked at.
        case draining
        /// All is said; reads on for a moment, so that closing does not destroy what was said last.
        case lingering
        case closed
    }

    private static let lingerTime = Duration.seconds(2)

    private let core: ServerCore
    private let loop: EventLoop
    private let channel: Channel
    private let peerAddress: SocketAddress
    private var peer: PeerInfo
    private var phase: Phase
    private var parser: RequestParser
    private var body: [UInt8] = []
    private var exchange: UInt64 = 0
    private var mustClose = false
    private var isHead = false
    private var isOldVersion = false
    private var task: Task<Void, Never>?
    private var waitingPiece: Piece?
    private var outputWhenArmed = 0
    private var timer: LoopTimer?

    private var limits: HTTPLimits { core.limits }

    init(_ core: ServerCore, _ channel: Channel, _ peerAddress: SocketAddress) {
        self.core = core
        self.channel = channel
        self.peerAddress = peerAddress
        loop = channel.loop
        peer = PeerInfo(address: peerAddress)
        parser = core.makeParser()
        phase = channel.isReady ? .idle : .handshaking
    }

    func start() {
        let timer = loop.makeTimer { [unowned self] in timeIsUp() }
        timer.arm(at: loop.now() + limits.headerTimeout)
        self.timer = timer
        channel.connection.outputHighWatermark = limits.writeWatermark
        channel.onReady = { [unowned self] in becameReady() }
        channel.onReadable = { [unowned self] in inputArrived() }
        channel.onWritable = { [unowned self] in outputDrained() }
        // The channel keeps this connection until it is closed.
        channel.onClosed = { [self] failure in closed(failure) }
        if channel.isReady { becameReady() }
    }

    private func becameReady() {
        peer = PeerInfo(
            address: peerAddress, localAddress: channel.connection.localAddress,
            certificate: channel.certificate,
            uriSAN: channel.uriSAN)
        if case .handshaking = phase { phase = .idle }
    }

    // MARK: Requests

    private func inputArrived() {
        switch phase {
        case .lingering:
            channel.discardInput()
            if channel.isInputEnded { channel.closeAfterFlush() }
        case .idle, .head, .body:
            parse()
        case .handling:
            // Input that waits here is the next request; the parser takes it when this one is answered.
            // TLS clients never half-close: the end means that this one left.
            if channel.isInputEnded && channel.isSecure { abandon() }
        case .streaming:
            if channel.isInputEnded { abandon() }
        case .handshaking, .draining, .closed:
            break
        }
    }

    private func parse() {
        do throws(HTTPError) {
            while try step() {}
        } catch {
            refuse(error.status, error.description)
        }
        if case .closed = phase { return }
        channel.resumeReading()
    }

    /// Takes one event out of the input; false when there is nothing more to do now.
    private func step() throws(HTTPError) -> Bool {
        switch phase {
        case .idle, .head, .body: break
        default: return false
        }
        let event = try channel.withInput { (input) throws(HTTPError) in try parser.next(&input) }
        switch event {
        case .head(let head):
            begin(head)
        case .body(let bytes):
            // The parser enforces the limit.
            body += bytes
        case .end:
            guard case .body(let head) = phase else { return false }
            dispatch(head)
        case nil:
            needsMore()
            return false
        }
        return true
    }

    private func needsMore() {
        if channel.isInputEnded {
            // In the middle of a request the client cannot be answered sensibly any more.
            phase = .lingering
            channel.closeAfterFlush()
        } else if case .idle = phase, channel.inputCount > 0 {
            phase = .head
            arm(limits.headerTimeout)
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        mustClose = !head.keepsAlive
        isHead = head.method == "HEAD"
        isOldVersion = head.minorVersion == 0
        body = []
        phase = .body(head)
        arm(limits.bodyTimeout)
        // A client that sent its body without waiting needs no answer (RFC 9110 10.1.1).
        if parser.expectsContinue && channel.inputCount == 0 { channel.write(Wire.continueResponse) }
    }

    private func dispatch(_ head: HTTPRequestHead) {
        guard
            let request = HTTPRequest(
                method: head.method, target: head.target, headers: head.headers, body: body, peer: peer)
        else {
            refuse(400, "the request target is not valid")
            return
        }
        body = []
        phase = .handling
        timer?.disarm()
        exchange += 1
        let handler = core.handler
        let bound = LoopBound(self, loop: loop)
        task = Task { [loop, exchange] in
            let response = await handler(request)
            // Cancelled means that the connection is gone; nobody waits for the answer.
            if Task.isCancelled { return }
            guard case .stream(let body) = response.body else {
                loop.submit { bound.value.answer(response, exchange) }
                return
            }
            let isAwaited = await withCheckedContinuation { continuation in
                loop.submit { continuation.resume(returning: bound.value.startStream(response, exchange)) }
            }
            if isAwaited { await body(HTTPBodyWriter(loop, bound, exchange)) }
            loop.submit { bound.value.endStream(exchange) }
        }
    }

    // MARK: Responses

    private func answer(_ response: HTTPResponse, _ exchange: UInt64) {
        guard exchange == self.exchange, case .handling = phase, case .bytes(let bytes) = response.body
        else { return }
        send(response, bytes)
        finishExchange()
    }

    private func send(_ response: HTTPResponse, _ bytes: [UInt8]) {
        var headers = response.headers
        let isBodiless = response.status == 204 || response.status == 304 || response.status < 200
        if !isBodiless { headers.set("Content-Length", String(bytes.count)) }
        var wire = head(response.status, headers)
        // Head and body in one write: one packet, one TLS record.
        if !isHead && !isBodiless { wire.append(bytes) }
        channel.write(wire)
    }

    private func head(_ status: Int, _ headers: HTTPHeaders) -> ByteQueue {
        var headers = headers
        if headers["date"] == nil { headers.set("Date", core.date()) }
        if headers.hasToken("close", in: "connection") || core.isStopping { mustClose = true }
        if mustClose {
            headers.set("Connection", "close")
        } else if isOldVersion {
            headers.set("Connection", "keep-alive")
        }
        return Wire.head(status, headers)
    }

    /// False when nothing is to be written: the client left, or asked for the head only.
    private func startStream(_ response: HTTPResponse, _ exchange: UInt64) -> Bool {
        guard exchange == self.exchange, case .handling = phase else { return false }
        var headers = response.headers
        headers.remove("Content-Length")
        if !isOldVersion { headers.set("Transfer-Encoding", "chunked") } else { mustClose = true }
        channel.write(head(response.status, headers))
        phase = .streaming
        if channel.isInputEnded || core.isStopping { abandonSoon() }
        return !isHead
    }

    func writePiece(_ bytes: [UInt8], _ exchange: UInt64, _ piece: Piece) {
        guard exchange == self.exchange, case .streaming = phase, channel.isOpen, waitingPiece == nil else {
            piece.resume(returning: .failure(.clientLeft))
            return
        }
        if !isOldVersion { channel.write(Wire.chunk(bytes)) } else { channel.write(bytes.span) }
        if channel.isWritable {
            piece.resume(returning: .success(()))
        } else if channel.isOpen {
            waitingPiece = piece
            armForOutput()
        } else {
            piece.resume(returning: .failure(.clientLeft))
        }
    }

    func cancelWrite(_ exchange: UInt64) {
        guard exchange == self.exchange else { return }
        waitingPiece.take()?.resume(returning: .failure(.cancelled))
    }

    private func endStream(_ exchange: UInt64) {
        guard exchange == self.exchange, case .streaming = phase else { return }
        if !isOldVersion && !isHead { channel.write(Wire.lastChunk()) }
        finishExchange()
    }

    private func finishExchange() {
        task = nil
        guard channel.isOpen else { return }
        if mustClose || core.isStopping || channel.isInputEnded && channel.inputCount == 0 {
            linger()
        } else if channel.isWritable {
            nextRequest()
        } else {
            phase = .draining
            armForOutput()
        }
    }

    private func nextRequest() {
        phase = .idle
        arm(limits.idleTimeout)
        channel.releaseMemory()
        // A pipelined request may wait already; not from within this one's call chain.
        loop.afterBatch { if case .idle = self.phase { self.parse() } }
    }

    private func outputDrained() {
        waitingPiece.take()?.resume(returning: .success(()))
        switch phase {
        case .streaming: timer?.disarm()
        case .draining: nextRequest()
        default: break
        }
    }

    // MARK: Ends

    /// Answers what cannot be handled, then closes.
    private func refuse(_ status: Int, _ message: String) {
        mustClose = true
        send(.text(message + "\n", status: status), Array((message + "\n").utf8))
        linger()
    }

    private func linger() {
        phase = .lingering
        body = []
        channel.endOutput()
        if channel.pendingOutput > 0 { armForOutput() } else { arm(Self.lingerTime) }
        if channel.isInputEnded { channel.closeAfterFlush() } else { channel.discardInput() }
    }

    /// The client left, or must be taken for gone: its handler stops.
    private func abandon() {
        task?.cancel()
        waitingPiece.take()?.resume(returning: .failure(.clientLeft))
        phase = .closed
        channel.abort()
    }

    private func abandonSoon() {
        loop.afterBatch {
            if case .streaming = self.phase { self.task?.cancel() }
        }
    }

    private func timeIsUp() {
        switch phase {
        case .head: refuse(408, "the request head took too long")
        case .body: refuse(408, "the request body took too long")
        case .idle where channel.pendingOutput == 0:
            phase = .closed
            channel.closeAfterFlush()
        case .draining, .streaming, .lingering:
            // Slow is allowed, standing still is not.
            if channel.pendingOutput > 0, channel.pendingOutput < outputWhenArmed {
                armForOutput()
            } else {
                abandon()
            }
        case .handshaking, .idle: abandon()
        case .handling, .closed: break
        }
    }

    private func armForOutput() {
        outputWhenArmed = channel.pendingOutput
        arm(limits.writeTimeout)
    }

    /// The server stops: no further request; what is under way may finish, streams are told to end.
    func stop() {
        switch phase {
        case .handshaking: abandon()
        case .idle, .head:
            phase = .closed
            channel.closeAfterFlush()
        case .streaming: task?.cancel()
        case .body, .handling, .draining, .lingering, .closed: break
        }
    }

    /// The time to finish is over.
    func kill() { abandon() }

    private func closed(_ failure: ChannelFailure?) {
        if case .tls(let error) = failure {
            Log.info(
                "http", "refused a TLS client", ["peer": peerAddress.description, "reason": error.message])
        }
        phase = .closed
        timer?.disarm()
        timer = nil
        task?.cancel()
        task = nil
        waitingPiece.take()?.resume(returning: .failure(.clientLeft))
        core.removed(self)
    }

    private func arm(_ duration: Duration) { timer?.arm(at: loop.now() + duration) }
}
