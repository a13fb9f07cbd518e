internal import Bytes
internal import HTTPCodec
internal import Reactor

/// A request to the admin listener.
struct AdminRequest: Sendable {
    var method: String
    var path: String
    var query: [String: String]
}

/// Its answer.
struct AdminReply: Sendable {
    var status: Int
    var contentType = "text/plain; charset=UTF-8"
    var text: String
}

/// A small HTTP/1.1 server for operators: whole answers, bounded requests.
final class AdminServer: Sendable {
    private static let maxConnections = 64
    private static let timeout: Duration = .seconds(30)

    let address: SocketAddress
    private let state: LoopBound<State>
    private let loop: EventLoop

    private final class State {
        var listener: TCPListener?
        var connections: [ObjectIdentifier: TCPConnection] = [:]
    }

    private final class Client {
        var parser: RequestParser
        var head: HTTPRequestHead?
        var isAnswering = false
        var timer: LoopTimer?

        init() {
            var limits = HTTP1Limits()
            limits.maxBodyBytes = 64 * 1024
            parser = RequestParser(limits: limits)
        }
    }

    init(
        loop: EventLoop, address: SocketAddress,
        handler: @escaping @Sendable (AdminRequest) async -> AdminReply
    ) throws(Errno) {
        let state = State()
        let box = LoopBound(state, loop: loop)
        self.state = box
        self.loop = loop
        let listener = try TCPListener(loop: loop, address: address) { socket, peer in
            let state = box.value
            guard state.connections.count < Self.maxConnections,
                let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: peer)
            else { return }
            state.connections[ObjectIdentifier(connection)] = connection
            let client = Client()
            let timer = loop.makeTimer { [weak connection] in connection?.close() }
            timer.arm(at: loop.now() + Self.timeout)
            client.timer = timer
            connection.onReadable = { Self.readable($0, client, handler) }
            connection.onClosed = { connection, _ in
                client.timer?.disarm()
                box.value.connections[ObjectIdentifier(connection)] = nil
            }
        }
        state.listener = listener
        self.address = listener.localAddress
    }

    private static func readable(
        _ connection: TCPConnection, _ client: Client,
        _ handler: @escaping @Sendable (AdminRequest) async -> AdminReply
    ) {
        guard !client.isAnswering else { return }
        do throws(HTTPError) {
            while let event = try client.parser.next(&connection.input) {
                switch event {
                case .head(let head): client.head = head
                case .body: continue
                case .end:
                    guard let head = client.head else { return }
                    return answer(connection, client, head, handler)
                }
            }
        } catch {
            write(
                AdminReply(status: error.status, text: "\(error)\n"), isHEAD: false, keepsAlive: false,
                connection)
            return
        }
        if connection.isInputEnded { connection.close() }
    }

    private static func answer(
        _ connection: TCPConnection, _ client: Client, _ head: HTTPRequestHead,
        _ handler: @escaping @Sendable (AdminRequest) async -> AdminReply
    ) {
        client.isAnswering = true
        let request = AdminRequest(head)
        let loop = connection.loop
        let box = LoopBound((connection, client), loop: loop)
        Task {
            let reply = await handler(request)
            loop.submit {
                let (connection, client) = box.value
                client.isAnswering = false
                client.timer?.arm(at: loop.now() + timeout)
                write(reply, isHEAD: head.method == "HEAD", keepsAlive: head.keepsAlive, connection)
                if head.keepsAlive, connection.isOpen { readable(connection, client, handler) }
            }
        }
    }

    private static func write(
        _ reply: AdminReply, isHEAD: Bool, keepsAlive: Bool, _ connection: TCPConnection
    ) {
        var headers: HTTPHeaders = [
            "content-type": reply.contentType, "cache-control": "no-cache, max-age=0",
            "x-content-type-options": "nosniff", "content-length": String(reply.text.utf8.count),
        ]
        if !keepsAlive { headers.add("connection", "close") }
        HTTP1Serializer.write(
            HTTPResponseHead(status: reply.status, headers: headers), to: &connection.output)
        if !isHEAD { connection.output.append(utf8: reply.text) }
        connection.flush()
        if !keepsAlive { connection.closeAfterFlush() }
    }

    /// Stops; open connections end.
    func close() {
        loop.submit {
            let state = self.state.value
            state.listener?.close()
            state.listener = nil
            for connection in state.connections.values { connection.close() }
        }
    }
}

extension AdminRequest {
    init(_ head: HTTPRequestHead) {
        method = head.method
        let parts = head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = [:]
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[Self.decoded(halves[0])] = halves.count == 2 ? Self.decoded(halves[1]) : ""
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let high = ASCII.hexDigit(rest[rest.startIndex]),
                let low = ASCII.hexDigit(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
