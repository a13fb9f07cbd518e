internal import Bytes
internal import HTTPCodec
internal import Reactor
internal import TLS

/// What a server owns on its loop: the listener and the connections.
final class ServerCore {
    let loop: EventLoop
    let limits: HTTPLimits
    let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    /// Taken by connections accepted from now on.
    var tls: TLSServerContext?
    private(set) var isStopping = false

    private var listener: TCPListener?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []
    private var stopTimer: LoopTimer?
    private var dateSecond: Int64 = -1
    private var dateText = ""

    init(
        loop: EventLoop, limits: HTTPLimits, tls: TLSServerContext?,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.loop = loop
        self.limits = limits
        self.tls = tls
        self.handler = handler
    }

    func listen(_ socket: consuming Socket) {
        guard !isStopping else { return }
        do throws(Errno) {
            // The listener's closure keeps the core until it stops.
            listener = try TCPListener(loop: loop, socket: socket) { socket, peer in self.accept(socket, peer)
            }
        } catch {
            Log.error("http", "cannot watch the listening socket", ["error": error.description])
        }
    }

    private func accept(_ socket: consuming Socket, _ peer: SocketAddress) {
        socket.setKeepAlive(idle: .seconds(60), interval: .seconds(15), count: 4)
        do throws(Errno) {
            let connection = try TCPConnection(loop: loop, socket: socket, peerAddress: peer)
            do throws(TLSError) {
                var session: TLSSession?
                if let tls { session = try TLSSession(server: tls) }
                let served = ServerConnection(self, Channel(connection, session), peer)
                connections[ObjectIdentifier(served)] = served
                served.start()
            } catch {
                connection.abort()
                Log.error("http", "cannot start a TLS session", ["error": error.message])
            }
        } catch {
            Log.warning("http", "cannot take a connection", ["error": error.description])
        }
        if connections.count >= limits.maxConnections { listener?.suspend() }
    }

    func removed(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.count == limits.maxConnections - 1, !isStopping { listener?.resume() }
        if isStopping && connections.isEmpty { finishStop() }
    }

    func stop(_ waiter: CheckedContinuation<Void, Never>) {
        stopWaiters.append(waiter)
        if !isStopping {
            isStopping = true
            listener?.close()
            listener = nil
            for connection in Array(connections.values) { connection.stop() }
            let timer = loop.makeTimer { [unowned self] in
                for connection in Array(connections.values) { connection.kill() }
            }
            timer.arm(at: loop.now() + limits.stopTimeout)
            stopTimer = timer
        }
        if connections.isEmpty { finishStop() }
    }

    private func finishStop() {
        stopTimer?.disarm()
        stopTimer = nil
        let waiters = stopWaiters
        stopWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    func makeParser() -> RequestParser {
        var http = HTTP1Limits()
        http.maxHeadBytes = limits.maxHeadBytes
        http.maxTargetBytes = limits.maxHeadBytes
        http.maxBodyBytes = Int64(limits.maxBodyBytes)
        http.allowsHTTP10 = true
        return RequestParser(limits: http)
    }

    var connectionCount: Int { connections.count }

    /// The time as `Date` carries it (RFC 9110 5.6.7), made once a second.
    func date() -> String {
        let now = Clock.wall()
        if now.seconds != dateSecond {
            dateSecond = now.seconds
            dateText = HTTPDate.text(now)
        }
        return dateText
    }
}
