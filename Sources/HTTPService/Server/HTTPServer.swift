public import Bytes
public import Reactor
internal import Synchronization
public import TLS

/// An HTTP/1.1 server with or without TLS: one loop does its input and output, each request is a task.
///
/// Keep-alive, pipelining (answered in order, one at a time), chunked streams with back-pressure,
/// `Expect: 100-continue`, and the limits of `HTTPLimits`. Call `stop()`: dropping the server does not end it.
public final class HTTPServer: Sendable {
    private let address: SocketAddress
    private let loop: EventLoop
    private let ownsLoop: Bool
    private let limits: HTTPLimits
    private let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    private let state: Mutex<State>

    private struct State: Sendable {
        var tls: TLSServerContext?
        var bound: SocketAddress?
        var isStopped = false
        var core: LoopBound<ServerCore>?
    }

    /// Makes a server; port 0 takes a free one.
    ///
    /// Without a loop it runs one of its own. `handler` is called for every request, many at once; cancelled
    /// when a client leaves.
    public init(
        address: SocketAddress, tls: TLSServerContext? = nil, limits: HTTPLimits = HTTPLimits(),
        loop: EventLoop? = nil, handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.address = address
        self.loop = loop ?? EventLoop(name: "http")
        ownsLoop = loop == nil
        self.limits = limits
        self.handler = handler
        state = Mutex(State(tls: tls))
    }

    /// Binds and serves.
    ///
    /// Throws when the address cannot be had; call it once.
    public func start() throws(HTTPServerError) {
        let fd: Int32
        do throws(Errno) {
            let socket = try Socket.listening(on: address)
            let bound = socket.localAddress
            state.withLock { $0.bound = bound }
            fd = socket.release()
        } catch {
            throw HTTPServerError(address: address, errno: error)
        }
        if ownsLoop { loop.start() }
        loop.submit { [self] in
            let core = ServerCore(
                loop: loop, limits: limits, tls: state.withLock { $0.tls }, handler: handler)
            let bound = LoopBound(core, loop: loop)
            state.withLock { $0.core = bound }
            core.listen(Socket(owning: fd))
        }
    }

    /// The address served, with the port chosen; before `start()` the one asked for.
    public var boundAddress: SocketAddress { state.withLock { $0.bound } ?? address }

    /// Serves new connections with another TLS context; connections at hand keep theirs.
    public func updateTLS(_ context: TLSServerContext) {
        state.withLock { $0.tls = context }
        loop.submit { [self] in
            let (core, tls) = state.withLock { ($0.core, $0.tls) }
            core?.value.tls = tls
        }
    }

    /// Stops listening, cancels streams, lets requests under way finish, closes; returns when all is closed.
    ///
    /// What takes longer than `HTTPLimits.stopTimeout` is cut off. Stopping before `start()` or twice is harmless.
    public func stop() async {
        let isRunning = state.withLock { state in
            defer { state.isStopped = true }
            return state.bound != nil && !state.isStopped
        }
        guard isRunning else { return }
        await withCheckedContinuation { continuation in
            loop.submit { [self] in
                if let core = state.withLock({ $0.core }) {
                    core.value.stop(continuation)
                } else {
                    continuation.resume()
                }
            }
        }
        if ownsLoop { loop.stop() }
    }

    /// The clients connected now.
    public func connectionCount() async -> Int {
        await withCheckedContinuation { continuation in
            loop.submit { [self] in
                continuation.resume(returning: state.withLock { $0.core }?.value.connectionCount ?? 0)
            }
        }
    }
}

/// Why a server does not serve.
public struct HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address asked for.
    public let address: SocketAddress
    /// The kernel's reason.
    public let errno: Errno

    /// `cannot listen on 127.0.0.1:80: Permission denied`.
    public var description: String { "cannot listen on \(address): \(errno)" }
}
