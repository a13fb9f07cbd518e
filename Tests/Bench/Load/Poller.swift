import CSystem
import Glibc

/// A level-triggered epoll set whose entries carry a number of the caller's.
struct Poller: ~Copyable {
    private static let capacity = 256
    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    init() {
        descriptor = epoll_create1(0x80000 /* EPOLL_CLOEXEC */)
        precondition(descriptor >= 0, "epoll_create1: \(errno)")
        events = .allocate(capacity: Self.capacity)
        events.initialize(repeating: epoll_event(), count: Self.capacity)
    }

    deinit {
        events.deallocate()
        close(descriptor)
    }

    /// Watches for input, and for room to write when `writing`.
    func add(_ socket: Int32, token: UInt64, writing: Bool) {
        control(EPOLL_CTL_ADD, socket, token, writing)
    }

    /// Changes whether room to write is of interest.
    func modify(_ socket: Int32, token: UInt64, writing: Bool) {
        control(EPOLL_CTL_MOD, socket, token, writing)
    }

    private func control(_ operation: Int32, _ socket: Int32, _ token: UInt64, _ writing: Bool) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
        event.data.u64 = token
        epoll_ctl(descriptor, operation, socket, &event)
    }

    /// Calls `body` with the token of every ready socket and whether it can be written.
    func wait(milliseconds: Int32, _ body: (_ token: UInt64, _ writable: Bool) -> Void) {
        let count = epoll_wait(descriptor, events, Int32(Self.capacity), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = events[index]
            body(event.data.u64, event.events & EPOLLOUT.rawValue != 0)
        }
    }
}

/// Plain loopback sockets.
enum Loopback {
    private static let address: UInt64 = 0x7f00_0001

    /// A listening socket on a port of the kernel's choice.
    static func listen() throws -> (socket: Int32, port: UInt16) {
        let socket = csystem_tcp_socket(4)
        guard socket >= 0 else { throw BenchError("socket: errno \(errno)") }
        var wanted = csystem_address()
        wanted.family = 4
        wanted.low = address
        var bound = csystem_address()
        csystem_set_option(socket, Int32(CSYSTEM_REUSE_ADDRESS.rawValue), 1)
        guard csystem_bind(socket, &wanted) == 0, Glibc.listen(socket, 4096) == 0,
            csystem_local_address(socket, &bound) == 0
        else { throw BenchError("cannot listen: errno \(errno)") }
        return (socket, bound.port)
    }

    /// Ports that were free a moment ago, all different.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let (socket, port) = try listen()
            sockets.append(socket)
            return port
        }
    }

    /// Starts to connect, which is done when the socket becomes writable; -1 on failure.
    static func connect(_ port: UInt16) -> Int32 {
        let socket = csystem_tcp_socket(4)
        guard socket >= 0 else { return -1 }
        csystem_set_option(socket, Int32(CSYSTEM_NO_DELAY.rawValue), 1)
        var target = csystem_address()
        target.family = 4
        target.low = address
        target.port = port
        guard csystem_connect(socket, &target) == 0 || errno == EINPROGRESS else {
            close(socket)
            return -1
        }
        return socket
    }

    /// Whether something listens there.
    static func answers(_ port: UInt16) -> Bool {
        let socket = connect(port)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var wait = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        guard poll(&wait, 1, 200) == 1 else { return false }
        return csystem_socket_error(socket) == 0
    }
}

/// What stops the benchmark, in words.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
