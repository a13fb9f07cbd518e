public import Bytes
internal import Glibc

/// Opens TCP connections without blocking.
public enum TCPConnector {
    /// Connects, and hands the socket over or says why not; never calls back before it returns.
    ///
    /// On the loop only.
    ///
    /// The result comes within `timeout`, as `Errno.timedOut` at the latest. `cancel()` of the attempt
    /// returned closes the socket and calls nothing any more.
    @discardableResult
    public static func connect(
        loop: EventLoop, address: SocketAddress, from local: SocketAddress? = nil, timeout: Duration,
        completion: @escaping (consuming ConnectResult) -> Void
    ) -> ConnectAttempt {
        let attempt = ConnectAttempt(loop: loop, completion: completion)
        attempt.start(address, local, timeout)
        return attempt
    }
}

/// How a connect ended.
public enum ConnectResult: ~Copyable {
    /// Connected; TCP_NODELAY is set, the socket is not registered.
    case connected(Socket)
    /// Not connected.
    case failed(Errno)
}

/// A connect under way.
public final class ConnectAttempt: EventHandler {
    private let loop: EventLoop
    private var completion: ((consuming ConnectResult) -> Void)?
    private var socket: Socket?
    private var registration: Registration?
    private var timer: LoopTimer?

    init(loop: EventLoop, completion: @escaping (consuming ConnectResult) -> Void) {
        self.loop = loop
        self.completion = completion
    }

    func start(_ address: SocketAddress, _ local: SocketAddress?, _ timeout: Duration) {
        loop.assertOnLoop()
        do throws(Errno) {
            let socket = try Socket.connecting(to: address, from: local)
            registration = try loop.register(socket.fd, [.writable, .edgeTriggered], handler: self)
            self.socket = consume socket
        } catch {
            loop.afterBatch { self.finish(error) }
            return
        }
        let timer = loop.makeTimer { [unowned self] in finish(.timedOut) }
        timer.arm(at: loop.now() + timeout)
        self.timer = timer
    }

    /// Readiness from the loop.
    public func handle(_ events: IOEvents) {
        guard socket != nil else { return }
        finish(socket?.takeError())
    }

    /// The loop ends: the connect fails with `Errno.canceled`.
    public func loopEnded() { finish(.canceled) }

    private func finish(_ error: Errno?) {
        guard let completion else { return }
        let socket = release()
        if let error {
            completion(.failed(error))
        } else if let socket {
            completion(.connected(socket))
        } else {
            completion(.failed(.canceled))
        }
    }

    private func release() -> Socket? {
        completion = nil
        timer?.disarm()
        timer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        return socket.take()
    }

    /// Gives up; the completion is not called.
    public func cancel() { _ = release() }
}
