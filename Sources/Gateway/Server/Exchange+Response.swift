internal import Bytes
internal import HTTPCodec
internal import Reactor

/// Answering the client: with the upstream's response, or with one of our own.
extension Exchange {
    func upstreamHead(_ head: inout HeadView) {
        if head.status == 101 { return switchProtocols(&head) }
        let status = head.status
        cluster?.stats.byClass[min(5, status / 100)] += 1
        if isGRPC { record.grpcStatus = Self.grpcStatus(head) }
        noteOutcome(.answered(status))
        if retry(.response(status)) { return }
        if let rule = forward?.retry, record.attempts > 1, rule.allows(.response(status)) {
            record.flags.insert(.retryLimitExceeded)
        } else if record.attempts > 1 {
            cluster?.stats.retrySuccesses += 1
        }
        releaseRetrySlot()
        phase = .responding
        replay = nil
        client.clock.clear(.perTry)
        record.responseCode = status
        record.responseStart = worker.loop.now()
        record.details = "via_upstream"
        if !isRequestComplete || client.closesAfterResponse { closesAfterResponse = true }
        let body = answerBody(head.framing)
        head.removeHopByHop()
        if body == .none { tellEmptiness(status, &head) }
        decorate(&head)
        client.sendHead(status, head, body: body, closes: !mayKeepAlive)
        swap(&record.responseHead, &head)
        touch()
    }

    /// What follows the head; on HTTP/2 trailers may follow a length of 0, on HTTP/1.1 nothing does.
    private func answerBody(_ framing: BodyFraming) -> AnswerBody {
        // An answer to HEAD may tell the length of what it leaves out.
        if isHEAD { return .none }
        return switch framing {
        case .none: .none
        case .length(0): upstream?.isHTTP2 == true ? .sized : .none
        case .length: .sized
        case .chunked, .untilClose: .streamed
        }
    }

    /// HTTP/2 says in the frame that nothing follows; an HTTP/1.1 client would wait for the connection's end.
    private func tellEmptiness(_ status: Int, _ head: inout HeadView) {
        guard !client.isHTTP2, !isHEAD, status != 204, status != 304,
            head.value(.contentLength) == nil
        else { return }
        head.add(Self.contentLength, [UInt8(ascii: "0")])
    }

    private static let grpcStatusName = Array("grpc-status".utf8)

