internal import Bytes
internal import HTTPCodec

/// The calls of `grpc.health.v1.Health/Check` on one HTTP/2 connection, one at a time.
final class GRPCHealthExchange {
    /// What an endpoint said.
    enum Answer: Equatable {
        case pending
        /// `SERVING`; the connection may be used again, or not.
        case serving(isReusable: Bool)
        /// Another status, of health, gRPC or HTTP.
        case notServing
        /// The connection or the stream broke.
        case broken
    }

    /// An answer is a few bytes; more is no answer.
    private static let maxBody = 1024

    private var connection = H2Connection(role: .client)
    private var isStarted = false
    private var stream: StreamID?
    private var body: [UInt8] = []
    private var view = HeadView()
    private var isWell = true
    private var grpcStatus: String?

    /// Queues a call; false when the connection takes no more.
    func ask(service: String, authority: String, into output: inout ByteQueue) -> Bool {
        if !isStarted {
            connection.start(into: &output)
            isStarted = true
        }
        guard let stream = connection.openStream() else { return false }
        self.stream = stream
        body = []
        isWell = true
        grpcStatus = nil
        var head = HeadView()
        head.setMethod(Array("POST".utf8))
        head.setTarget(Array("/grpc.health.v1.Health/Check".utf8))
        for (name, value) in [
            ("host", authority), ("content-type", "application/grpc"), ("te", "trailers"),
            ("user-agent", "Envoy/HC"),
        ] {
            head.add(Array(name.utf8), Array(value.utf8))
        }
        connection.sendRequest(head, scheme: "http", stream: stream, endStream: false, into: &output)
        let message = Self.message(service)
        let sent = connection.sendData(message.span, stream: stream, endStream: true, into: &output)
        return sent == message.count
    }

    /// `HealthCheckRequest {1: service}` behind gRPC's five bytes: not compressed, and the length.
    static func message(_ service: String) -> [UInt8] {
        let name = Array(service.utf8.prefix(16 * 1024))
        var payload: [UInt8] = []
        if !name.isEmpty {
            payload.append(0x0A)
            var length = name.count
            while length >= 0x80 {
                payload.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            payload.append(UInt8(length))
            payload += name
        }
        let count = UInt32(payload.count)
        return [
            0, UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF),
        ]
            + payload
    }

    /// Whether a message is `HealthCheckResponse {1: status = SERVING (1)}`.
    static func isServing(_ message: [UInt8]) -> Bool { message == [0, 0, 0, 0, 2, 0x08, 0x01] }

    /// Reads what came.
    func read(_ input: inout ByteQueue, into output: inout ByteQueue) -> Answer {
        while true {
            let step: H2Step
            do throws(H2Error) {
                step = try input.withReadable { (span) throws(H2Error) -> H2Step in
                    let step = try connection.next(span, into: &output)
                    if case .event(.data(let id, let range, _), _) = step, id == stream {
                        for index in range where body.count < Self.maxBody { body.append(span[index]) }
                    }
                    return step
                }
            } catch {
                return .broken
            }
            switch step {
            case .needsMore(let consumed):
                input.discard(consumed)
                return .pending
            case .event(let event, let consumed):
                input.discard(consumed)
                let answer = note(event, &output)
                if answer != .pending { return answer }
            }
        }
    }

    private func note(_ event: H2Event, _ output: inout ByteQueue) -> Answer {
        switch event {
        case .head(let id, let endStream):
            connection.takeHead(into: &view)
            guard id == stream else { return .pending }
            isWell = view.status == 200
            noteStatus()
            return endStream ? finish() : .pending
        case .trailers(let id):
            connection.takeHead(into: &view)
            guard id == stream else { return .pending }
            noteStatus()
            return finish()
        case .informational:
            connection.takeHead(into: &view)
            return .pending
        case .data(let id, let range, let endStream):
            connection.consumed(range.count, stream: id, into: &output)
            return id == stream && endStream ? finish() : .pending
        case .reset(let id, _, _):
            return id == stream ? .broken : .pending
        case .streamRefused, .windowOpened, .goAway, .settingsChanged, .pong: return .pending
        }
    }

    private func noteStatus() {
        if let range = view.value(named: Array("grpc-status".utf8)) { grpcStatus = view.text(range) }
    }

    private func finish() -> Answer {
        stream = nil
        guard isWell, grpcStatus == "0", Self.isServing(body) else { return .notServing }
        return .serving(isReusable: connection.canOpenStream)
    }
}
