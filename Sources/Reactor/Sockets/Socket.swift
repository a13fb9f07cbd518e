public import Bytes
internal import CSystem
internal import Glibc

/// What one non-blocking read or write did.
public enum IOResult: Equatable, Sendable {
    /// This many bytes moved; at least 1.
    case bytes(Int)
    /// Nothing moved; the descriptor reports when it is ready.
    case wouldBlock
    /// The peer sends no more.
    case endOfStream
    /// The connection is broken.
    case failed(Errno)
}

/// A non-blocking, close-on-exec TCP or UDP socket with one owner, closed when the owner ends.
public struct Socket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// The descriptor's number, to register with a loop.
    ///
    /// Valid while this value lives.
    public var fd: Int32 { descriptor.rawValue }

    /// Takes ownership of a non-blocking socket, as `release()` gave it away on another thread.
    public init(owning fd: Int32) { descriptor = FileDescriptor(owning: fd) }

    /// Gives the number away without closing it.
    public consuming func release() -> Int32 { descriptor.release() }

    /// An unconnected socket of the address's family.
    public init(for address: SocketAddress) throws(Errno) {
        let fd = csystem_tcp_socket(Int32(csystem_address(address).family))
        guard fd >= 0 else { throw Errno.last }
        descriptor = FileDescriptor(owning: fd)
    }

    /// A socket that starts connecting; writable when it has, or failed: see `takeError`.
    ///
    /// `from` binds the local end first. Refusal may be reported at once, by throwing.
    public static func connecting(to address: SocketAddress, from local: SocketAddress? = nil) throws(Errno)
        -> Socket
    {
        let socket = try Socket(for: address)
        socket.setNoDelay()
        if let local {
            var native = csystem_address(local)
            guard csystem_bind(socket.fd, &native) == 0 else { throw Errno.last }
        }
        var native = csystem_address(address)
        while csystem_connect(socket.fd, &native) != 0 {
            let error = Errno.last
            if error.code == EINPROGRESS { break }
            if error.code != EINTR { throw error }
        }
        return socket
    }

    /// A UDP socket that sends to one address and receives from that address alone.
    ///
    /// The kernel draws its port. Each `send` is a datagram, each `receive` takes one, cut to the buffer; an empty
    /// one reads as `endOfStream` and ends nothing. A port that nobody holds reads as a refusal.
    public static func datagrams(to address: SocketAddress) throws(Errno) -> Socket {
        let fd = csystem_udp_socket(Int32(csystem_address(address).family))
        guard fd >= 0 else { throw Errno.last }
        let socket = Socket(owning: fd)
        var native = csystem_address(address)
        guard csystem_connect(fd, &native) == 0 else { throw Errno.last }
        return socket
    }

    /// A listening socket.
    ///
    /// Port 0 takes a free one: see `localAddress`.
    public static func listening(
        on address: SocketAddress, reusePort: Bool = false, backlog: Int = 1024
    ) throws(Errno) -> Socket {
        let socket = try Socket(for: address)
        var native = csystem_address(address)
        var code = csystem_set_option(socket.fd, Int32(CSYSTEM_REUSE_ADDRESS.rawValue), 1)
        if reusePort && code == 0 {
            code = csystem_set_option(socket.fd, Int32(CSYSTEM_REUSE_PORT.rawValue), 1)
        }
        if native.family == 6 && code == 0 {
            code = csystem_set_option(socket.fd, Int32(CSYSTEM_V6_ONLY.rawValue), 1)
        }
        guard code == 0, csystem_bind(socket.fd, &native) == 0,
            listen(socket.fd, Int32(clamping: backlog)) == 0
        else { throw Errno.last }
        return socket
    }

    /// What `accept` found.
    public enum Accepted: ~Copyable {
        /// A new connection and who is at its other end.
        case socket(Socket, SocketAddress)
        /// Nobody waits.
        case wouldBlock
        /// The one waiting is lost, or the process is out of descriptors or memory.
        case failed(Errno)
    }

    /// Takes one waiting connection of a listening socket.
    public borrowing func accept() -> Accepted {
        var native = csystem_address()
        while true {
            let accepted = csystem_accept(fd, &native)
            if accepted >= 0 {
                let socket = Socket(owning: accepted)
                guard let peer = SocketAddress(native) else { return .failed(Errno(code: EAFNOSUPPORT)) }
                return .socket(socket, peer)
            }
            let error = Errno.last
            switch error.code {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(error)
            }
        }
    }

    /// Reads what is there into the buffer.
    public borrowing func receive(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        while true {
            let count = csystem_recv(fd, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .endOfStream }
            let error = Errno.last
            if error.code == EAGAIN { return .wouldBlock }
            if error.code != EINTR { return .failed(error) }
        }
    }

    /// Writes as many of the bytes as the kernel takes now.
    ///
    /// Never raises SIGPIPE.
    public borrowing func send(_ bytes: Span<UInt8>) -> IOResult {
        bytes.withUnsafeBytes { buffer in send(buffer) }
    }

    /// Writes as many of the bytes as the kernel takes now.
    ///
    /// Never raises SIGPIPE.
    public borrowing func send(_ buffer: UnsafeRawBufferPointer) -> IOResult {
        guard buffer.count > 0 else { return .wouldBlock }
        while true {
            let count = csystem_send(fd, buffer.baseAddress, buffer.count)
            if count >= 0 { return .bytes(count) }
            let error = Errno.last
            if error.code == EAGAIN { return .wouldBlock }
            if error.code != EINTR { return .failed(error) }
        }
    }

    /// Ends the sending half: the peer reads the end of the stream.
    public borrowing func shutdownOutput() { _ = shutdown(fd, Int32(SHUT_WR)) }

    /// Ends both halves.
    public borrowing func shutdownBoth() { _ = shutdown(fd, Int32(SHUT_RDWR)) }

    /// Takes the pending error: nil when a connect succeeded.
    public borrowing func takeError() -> Errno? {
        let code = csystem_socket_error(fd)
        return code == 0 ? nil : Errno(code: code)
    }

    /// Whether bytes, an end or an error wait, without reading them.
    ///
    /// For pooled connections.
    public borrowing func hasInput() -> Bool { csystem_has_input(fd) != 0 }

    /// Sends small writes at once (TCP_NODELAY).
    public borrowing func setNoDelay() { set(CSYSTEM_NO_DELAY, 1) }

    /// Asks the peer for a sign of life when nothing moved for `idle`, each `interval`, `count` times.
    public borrowing func setKeepAlive(idle: Duration, interval: Duration, count: Int) {
        set(CSYSTEM_KEEP_ALIVE, 1)
        set(CSYSTEM_KEEP_ALIVE_IDLE, Int32(clamping: max(1, idle.components.seconds)))
        set(CSYSTEM_KEEP_ALIVE_INTERVAL, Int32(clamping: max(1, interval.components.seconds)))
        set(CSYSTEM_KEEP_ALIVE_COUNT, Int32(clamping: count))
    }

    /// Fails the connection when sent bytes stay unacknowledged this long (TCP_USER_TIMEOUT).
    public borrowing func setUserTimeout(_ timeout: Duration) {
        let parts = timeout.components
        let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        set(CSYSTEM_USER_TIMEOUT, Int32(clamping: milliseconds))
    }

    /// Closing will reset the connection in place of an orderly end.
    public borrowing func setResetOnClose() { set(CSYSTEM_LINGER_RESET, 1) }

    /// Limits the kernel's receive and send buffers; nil leaves one as it is.
    public borrowing func setBufferSizes(receive: Int?, send: Int?) {
        if let receive { set(CSYSTEM_RECEIVE_BUFFER, Int32(clamping: receive)) }
        if let send { set(CSYSTEM_SEND_BUFFER, Int32(clamping: send)) }
    }

    private borrowing func set(_ option: csystem_option, _ value: Int32) {
        _ = csystem_set_option(fd, Int32(option.rawValue), value)
    }

    /// The local end; nil when the socket has none.
    public var localAddress: SocketAddress? {
        var native = csystem_address()
        return csystem_local_address(fd, &native) == 0 ? SocketAddress(native) : nil
    }

    /// The other end; nil when not connected.
    public var peerAddress: SocketAddress? {
        var native = csystem_address()
        return csystem_peer_address(fd, &native) == 0 ? SocketAddress(native) : nil
    }
}
