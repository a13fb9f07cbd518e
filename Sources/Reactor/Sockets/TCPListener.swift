public import Bytes
internal import Glibc

/// Accepts TCP connections on one loop.
///
/// Create and use it on the loop's thread.
///
/// Out of descriptors it pauses for 100 ms and says so once, in place of spinning.
public final class TCPListener: EventHandler {
    private static let acceptsPerEvent = 64

    private let loop: EventLoop
    private let socket: Socket
    private let onAccept: (consuming Socket, SocketAddress) -> Void
    private var registration: Registration?
    private var pause: LoopTimer?
    private var isOutOfDescriptors = false
    private var isSuspended = false

    /// The address bound, with the port the kernel chose when 0 was asked for.
    public let localAddress: SocketAddress

    /// Listens and accepts at once; the loop keeps the listener until `close()`.
    public convenience init(
        loop: EventLoop, address: SocketAddress, reusePort: Bool = false, backlog: Int = 1024,
        onAccept: @escaping (consuming Socket, SocketAddress) -> Void
    ) throws(Errno) {
        let socket = try Socket.listening(on: address, reusePort: reusePort, backlog: backlog)
        try self.init(loop: loop, socket: socket, onAccept: onAccept)
    }

    /// Accepts on a socket that listens already; the loop keeps the listener until `close()`.
    public init(
        loop: EventLoop, socket: consuming Socket,
        onAccept: @escaping (consuming Socket, SocketAddress) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.onAccept = onAccept
        guard let bound = socket.localAddress else { throw Errno(code: EINVAL) }
        localAddress = bound
        let fd = socket.fd
        self.socket = socket
        registration = try loop.register(fd, .readable, handler: self)
    }

    /// Readiness from the loop.
    public func handle(_ events: IOEvents) {
        // Level-triggered: whoever still waits is reported again.
        for _ in 0..<Self.acceptsPerEvent {
            guard registration != nil, !isSuspended else { return }
            switch socket.accept() {
            case .socket(let accepted, let peer):
                isOutOfDescriptors = false
                onAccept(accepted, peer)
            case .wouldBlock:
                return
            case .failed(let error):
                failed(error)
                return
            }
        }
    }

    private func failed(_ error: Errno) {
        if !isOutOfDescriptors {
            isOutOfDescriptors = true
            Log.warning(
                "listener", "cannot accept connections for now",
                ["address": localAddress.description, "error": error.description])
        }
        suspend()
        let timer = loop.makeTimer { [unowned self] in resume() }
        timer.arm(at: loop.now() + .milliseconds(100))
        pause = timer
    }

    /// Stops accepting; connections wait in the kernel's backlog.
    public func suspend() {
        guard let registration, !isSuspended else { return }
        isSuspended = true
        try? loop.modify(registration, [])
    }

    /// Accepts again.
    public func resume() {
        pause?.disarm()
        pause = nil
        guard let registration, isSuspended else { return }
        isSuspended = false
        try? loop.modify(registration, .readable)
    }

    /// Whether it still listens.
    public var isOpen: Bool { registration != nil }

    /// Stops listening: new connections are refused once the last reference is gone.
    public func close() {
        guard let registration else { return }
        pause?.disarm()
        pause = nil
        self.registration = nil
        socket.shutdownBoth()
        loop.deregister(registration)
    }
}
