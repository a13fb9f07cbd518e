public import HTTPCodec
internal import Reactor
public import TLS

/// A response whose body is read piece by piece, as it arrives.
///
/// One reader at a time.
///
/// Dropping it cancels the request.
public final class HTTPClientStream: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The server's certificate, verified; nil without TLS.
    public let peerCertificate: Certificate?

    private let loop: EventLoop
    private let exchange: LoopBound<ClientExchange>
    private let target: String

    init(_ head: ClientHead, _ exchange: LoopBound<ClientExchange>, _ loop: EventLoop, _ target: String) {
        status = head.head.status
        headers = head.head.headers
        peerCertificate = head.certificate
        self.exchange = exchange
        self.loop = loop
        self.target = target
    }

    deinit { cancel() }

    /// The next bytes, at least one; nil at the clean end.
    ///
    /// Cancelling the task cancels the request.
    public func next() async throws(HTTPClientError) -> [UInt8]? {
        let result: ClientExchange.PieceResult = await withTaskCancellationHandler {
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
