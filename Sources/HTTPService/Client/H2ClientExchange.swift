internal import Bytes
internal import HTTPCodec
internal import Reactor
internal import TLS

/// The connection under one `H2ClientStream`.
///
/// Confined to its loop.
final class H2ClientExchange {
    typealias Opened = CheckedContinuation<Result<Void, HTTPClientError>, Never>
    typealias Reader = CheckedContinuation<Result<H2ClientStream.Event?, HTTPClientError>, Never>

    /// Unread bytes of the response; the windows stop the server there.
    private static let window = 1 << 20
    private static let maxUnsent = 64 << 20
    private static let pingInterval = Duration.seconds(20)
    private static let pingTimeout = Duration.seconds(10)

    private let loop: EventLoop
    private let request: HTTPClientRequest
    private var codec: H2Connection
    private var stream: StreamID?
    private var dialer: Dialer?
    private var channel: Channel?
    private var connectTimer: LoopTimer?
    private var pingTimer: LoopTimer?
    private var isPinging = false

    private var openWaiter: Opened?
    private var openResult: Result<Void, HTTPClientError>?
    private var events: [H2ClientStream.Event] = []
    private var reader: Reader?
    private var unacknowledged = 0
    private var end: Result<Void, HTTPClientError>?
    private var unsent = ByteQueue()

    init(loop: EventLoop, request: HTTPClientRequest) {
        self.loop = loop
        self.request = request
        var settings = H2Settings()
        settings.initialStreamWindow = Self.window
        settings.initialConnectionWindow = Self.window
        codec = H2Connection(role: .client, settings: settings)
    }

    // MARK: Connecting

    func start() {
        guard Wire.isValid(method: request.method, target: request.target) else {
            return fail(.protocolError, "the method or target to send is not valid")
        }
        let deadline = loop.now() + request.connectTimeout
        let timer = loop.makeTimer { [unowned self] in fail(.timeout, "no connection in time") }
        timer.arm(at: deadline)
        connectTimer = timer
        let dialer = Dialer(loop: loop, addresses: request.addresses, deadline: deadline + .seconds(1)) {
            [self] result, address in
            dialed(result, address)
        }
        self.dialer = dialer
        dialer.start()
    }

