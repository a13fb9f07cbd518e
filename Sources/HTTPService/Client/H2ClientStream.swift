public import HTTPCodec
public import Reactor

/// One request over an HTTP/2 connection of its own whose two directions flow at the same time, as gRPC streams do.
///
/// One reader at a time.
///
/// Dropping it cancels the request and closes the connection.
public final class H2ClientStream: Sendable {
    /// What the server sends.
    public enum Event: Sendable {
        /// The response's head.
        case head(status: Int, HTTPHeaders)
        /// Bytes of its body, at least one.
        case data([UInt8])
        /// The fields after the body.
        case trailers(HTTPHeaders)
    }

    private let loop: EventLoop
    private let exchange: LoopBound<H2ClientExchange>

    private init(_ exchange: LoopBound<H2ClientExchange>, _ loop: EventLoop) {
        self.exchange = exchange
        self.loop = loop
    }

    deinit { cancel() }

    /// Connects and sends the request's head; its body is what `send` adds.
    ///
    /// `request.addresses` must be given. A silent connection is noticed by PINGs: without an answer for ten seconds it
    /// fails with `timeout`.
    public static func open(
        _ request: HTTPClientRequest, loop: EventLoop
    ) async throws(HTTPClientError) -> H2ClientStream {
        let exchange: LoopBound<H2ClientExchange> = await withCheckedContinuation { continuation in
            loop.submit {
                let exchange = H2ClientExchange(loop: loop, request: request)
                continuation.resume(returning: LoopBound(exchange, loop: loop))
                exchange.start()
            }
        }
        let stream = H2ClientStream(exchange, loop)
        let opened: Result<Void, HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit { exchange.value.opened(continuation) }
            }
        } onCancel: {
            loop.submit { exchange.value.cancel() }
        }
        try opened.get()
        return stream
    }

    /// Sends bytes of the request's body, as fast as the server's windows allow; at most 64 MiB may wait.
    public func send(_ bytes: [UInt8]) {
        loop.submit { [exchange] in exchange.value.send(bytes) }
    }

    /// The next of the response; nil at its orderly end.
    ///
    /// Cancelling the task cancels the request.
    public func next() async throws(HTTPClientError) -> Event? {
        let result: Result<Event?, HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit { [exchange] in exchange.value.next(continuation) }
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    /// Ends the request and closes its connection.
    ///
    /// Any number of times.
    public func cancel() {
        loop.submit { [exchange] in exchange.value.cancel() }
    }
}
