internal import Bytes
internal import HTTPCodec
public import Reactor
internal import TLS

/// An HTTP/1.1 client with or without TLS that keeps connections per host, port and TLS context.
public final class HTTPClient: Sendable {
    private let loop: EventLoop
    private let ownsLoop: Bool
    private let pool: PoolBox

    /// A client on a running loop; without one it runs one of its own.
    public init(loop: EventLoop? = nil) {
        self.loop = loop ?? EventLoop.started(name: "http-client")
        ownsLoop = loop == nil
        pool = PoolBox()
    }

    deinit {
        loop.submit { [pool] in pool.retire() }
    }

    /// Sends a request and reads the whole response.
    ///
    /// A kept connection found closed is replaced once, for idempotent methods. Cancelling the task cancels it.
    public func request(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let (head, exchange) = try await start(request, isStream: false)
        var body: [UInt8] = []
        if let length = head.head.headers["content-length"].flatMap({ Int($0) }), length > request.maxBody,
            request.method != "HEAD"
        {
            loop.submit { exchange.value.cancel() }
            throw tooLarge(request)
        }
        while let piece = try await next(exchange) {
            if body.count + piece.count > request.maxBody {
                loop.submit { exchange.value.cancel() }
                throw tooLarge(request)
            }
            if body.isEmpty { body = piece } else { body += piece }
        }
        return HTTPClientResponse(
            status: head.head.status, headers: head.head.headers, body: body,
            peerCertificate: head.certificate)
    }

    /// Sends a request and returns when the head is there; the body is read from the stream.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientStream {
        let (head, exchange) = try await start(request, isStream: true)
        return HTTPClientStream(head, exchange, loop, request.place)
    }

    /// Closes the kept connections; requests under way go on and keep none.
    ///
    /// The client's own loop goes on.
    public func closeIdle() {
        loop.submit { [pool] in pool.closeIdle() }
    }

    /// Closes the kept connections and, when it is the client's own, ends the loop.
    ///
    /// Call when nothing is under way.
    public func shutdown() {
        loop.submit { [pool, loop, ownsLoop] in
            pool.closeIdle()
            if ownsLoop { loop.stop() }
        }
    }

    private func tooLarge(_ request: HTTPClientRequest) -> HTTPClientError {
        HTTPClientError(
            .bodyTooLarge, target: request.place, "the body is larger than \(request.maxBody) bytes")
    }

    private func start(
        _ request: HTTPClientRequest, isStream: Bool
    ) async throws(HTTPClientError) -> (ClientHead, LoopBound<ClientExchange>) {
        if Task.isCancelled { throw HTTPClientError(.cancelled, target: request.place, "cancelled") }
        let deadline = request.timeout.map { Clock.monotonic() + $0 }
        let addresses = try await resolve(request)
        let exchange: LoopBound<ClientExchange> = await withCheckedContinuation { continuation in
            loop.submit { [pool, loop] in
                let exchange = ClientExchange(
                    loop: loop, pool: pool.get(loop), request: request, addresses: addresses,
                    isStream: isStream)
                continuation.resume(returning: LoopBound(exchange, loop: loop))
                exchange.start(deadline: deadline)
            }
        }
        let result: ClientExchange.HeadResult = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit { exchange.value.head(continuation) }
            }
        } onCancel: {
            loop.submit { exchange.value.cancel() }
        }
        return (try result.get(), exchange)
    }

    private func next(_ exchange: LoopBound<ClientExchange>) async throws(HTTPClientError) -> [UInt8]? {
        let result: ClientExchange.PieceResult = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit { exchange.value.next(continuation) }
            }
        } onCancel: { [loop] in
            loop.submit { exchange.value.cancel() }
        }
        return try result.get()
    }

    private func resolve(_ request: HTTPClientRequest) async throws(HTTPClientError) -> [SocketAddress] {
        if !request.addresses.isEmpty { return request.addresses }
        if let address = IPAddress(request.bareHost) {
            return [SocketAddress(ip: address, port: request.port)]
        }
        let limit = min(request.connectTimeout, request.timeout ?? request.connectTimeout)
        switch await withTimeout(limit, { await DNS.resolve(request.bareHost) }) {
        case .success(let addresses): return addresses.map { SocketAddress(ip: $0, port: request.port) }
        case .failure(let error): throw HTTPClientError(.resolve, target: request.place, error.message)
        case nil: throw HTTPClientError(.timeout, target: request.place, "the name was not resolved in time")
        }
    }

    /// The result of `body`, or nil when it took longer; `body` then goes on unheard.
    private func withTimeout<T: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async -> T
    ) async -> T? {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            let timer = loop.schedule(after: limit) { once.resume(nil) }
            Task {
                let value = await body()
                timer.cancel()
                once.resume(value)
            }
        }
    }
}
