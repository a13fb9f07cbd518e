internal import Reactor

/// Why a piece of a streamed body could not be written.
public enum HTTPStreamError: Error, Hashable, Sendable {
    /// The client left, or stopped taking bytes.
    case clientLeft
    /// The task that writes was cancelled.
    case cancelled
}

/// Writes one streamed response.
///
/// Pieces arrive in order; one task writes at a time.
public final class HTTPBodyWriter: Sendable {
    private let loop: EventLoop
    private let connection: LoopBound<ServerConnection>
    private let exchange: UInt64

    init(_ loop: EventLoop, _ connection: LoopBound<ServerConnection>, _ exchange: UInt64) {
        self.loop = loop
        self.connection = connection
        self.exchange = exchange
    }

    /// Sends a piece at once; an empty one sends nothing.
    ///
    /// Suspends while more than the watermark waits for the client. Throws when the client left or the task is
    /// cancelled, after which every call throws.
    public func write(_ bytes: [UInt8]) async throws(HTTPStreamError) {
        if Task.isCancelled { throw .cancelled }
        let result: Result<Void, HTTPStreamError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit { [connection, exchange] in
                    connection.value.writePiece(bytes, exchange, continuation)
                }
            }
        } onCancel: {
            loop.submit { [connection, exchange] in connection.value.cancelWrite(exchange) }
        }
        try result.get()
    }

    /// Sends text as UTF-8.
    public func write(_ text: String) async throws(HTTPStreamError) { try await write(Array(text.utf8)) }
}
