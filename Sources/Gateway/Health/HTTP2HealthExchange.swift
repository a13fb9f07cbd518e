internal import Bytes
internal import HTTPCodec

/// Health checks on one HTTP/2 connection, one request at a time.
final class HTTP2HealthExchange {
    /// What an endpoint said.
    enum Answer: Equatable {
        case pending
        /// A whole answer; the connection may be used again, or not.
        case answered(Reply, isReusable: Bool)
        /// The connection or the stream broke.
        case broken
    }

    /// An answer.
    struct Reply: Equatable {
        var status = 0
        var grpcStatus: String?
        var body: [UInt8] = []
    }

    /// More of an answer's body than this is not kept: nothing that is asked for is longer.
    private static let maxBody = 1024

    private var connection = H2Connection(role: .client)
    private var isStarted = false
    private var stream: StreamID?
    private var reply = Reply()
    private var view = HeadView()

    /// Queues a request; false when the connection takes no more.
    func ask(
        _ head: borrowing HeadView, scheme: StaticString, body: [UInt8]?, into output: inout ByteQueue
    ) -> Bool {
        if !isStarted {
            connection.start(into: &output)
            isStarted = true
        }
        guard let stream = connection.openStream() else { return false }
        self.stream = stream
        reply = Reply()
        connection.sendRequest(
            head, scheme: scheme, stream: stream, endStream: body == nil, into: &output)
        guard let body else { return true }
        let sent = connection.sendData(body.span, stream: stream, endStream: true, into: &output)
        return sent == body.count
    }

    /// Reads what came.
    func read(_ input: inout ByteQueue, into output: inout ByteQueue) -> Answer {
        while true {
            let step: H2Step
            do throws(H2Error) {
                step = try input.withReadable { (span) throws(H2Error) -> H2Step in
                    let step = try connection.next(span, into: &output)
                    if case .event(.data(let id, let range, _), _) = step, id == stream {
                        for index in range where reply.body.count < Self.maxBody {
                            reply.body.append(span[index])
                        }
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
            reply.status = view.status
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
        if let range = view.value(named: Array("grpc-status".utf8)) { reply.grpcStatus = view.text(range) }
    }

    private func finish() -> Answer {
        stream = nil
        return .answered(reply, isReusable: connection.canOpenStream)
    }
}