    private func dialed(_ result: consuming ConnectResult, _ address: SocketAddress) {
        dialer = nil
        switch consume result {
        case .failed(let error): fail(.connect(error), "cannot connect to \(address): \(error)")
        case .connected(let socket): connected(socket, address)
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
            }
        } catch {
            fail(.connect(error), "cannot use the connection: \(error)")
        }
    }

    private func use(_ channel: Channel) {
        self.channel = channel
        channel.onReadable = { [self] in inputArrived() }
        channel.onClosed = { [self] failure in closed(failure) }
        if channel.isReady {
            begin()
        } else {
            channel.onReady = { [self] in begin() }
            channel.start()
        }
    }

    private func begin() {
        guard let channel, end == nil else { return }
        connectTimer?.disarm()
        connectTimer = nil
        channel.onReady = nil
        var out = ByteQueue()
        codec.start(into: &out)
        guard let stream = codec.openStream() else {
            return fail(.protocolError, "no stream can be opened")
        }
        self.stream = stream
        var head = HeadView()
        head.setMethod(Array(request.method.utf8))
        head.setTarget(Array(request.target.utf8))
        head.set(Array("host".utf8), Array((request.headers["host"] ?? request.place).utf8))
        for entry in request.headers.entries where entry.name.lowercased() != "host" {
            head.set(Array(entry.name.lowercased().utf8), Array(entry.value.utf8))
        }
        codec.sendRequest(
            head, scheme: channel.isSecure ? "https" : "http", stream: stream, endStream: false, into: &out)
        write(out)
        pump()
        armPing()
        openResult = .success(())
        openWaiter?.resume(returning: .success(()))
        openWaiter = nil
    }

    func opened(_ waiter: Opened) {
        if let openResult { waiter.resume(returning: openResult) } else { openWaiter = waiter }
    }

    // MARK: Sending

    func send(_ bytes: [UInt8]) {
        guard end == nil else { return }
        guard unsent.count + bytes.count <= Self.maxUnsent else {
            return fail(.timeout, "the server does not read")
        }
        unsent.append(bytes)
        pump()
    }

    /// Sends what the windows allow.
    private func pump() {
        guard let stream, !unsent.isEmpty, end == nil else { return }
        var out = ByteQueue()
        let taken = unsent.withReadable { codec.sendData($0, stream: stream, endStream: false, into: &out) }
        unsent.discard(taken)
        write(out)
    }

    private func write(_ out: borrowing ByteQueue) {
        guard let channel, !out.isEmpty else { return }
        channel.write(out)
        if channel.pendingOutput == 0 { codec.outputFlushed() }
    }

    private func armPing() {
        let timer = loop.makeTimer { [unowned self] in pingDue() }
        timer.arm(at: loop.now() + Self.pingInterval)
        pingTimer = timer
    }

    private func pingDue() {
        guard end == nil else { return }
        if isPinging { return fail(.timeout, "no answer to a PING") }
        isPinging = true
        var out = ByteQueue()
        codec.ping(1, into: &out)
        write(out)
        pingTimer?.arm(at: loop.now() + Self.pingTimeout)
    }

    // MARK: Receiving

    private func inputArrived() {
        guard let channel, end == nil else { return }
        var out = ByteQueue()
        do throws(H2Error) {
            try channel.withInput { (input) throws(H2Error) in
                while end == nil {
                    let used: Int
                    let step = try input.withReadable { (span) throws(H2Error) in
                        try read(span, into: &out)
                    }
                    switch step {
                    case .needsMore(let consumed): used = consumed
                    case .event(_, let consumed): used = consumed
                    }
                    input.discard(used)
                    if case .needsMore = step { return }
                }
            }
        } catch {
            write(out)
            return fail(.protocolError, "not valid HTTP/2: \(error)")
        }
        write(out)
        guard end == nil else { return }
        acknowledge()
        pump()
        guard end == nil else { return }
        if channel.isInputEnded {
            fail(.closed, "the connection ended")
        } else {
            channel.resumeReading()
        }
    }

    private func read(_ input: Span<UInt8>, into out: inout ByteQueue) throws(H2Error) -> H2Step {
        let step = try codec.next(input, into: &out)
        guard case .event(let event, _) = step else { return step }
        switch event {
        case .head(let id, let endStream) where id == stream:
            var view = HeadView()
            codec.takeHead(into: &view)
            emit(.head(status: view.status, Self.headers(view)))
            if endStream { finish(.success(())) }
        case .trailers(let id) where id == stream:
            var view = HeadView()
            codec.takeHead(into: &view)
            emit(.trailers(Self.headers(view)))
            finish(.success(()))
        case .data(let id, let range, let endStream) where id == stream:
            if !range.isEmpty {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(range.count)
                for index in range { bytes.append(input[index]) }
                emit(.data(bytes))
            }
            if endStream { finish(.success(())) }
        case .reset(let id, let code, _) where id == stream:
            finish(.failure(error(.closed, "the stream was reset: \(code)")))
        case .streamRefused(let id, let code) where id == stream:
            finish(.failure(error(.protocolError, "a bad response: \(code)")))
        case .goAway(let last, let code):
            if let stream, stream > last { finish(.failure(error(.closed, "the server goes away: \(code)"))) }
        case .pong:
            isPinging = false
            pingTimer?.arm(at: loop.now() + Self.pingInterval)
        case .informational:
            var view = HeadView()
            codec.takeHead(into: &view)
        default: break
        }
        return step
    }

    private static func headers(_ view: borrowing HeadView) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for field in view.fields { headers.add(view.text(field.name), view.text(field.value)) }
        return headers
    }

    private func emit(_ event: H2ClientStream.Event) {
        if let reader {
            self.reader = nil
            hand(event, to: reader)
        } else {
            events.append(event)
        }
    }

    private func hand(_ event: H2ClientStream.Event, to reader: Reader) {
        if case .data(let bytes) = event { unacknowledged += bytes.count }
        reader.resume(returning: .success(event))
    }

    /// Opens the windows by what the reader took.
    private func acknowledge() {
        guard unacknowledged > 0, let stream, end == nil else { return }
        var out = ByteQueue()
        codec.consumed(unacknowledged, stream: stream, into: &out)
        unacknowledged = 0
        write(out)
    }

    func next(_ reader: Reader) {
        if !events.isEmpty {
            hand(events.removeFirst(), to: reader)
            return acknowledge()
        }
        switch end {
        case .success: reader.resume(returning: .success(nil))
        case .failure(let error): reader.resume(returning: .failure(error))
        case nil: self.reader = reader
        }
    }

    // MARK: The end

    func cancel() {
        guard end == nil else { return }
        if let stream {
            var out = ByteQueue()
            codec.reset(stream, .cancel, into: &out)
            codec.goAway(.noError, into: &out)
            write(out)
        }
        finish(.failure(error(.cancelled, "cancelled")))
    }

    private func closed(_ failure: ChannelFailure?) {
        channel = nil
        switch failure {
        case .tls(let error): fail(.tls, error.message, error)
        case .network(let error): fail(.closed, "the connection failed: \(error)")
        case .truncated, nil: fail(.closed, "the connection ended")
        }
    }

    private func error(
        _ kind: HTTPClientError.Kind, _ message: String, _ tls: TLSError? = nil
    ) -> HTTPClientError {
        HTTPClientError(kind, target: request.place, message, tls: tls)
    }

    private func fail(_ kind: HTTPClientError.Kind, _ message: String, _ tls: TLSError? = nil) {
        finish(.failure(error(kind, message, tls)))
    }

    private func finish(_ result: Result<Void, HTTPClientError>) {
        guard end == nil else { return }
        end = result
        dialer?.cancel()
        dialer = nil
        connectTimer?.disarm()
        pingTimer?.disarm()
        if let channel {
            channel.onClosed = nil
            channel.onReadable = nil
            channel.onReady = nil
            channel.closeAfterFlush()
        }
        channel = nil
        unsent.clear()
        if openResult == nil {
            openResult = result
            openWaiter?.resume(returning: result)
            openWaiter = nil
        }
        guard let reader else { return }
        self.reader = nil
        switch result {
        case .success: reader.resume(returning: .success(nil))
        case .failure(let error): reader.resume(returning: .failure(error))
        }
    }
}
