import Bytes

/// Feeds arbitrary bytes to both roles of an HTTP/2 connection, whole and cut.
///
/// They must not trap, what they report must not hinge on the cuts, and bounds hold after every step.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP2Frames(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    for role in [H2Connection.Role.server, .client] {
        let whole = Conversation(role).run(bytes, [count])
        let cut = Conversation(role).run(bytes, [count / 3, count / 2, min(count, count / 2 + 1), count])
        precondition(whole == cut, "events differ by cuts:\n\(whole)\n\(cut)")
    }
    return 0
}

private final class Conversation {
    private var connection: H2Connection
    private var input = ByteQueue()
    private var output = ByteQueue()
    private var log = ""
    private var dataOf: StreamID?

    init(_ role: H2Connection.Role) {
        var settings = H2Settings()
        settings.maxConcurrentStreams = 8
        settings.enableConnectProtocol = true
        var limits = H2Limits()
        limits.maxEarlyResets = 5
        limits.maxQueuedReplies = 20
        connection = H2Connection(role: role, settings: settings, limits: limits)
        connection.start(into: &output)
        if role == .server {
            input.append(H2Connection.preface)
        } else {
            for method in ["GET", "HEAD", "POST"] {
                guard let stream = connection.openStream() else { break }
                var head = HeadView()
                head.setMethod(Array(method.utf8))
                head.setTarget(Array("/".utf8))
                connection.sendRequest(
                    head, scheme: "http", stream: stream, endStream: method != "POST", into: &output)
            }
        }
    }

    func run(_ bytes: [UInt8], _ cuts: [Int]) -> String {
        var start = 0
        input.append([0, 0, 0, 4, 0, 0, 0, 0, 0])
        for cut in cuts {
            input.append(Array(bytes[start..<cut]))
            start = cut
            guard read() else { break }
        }
        return log
    }

    private func read() -> Bool {
        while true {
            do throws(H2Error) {
                let step = try input.withReadable { (span) throws(H2Error) -> H2Step in
                    let step = try connection.next(span, into: &output)
                    if case .event(let event, _) = step { note(event, span) }
                    return step
                }
                precondition(connection.activeStreams <= 8, "too many streams")
                switch step {
                case .needsMore(let consumed):
                    input.discard(consumed)
                    return true
                case .event(let event, let consumed):
                    input.discard(consumed)
                    act(event)
                }
            } catch {
                log += "\nerror \(error)"
                return false
            }
        }
    }

    private func note(_ event: H2Event, _ span: Span<UInt8>) {
        if case .data(let stream, let range, let ends) = event {
            if dataOf != stream { log += "\n\(stream) data " }
            dataOf = ends ? nil : stream
            for i in range { log += String(span[i], radix: 16) }
            if ends { log += " end" }
            return
        }
        dataOf = nil
        log += "\n\(event)"
    }

    private func act(_ event: H2Event) {
        switch event {
        case .head(let stream, _), .informational(let stream), .trailers(let stream):
            var view = HeadView()
            connection.takeHead(into: &view)
            log += " \(view.status) \(view.text(view.method)) \(view.text(view.target)) \(view.headers)"
            precondition(view.fields.count <= 101 && view.bytes.count < 200_000, "head over its limit")
            if view.status == 0, !view.method.isEmpty {
                connection.sendResponse(
                    status: 200, view, stream: stream, endStream: stream.rawValue % 4 == 1, into: &output)
                let body = [UInt8](repeating: 0, count: 40_000)
                _ = connection.sendData(body.span, stream: stream, endStream: false, into: &output)
            }
        case .data(let stream, let range, _):
            connection.consumed(range.count, stream: stream, into: &output)
        case .windowOpened(let stream):
            let body = [UInt8](repeating: 0, count: 10_000)
            _ = connection.sendData(body.span, stream: stream, endStream: false, into: &output)
            precondition(connection.sendWindow(stream) >= 0)
        case .reset, .streamRefused, .goAway, .settingsChanged, .pong: break
        }
        if output.count > 1 << 20 { output.clear() }
    }
}
