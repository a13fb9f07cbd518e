import Bytes
import HTTPCodec
import Reactor
import Synchronization

/// An HTTP/2 server on a clear connection that says what it was asked, on a loop of its own.
///
/// Paths: `/empty` (a head alone), `/trailers-only` (a head alone, with a gRPC status), `/trailers`, `/refuse` (the first
/// one is refused), `/goaway` (the first one is left unprocessed), `/reset`; anything else echoes.
final class HTTP2Backend: Sendable {
    /// What was asked of the server, over all its connections.
    final class Record: Sendable {
        fileprivate struct Content {
            var paths: [String] = []
            var connections = 0
        }

        fileprivate let content = Mutex(Content())

        var paths: [String] { content.withLock { $0.paths } }
        var connections: Int { content.withLock { $0.connections } }
    }

    private final class State {
        var listener: TCPListener?
        var sessions: [Session] = []
    }

    let address: SocketAddress
    let record = Record()
    private let state: LoopBound<State>
    private let loop: EventLoop

    init(maxConcurrentStreams: UInt32 = 100) async throws {
        let loop = EventLoop.started(name: "h2")
        self.loop = loop
        let record = record
        let made: (LoopBound<State>, SocketAddress) = await withCheckedContinuation { continuation in
            loop.submit {
                let box = LoopBound(State(), loop: loop)
                guard let any = SocketAddress(ip: "127.0.0.1", port: 0),
                    let listener = try? TCPListener(
                        loop: loop, address: any,
                        onAccept: { socket, peer in
                            guard
                                let connection = try? TCPConnection(
                                    loop: loop, socket: socket, peerAddress: peer)
                            else { return }
                            record.content.withLock { $0.connections += 1 }
                            let session = Session(connection, record, maxConcurrentStreams)
                            box.value.sessions.append(session)
                            connection.onReadable = { _ in session.read() }
                            session.start()
                        })
                else { fatalError("no port") }
                box.value.listener = listener
                continuation.resume(returning: (box, listener.localAddress))
            }
        }
        (state, address) = made
    }

    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit {
                self.state.value.listener?.close()
                for session in self.state.value.sessions { session.close() }
                self.state.value.sessions = []
                continuation.resume()
            }
        }
    }

    private final class Session {
        private struct Request {
            var method = ""
            var path = ""
            var body = 0
        }

        private let connection: TCPConnection
        private let record: Record
        private var codec: H2Connection
        private var requests: [StreamID: Request] = [:]

        init(_ connection: TCPConnection, _ record: Record, _ maxConcurrentStreams: UInt32) {
            self.connection = connection
            self.record = record
            var settings = H2Settings()
            settings.maxConcurrentStreams = maxConcurrentStreams
            codec = H2Connection(role: .server, settings: settings)
        }

        func close() { connection.close() }

        func start() {
            codec.start(into: &connection.output)
            connection.flush()
        }

        func read() {
            while true {
                let step = try? connection.input.withReadable { (span) throws(H2Error) -> H2Step in
                    try codec.next(span, into: &connection.output)
                }
                guard let step else { return connection.closeAfterFlush() }
                switch step {
                case .needsMore(let consumed):
                    connection.input.discard(consumed)
                    connection.flush()
                    if connection.isInputEnded { connection.close() } else { connection.resumeReading() }
                    return
                case .event(let event, let consumed):
                    connection.input.discard(consumed)
                    handle(event)
                }
            }
        }

        private func handle(_ event: H2Event) {
            switch event {
            case .head(let id, let endStream):
                var head = HeadView()
                codec.takeHead(into: &head)
                requests[id] = Request(method: head.text(head.method), path: head.text(head.target))
                if endStream { answer(id) }
            case .data(let id, let range, let endStream):
                requests[id]?.body += range.count
                codec.consumed(range.count, stream: id, into: &connection.output)
                if endStream { answer(id) }
            case .trailers(let id): answer(id)
            case .reset(let id, _, _): requests[id] = nil
            default: return
            }
        }

        private func head(_ fields: (String, String)...) -> HeadView {
            var head = HeadView()
            for (name, value) in fields { head.add(Array(name.utf8), Array(value.utf8)) }
            return head
        }

        private func answer(_ id: StreamID) {
            guard let request = requests.removeValue(forKey: id) else { return }
            let isFirst = record.content.withLock { content in
                content.paths.append(request.path)
                return content.paths.count { $0 == request.path } == 1
            }
            switch request.path {
            case "/empty":
                return send(id, head(("x-backend", "h2")), endStream: true)
            case "/trailers-only":
                return send(
                    id, head(("content-type", "application/grpc"), ("grpc-status", "9")), endStream: true)
            case "/refuse" where isFirst:
                return codec.reset(id, .refusedStream, into: &connection.output)
            case "/goaway" where isFirst:
                // GOAWAY of RFC 9113 6.8: last stream 0, NO_ERROR.
                connection.output.append([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
                return
            case "/reset":
                return codec.reset(id, .internalError, into: &connection.output)
            default: break
            }
            let text = "\(request.method) \(request.path) body \(request.body)\n"
            send(id, head(("content-type", "text/plain")), endStream: false)
            let hasTrailers = request.path == "/trailers"
            _ = codec.sendData(
                Array(text.utf8).span, stream: id, endStream: !hasTrailers, into: &connection.output)
            if hasTrailers {
                codec.sendTrailers(
                    head(("grpc-status", "0"), ("x-late", "1")), stream: id, into: &connection.output)
            }
        }

        private func send(_ id: StreamID, _ head: HeadView, endStream: Bool) {
            codec.sendResponse(
                status: 200, head, stream: id, endStream: endStream, into: &connection.output)
        }
    }
}
