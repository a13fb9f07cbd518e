internal import Bytes
internal import HTTPCodec
internal import Reactor

/// Answering the client: with the upstream's response, or with one of our own.
extension Exchange {
    static let responseLimits: HTTP1Limits = {
        var limits = HTTP1Limits()
        limits.maxHeaders = 200
        return limits
    }()

    func upstreamReadable(_ connection: UpstreamConnection) {
        guard connection === upstream, let source = connection.wire else { return }
        if phase == .upgraded { return tunnelDown() }
        if phase == .requesting {
            guard readHead(source) else {
                if phase == .requesting, upstream === connection, source.isInputEnded {
                    let wasFresh = connection.uses <= 1
                    dropUpstream()
                    upstreamEnded(fresh: wasFresh)
                }
                return
            }
        }
        if phase == .upgraded { return tunnelDown() }
        if phase == .responding { passBody(connection, source) }
    }

    /// Reads heads until a final one was passed on; false while it is not there.
    private func readHead(_ source: Wire) -> Bool {
        while true {
            var end: Int?
            do throws(HTTPError) {
                end = try source.input.withReadable { (span) throws(HTTPError) -> Int? in
                    guard
                        let range = try responseScanner.scan(span, limit: Self.responseLimits.maxHeadBytes)
                    else { return nil }
                    try responseHead.parseResponse(
                        span.extracting(range), answersHEAD: isHEAD, limits: Self.responseLimits)
                    return range.upperBound
                }
                if end != nil { responseBody = try BodyDecoder(responseHead.framing, limits: HTTP1Limits()) }
            } catch {
                protocolError()
                return false
            }
            guard let end else { return false }
            source.input.discard(end)
            responseScanner = HeadScanner()
            switch responseHead.status {
            case 101:
                guard upgradeType != nil else {
                    protocolError()
                    return false
                }
                return switchProtocols(source)
            case 100..<200: continue
            default: return passHead()
            }
        }
    }

    private func protocolError() {
        dropUpstream()
        noteOutcome(failed: true)
        if retry(.reset(requestSent: true)) { return }
        record.flags.insert(.upstreamProtocolError)
        reply(
            502,
            body: "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
            details: "upstream_reset_before_response_started{protocol_error}")
    }

    private func passHead() -> Bool {
        let status = responseHead.status
        cluster?.stats.byClass[min(5, status / 100)] += 1
        noteOutcome(failed: status >= 500)
        if retry(.response(status)) { return false }
        if let rule = forward?.retry, record.attempts > 1, rule.allows(.response(status)) {
            record.flags.insert(.retryLimitExceeded)
        } else if record.attempts > 1 {
            cluster?.stats.retrySuccesses += 1
        }
        releaseRetrySlot()
        phase = .responding
        replay = nil
        session.clear(.perTry)
        record.responseCode = status
        record.details = "via_upstream"
        upstreamKeepsAlive = responseHead.keepsAlive && responseHead.framing != .untilClose
        isResponseChunked = responseHead.framing == .chunked || responseHead.framing == .untilClose
        if !isRequestComplete || session.closesAfterResponse { closesAfterResponse = true }
        responseHead.removeHopByHop()
        decorate(&responseHead)
        writeHead(status, responseHead)
        touch()
        return true
    }

    /// Headers that every answer from upstream gets.
    private func decorate(_ head: inout HeadView) {
        head.set(Array("server".utf8), session.settings.serverName)
        if head.value(.date) == nil { head.add(Array("date".utf8), worker.date()) }
        let elapsed = (worker.loop.now() - record.start).inMilliseconds
        head.set(Array("x-envoy-upstream-service-time".utf8), Array(String(elapsed).utf8))
        if let corsOrigin, let rule = route?.cors {
            for (name, value) in rule.responseHeaders(origin: corsOrigin) { head.set(name, value) }
        }
        applyEdits(&head)
    }

    private func applyEdits(_ head: inout HeadView) {
        let levels = [target?.edits, route?.edits, host?.edits].compactMap(\.self)
        for edits in levels where !edits.isEmpty.response { edits.applyToResponse(&head, record) }
        record.responseHead = head
    }

    private func writeHead(_ status: Int, _ head: HeadView) {
        let wire = session.wire
        wire.out.append(utf8: "HTTP/1.1 \(status) ")
        if head.reason.isEmpty {
            wire.out.append(utf8: HTTPStatus.reason(status))
        } else {
            wire.out.append(head.bytes.span.extracting(head.reason))
        }
        wire.out.append(utf8: "\r\n")
        head.appendFields(to: &wire.out)
        if isResponseChunked { wire.out.append(utf8: "transfer-encoding: chunked\r\n") }
        if !mayKeepAlive { wire.out.append(utf8: "connection: close\r\n") }
        wire.out.append(utf8: "\r\n")
    }

