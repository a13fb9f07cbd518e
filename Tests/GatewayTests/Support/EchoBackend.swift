import Bytes
import HTTPCodec
import Reactor
import Synchronization

/// An HTTP/1.1 server that says what it was asked, on a loop of its own.
///
/// Paths: `/status/N`, `/big/BYTES`, `/chunked`, `/slow/MILLISECONDS`, `/close` (no answer), `/garbage`, `/cut`,
/// `/hang` (headers and a first chunk, then silence), `/upgrade`.
final class EchoBackend: Sendable {
    let name: String
    let address: SocketAddress
    private let loop: EventLoop
    private let count = Atomic<Int>(0)
    private let heads = Mutex<[HTTPRequestHead]>([])
    private let state: LoopBound<State>

    private final class State {
        var listener: TCPListener?
        var connections: [TCPConnection] = []
    }

    var requests: Int { count.load(ordering: .relaxed) }
    var lastHead: HTTPRequestHead? { heads.withLock { $0.last } }
    var allHeads: [HTTPRequestHead] { heads.withLock { $0 } }

    init(_ name: String, host: String = "127.0.0.1", port: UInt16 = 0) async throws {
        self.name = name
        let loop = EventLoop.started(name: name)
        self.loop = loop
        let made: (LoopBound<State>, SocketAddress) = await withCheckedContinuation { continuation in
            loop.submit {
                let box = LoopBound(State(), loop: loop)
                guard let any = SocketAddress(ip: host, port: port),
                    let listener = try? TCPListener(
                        loop: loop, address: any,
                        onAccept: { socket, peer in
                            guard
                                let connection = try? TCPConnection(
                                    loop: loop, socket: socket, peerAddress: peer)
                            else { return }
                            box.value.connections.append(connection)
                            EchoBackend.onAccept.withLock { $0[ObjectIdentifier(box)] }?(
                                LoopBound(connection, loop: loop))
                        })
                else { fatalError("no port") }
                box.value.listener = listener
                continuation.resume(returning: (box, listener.localAddress))
            }
        }
        (state, address) = made
        Self.onAccept.withLock { table in
            table[ObjectIdentifier(made.0)] = { [weak self] box in
                let connection = box.value
                let parser = Parser()
                connection.onReadable = { self?.serve($0, parser) }
            }
        }
    }

    private static let onAccept = Mutex<[ObjectIdentifier: @Sendable (LoopBound<TCPConnection>) -> Void]>([:])

    private final class Parser {
        var parser = RequestParser()
        var head: HTTPRequestHead?
        var body: [UInt8] = []
        var isRaw = false
    }

    private func serve(_ connection: TCPConnection, _ state: Parser) {
        if state.isRaw {
            connection.output.append(connection.input.readAll())
            connection.flush()
            if connection.isInputEnded { connection.closeAfterFlush() } else { connection.resumeReading() }
            return
        }
        while let event = try? state.parser.next(&connection.input) {
            switch event {
            case .head(let head):
                state.head = head
                state.body = []
            case .body(let bytes): state.body += bytes
            case .end:
                guard let head = state.head else { return }
                count.wrappingAdd(1, ordering: .relaxed)
                heads.withLock { $0.append(head) }
                answer(connection, head, state)
            }
        }
        if connection.isInputEnded { connection.closeAfterFlush() } else { connection.resumeReading() }
    }

    private func answer(_ connection: TCPConnection, _ head: HTTPRequestHead, _ state: Parser) {
        let parts = head.target.split(separator: "?")[0].split(separator: "/")
        let argument = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        var text = "\(name) \(head.method) \(head.target)\n\(head.headers)\nbody \(state.body.count)\n"
        var status = 200
        switch parts.first {
        case "status": status = argument
        case "big": text = String(repeating: "x", count: argument)
        case "close": return connection.close()
        case "garbage":
            connection.output.append(utf8: "not http at all\r\n\r\n")
            return connection.flush()
        case "cut":
            connection.output.append(utf8: "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort")
            return connection.closeAfterFlush()
        case "hang":
            connection.output.append(
                utf8: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            return connection.flush()
        case "upgrade":
            connection.output.append(
                utf8: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            connection.flush()
            state.isRaw = true
            return
        case "slow":
            let (loop, box) = (loop, LoopBound((connection, head), loop: loop))
            let reply = text
            loop.schedule(after: .milliseconds(argument)) {
                Self.write(box.value.0, box.value.1, 200, reply, isChunked: false)
            }
            return
        default: break
        }
        Self.write(connection, head, status, text, isChunked: parts.first == "chunked")
    }

    private static func write(
        _ connection: TCPConnection, _ head: HTTPRequestHead, _ status: Int, _ text: String, isChunked: Bool
    ) {
        guard connection.isOpen else { return }
        var headers: HTTPHeaders = ["x-backend": "1", "server": "echo"]
        headers.add(
            isChunked ? "transfer-encoding" : "content-length", isChunked ? "chunked" : "\(text.utf8.count)")
        HTTP1Serializer.write(HTTPResponseHead(status: status, headers: headers), to: &connection.output)
        if head.method != "HEAD" {
            if isChunked {
                HTTP1Serializer.writeChunk(Array(text.utf8), to: &connection.output)
                HTTP1Serializer.writeLastChunk(to: &connection.output)
            } else {
                connection.output.append(utf8: text)
            }
        }
        connection.flush()
    }

    /// Closes every connection, as a restart would.
    func dropConnections() async { await drop(andListener: false) }

    /// Closes the port with them, in one step: a client that comes back at once must find nobody.
    func stop() async { await drop(andListener: true) }

    private func drop(andListener: Bool) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit {
                if andListener { self.state.value.listener?.close() }
                for connection in self.state.value.connections { connection.close() }
                self.state.value.connections = []
                continuation.resume()
            }
        }
    }
}