    /// The number in `grpc-status`.
    private static func grpcStatus(_ head: borrowing HeadView) -> Int? {
        guard let value = head.value(named: grpcStatusName), value.count <= 9 else { return nil }
        var number = 0
        for byte in head.bytes[value] {
            guard let digit = ASCII.digit(byte) else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// Headers that every answer from upstream gets.
    func decorate(_ head: inout HeadView) {
        let elapsed = (worker.loop.now() - record.start).inMilliseconds
        head.remove(named: Self.serviceTime)
        head.add(Self.serviceTime) { DecimalText.append(elapsed, to: &$0) }
        editResponse(&head)
        complete(&head)
    }

    /// What every answer gets, last as in Envoy: nothing that is configured replaces the gateway's own name.
    private func complete(_ head: inout HeadView) {
        if let corsOrigin, let rule = route?.cors {
            for (name, value) in rule.responseHeaders(origin: corsOrigin) { head.set(name, value) }
        }
        head.set(Self.server, settings.serverName)
        if head.value(.date) == nil { head.add(Self.date, worker.date()) }
    }

    private static let server = Array("server".utf8)
    private static let date = Array("date".utf8)
    private static let serviceTime = Array("x-envoy-upstream-service-time".utf8)
    private static let contentLength = Array("content-length".utf8)
    private static let contentType = Array("content-type".utf8)

    var takesAnswer: Bool { (phase == .responding || phase == .upgraded) && !client.isBehind }

    func upstreamBody(_ bytes: Span<UInt8>) {
        guard phase == .responding || phase == .upgraded else { return }
        record.bytesSent += Int64(bytes.count)
        asked?.stats.receivedBytes += Int64(bytes.count)
        client.sendBody(bytes)
    }

    func upstreamPaused() {
        guard phase == .responding || phase == .upgraded else { return }
        touch()
        client.flush()
    }

    func upstreamEnded(trailers: HeadView?) {
        guard upstream != nil else { return }
        upstream = nil
        asked?.stats.activeRequests -= 1
        if phase == .upgraded { return tunnelDownEnded() }
        guard phase == .responding else { return }
        if isGRPC, let trailers { record.grpcStatus = Self.grpcStatus(trailers) ?? record.grpcStatus }
        client.sendEnd(trailers: trailers)
        client.flush()
        finish(keepsAlive: mayKeepAlive)
    }

    func clientDrained() {
        if phase == .upgraded { return tunnelDown() }
        upstream?.readOn()
    }

    // MARK: Answers of our own

    /// Answers in the endpoint's place, with the route's changes of headers as it would be.
    func reply(
        _ status: Int, body: String, details: String, headers: [([UInt8], [UInt8])] = []
    ) {
        reply(status, bytes: Array(body.utf8), details: details, headers: headers)
    }

    func reply(
        _ status: Int, bytes: [UInt8], details: String, headers: [([UInt8], [UInt8])] = [],
        isEdited: Bool = true
    ) {
        guard phase != .finished, phase != .responding else { return }
        dropUpstream()
        if client.closesAfterResponse { closesAfterResponse = true }
        record.responseCode = status
        record.details = details
        var head = HeadView()
        var body = bytes
        var sent = status
        if isGRPC, status != 200 {
            // A gRPC client reads its own status, in a head without a body.
            let code = GRPCStatus.code(ofHTTP: status)
            record.grpcStatus = code
            sent = 200
            record.responseCode = 200
            head.add(Self.contentType, Array("application/grpc".utf8))
            head.add(Self.grpcStatusName, Array(String(code).utf8))
            if !bytes.isEmpty { head.add(Array("grpc-message".utf8), GRPCStatus.encoded(bytes)) }
            body = []
        } else {
            if status >= 200, status != 204, status != 304 {
                head.add(Self.contentLength, Array(String(bytes.count).utf8))
            }
            if !bytes.isEmpty { head.add(Self.contentType, Array("text/plain".utf8)) }
        }
        for (name, value) in headers { head.add(name, value) }
        if isEdited { editResponse(&head) }
        complete(&head)
        record.responseHead = head
        let hasBody = !isHEAD && !body.isEmpty && sent != 204 && sent != 304
        client.sendHead(sent, head, body: hasBody ? .sized : .none, closes: !mayKeepAlive)
        if hasBody {
            client.sendBody(body.span)
            client.sendEnd(trailers: nil)
            record.bytesSent = Int64(body.count)
        }
        phase = .responding
        client.flush()
        finish(keepsAlive: mayKeepAlive)
    }

    /// Answers a request that could not be read, and closes.
    func refuse(_ error: HTTPError) {
        closesAfterResponse = true
        record.flags.insert(.downstreamProtocolError)
        let details: String
        switch error.kind {
        case .headTooLarge: details = "http1.headers_too_large"
        case .tooManyHeaders: details = "http1.too_many_headers"
        default: details = "http1.codec_error"
        }
        // In Envoy's words: another version is asked to upgrade, and a target has no limit of its own.
        let status =
            switch error.kind {
            case .unsupportedVersion: 426
            case .targetTooLong: 431
            default: error.status
            }
        reply(status, body: HTTPStatus.reason(status), details: details)
    }

    /// Refuses a request that could be read, and closes.
    func reject(_ status: Int, details: String) {
        closesAfterResponse = true
        record.flags.insert(.downstreamProtocolError)
        reply(status, body: "", details: details)
    }

    /// The head did not come in time.
    func headTimedOut() {
        closesAfterResponse = true
        reply(408, body: "", details: "request_header_timeout")
    }
}