    private func passBody(_ connection: UpstreamConnection, _ source: Wire) {
        let sink = session.wire
        guard var decoder = responseBody else { return }
        guard sink.isOpen, sink.pendingOutput == 0 || !sink.out.isEmpty else { return source.pause() }
        touch()
        var isComplete = false
        loop: while true {
            let step: BodyStep
            do throws(HTTPError) {
                step = try source.input.withReadable { (span) throws(HTTPError) -> BodyStep in
                    let step = try decoder.next(span)
                    if case .data(let range) = step { passData(span.extracting(range)) }
                    return step
                }
            } catch {
                record.flags.insert(.upstreamProtocolError)
                record.details = "upstream_reset_after_response_started{protocol_error}"
                sink.flush()
                return finish(keepsAlive: false)
            }
            switch step {
            case .data(let range): source.input.discard(range.upperBound)
            case .needMore(let consumed):
                source.input.discard(consumed)
                break loop
            case .end(let consumed):
                source.input.discard(consumed)
                isComplete = true
                break loop
            }
        }
        responseBody = decoder
        if !isComplete, source.isInputEnded {
            let isWhole = !source.isTruncated && (try? responseBody?.finish()) != nil
            guard isWhole else {
                sink.flush()
                dropUpstream()
                return upstreamEnded(fresh: true)
            }
            isComplete = true
        }
        if isComplete {
            if isResponseChunked { HTTP1Serializer.writeLastChunk(to: &sink.out) }
            sink.flush()
            return responseCompleted(connection)
        }
        sink.flush()
        if sink.pendingOutput > 0 { source.pause() }
    }

    private func passData(_ bytes: Span<UInt8>) {
        record.bytesSent += Int64(bytes.count)
        cluster?.stats.receivedBytes += Int64(bytes.count)
        if isResponseChunked {
            HTTP1Serializer.writeChunk(bytes, to: &session.wire.out)
        } else {
            session.wire.out.append(bytes)
        }
    }

    private func responseCompleted(_ connection: UpstreamConnection) {
        upstream = nil
        cluster?.stats.activeRequests -= 1
        cluster?.release(connection, reusable: upstreamKeepsAlive && isRequestComplete)
        finish(keepsAlive: mayKeepAlive)
    }

    func clientDrained() {
        guard let upstream, let source = upstream.wire else { return }
        source.resume()
        if !source.input.isEmpty || source.isInputEnded { upstreamReadable(upstream) }
    }

    // MARK: Upgrades

    private func switchProtocols(_ source: Wire) -> Bool {
        phase = .upgraded
        record.responseCode = 101
        record.details = "via_upstream"
        session.clear(.route)
        session.clear(.perTry)
        responseHead.removeHopByHop(keepingUpgrade: true)
        decorate(&responseHead)
        let wire = session.wire
        wire.out.append(utf8: "HTTP/1.1 101 Switching Protocols\r\n")
        responseHead.appendFields(to: &wire.out)
        wire.out.append(utf8: "connection: upgrade\r\n\r\n")
        wire.flush()
        tunnelUp()
        return true
    }

    /// Client to upstream after an upgrade.
    func tunnelUp() {
        guard let sink = upstream?.wire else { return }
        record.bytesReceived += tunnel(from: session.wire, to: sink)
        if session.wire.isInputEnded, session.wire.input.isEmpty { sink.shutdownOutput() }
        endTunnelIfOver()
    }

    /// Upstream to client after an upgrade.
    func tunnelDown() {
        guard let source = upstream?.wire else { return }
        record.bytesSent += tunnel(from: source, to: session.wire)
        if source.isInputEnded, source.input.isEmpty { finish(keepsAlive: false) }
    }

    private func endTunnelIfOver() {
        guard let source = upstream?.wire, source.isInputEnded, session.wire.isInputEnded else { return }
        finish(keepsAlive: false)
    }

    private func tunnel(from source: Wire, to sink: Wire) -> Int64 {
        touch()
        guard sink.pendingOutput == 0 else {
            source.pause()
            return 0
        }
        let count = source.input.count
        guard count > 0 else { return 0 }
        source.input.withReadable { sink.out.append($0) }
        source.input.discard(count)
        sink.flush()
        if sink.pendingOutput > 0 { source.pause() }
        return Int64(count)
    }

    // MARK: Answers of our own

    func reply(
        _ status: Int, body: String, details: String, headers: [([UInt8], [UInt8])] = [],
        isRouted: Bool = false
    ) {
        reply(status, bytes: Array(body.utf8), details: details, headers: headers, isRouted: isRouted)
    }

    func reply(
        _ status: Int, bytes: [UInt8], details: String, headers: [([UInt8], [UInt8])] = [],
        isRouted: Bool = false
    ) {
        guard phase != .finished, phase != .responding else { return }
        dropUpstream()
        if session.closesAfterResponse { closesAfterResponse = true }
        var head = HeadView()
        if status >= 200, status != 204, status != 304 {
            head.add(Array("content-length".utf8), Array(String(bytes.count).utf8))
        }
        if !bytes.isEmpty { head.add(Array("content-type".utf8), Array("text/plain".utf8)) }
        for (name, value) in headers { head.add(name, value) }
        head.add(Array("date".utf8), worker.date())
        head.add(Array("server".utf8), session.settings.serverName)
        record.responseCode = status
        record.details = details
        isResponseChunked = false
        if let corsOrigin, let rule = route?.cors {
            for (name, value) in rule.responseHeaders(origin: corsOrigin) { head.set(name, value) }
        }
        if isRouted { applyEdits(&head) }
        record.responseHead = head
        writeHead(status, head)
        if !isHEAD, status != 204, status != 304 {
            session.wire.out.append(bytes)
            record.bytesSent = Int64(bytes.count)
        }
        phase = .responding
        session.wire.flush()
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
