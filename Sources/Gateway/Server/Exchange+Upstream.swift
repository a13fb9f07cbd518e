internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// Asking the upstream: tries, the request's body, what goes wrong.
extension Exchange {
    /// Starts a try.
    func attempt() {
        guard phase != .finished, let cluster else { return }
        phase = .waiting
        record.attempts += 1
        let redraws = tried.isEmpty ? 0 : forward?.retry?.hostRedraws ?? 0
        guard let address = cluster.pick(&worker.random, hash: ringPlace(), avoiding: tried, redraws: redraws)
        else {
            cluster.stats.noHealthy += 1
            record.flags.insert(.noHealthyUpstream)
            return reply(503, body: "no healthy upstream", details: "no_healthy_upstream")
        }
        tried.append(address)
        record.upstreamHost = address
        if let limit = forward?.retry?.perTryTimeout { session.set(.perTry, after: limit) }
        cluster.acquire(address, for: self)
    }

    /// Where the request falls on a ring: by the first hash header it has; nil falls anywhere.
    private func ringPlace() -> UInt64? {
        guard let names = forward?.hashHeaders, !names.isEmpty else { return nil }
        let facts = RequestFacts(head)
        for name in names {
            if let value = facts.value(of: name) { return HashRing.mixed(value) }
        }
        return nil
    }

    func upstreamReady(_ connection: UpstreamConnection) {
        guard phase == .waiting, let cluster, upstream == nil else {
            // Nobody waits for it any more; the next request can use it.
            cluster?.release(connection, reusable: true)
            return
        }
        phase = .requesting
        upstream = connection
        cluster.stats.requests += 1
        cluster.stats.activeRequests += 1
        responseScanner = HeadScanner()
        guard let wire = connection.wire else { return }
        writeHead(to: wire)
        if let replay, !replay.isEmpty { writeBody(replay.span, to: wire) }
        if isRequestComplete { writeBodyEnd(to: wire) }
        wire.flush()
        if !isRequestComplete { clientReadable() }
        if wire.isOpen, !wire.input.isEmpty { upstreamReadable(connection) }
    }

    private var isChunkedUpstream: Bool { head.framing == .chunked }

    private func writeHead(to wire: Wire) {
        HTTP1Serializer.writeRequest(head, to: &wire.out)
        if isChunkedUpstream { wire.out.append(utf8: "transfer-encoding: chunked\r\n") }
        if upgradeType != nil { wire.out.append(utf8: "connection: upgrade\r\n") }
        if host?.includesAttemptCount == true {
            wire.out.append(utf8: "x-envoy-attempt-count: \(record.attempts)\r\n")
        }
        wire.out.append(utf8: "\r\n")
    }

    private func writeBody(_ bytes: Span<UInt8>, to wire: Wire) {
        if isChunkedUpstream {
            HTTP1Serializer.writeChunk(bytes, to: &wire.out)
        } else {
            wire.out.append(bytes)
        }
        cluster?.stats.sentBytes += Int64(bytes.count)
    }

    private func writeBodyEnd(to wire: Wire) {
        if isChunkedUpstream { HTTP1Serializer.writeLastChunk(to: &wire.out) }
    }

    /// The whole request is here: the route's timeout starts.
    func requestCompleted() {
        session.clear(.request)
        for mirror in mirrors { mirror.bodyEnded(isWhole: true) }
        mirrors = []
        if let timeout = forward?.timeout, timeout > .zero { session.set(.route, after: timeout) }
    }

    // MARK: The request's body

    /// Passes on what the client sent, while the upstream keeps up.
    func clientReadable() {
        if phase == .upgraded { return tunnelUp() }
        guard phase == .requesting || phase == .responding, !isRequestComplete, var decoder = requestBody,
            let sink = upstream?.wire
        else { return }
        let source = session.wire
        guard sink.pendingOutput == 0 else { return source.pause() }
        touch()
        var isDone = false
        while !isDone {
            let step: BodyStep
            do throws(HTTPError) {
                step = try source.input.withReadable { (span) throws(HTTPError) -> BodyStep in
                    let step = try decoder.next(span)
                    if case .data(let range) = step { forwardBody(span.extracting(range), to: sink) }
                    return step
                }
            } catch {
                return malformedBody(error)
            }
            switch step {
            case .data(let range):
                source.input.discard(range.upperBound)
                if sink.out.count > Wire.inputLimit { sink.flush() }
            case .needMore(let consumed):
                source.input.discard(consumed)
                isDone = true
            case .end(let consumed):
                source.input.discard(consumed)
                isDone = true
                isRequestComplete = true
                writeBodyEnd(to: sink)
            }
        }
        requestBody = decoder
        sink.flush()
        if isRequestComplete {
            requestCompleted()
        } else if sink.pendingOutput > 0 {
            source.pause()
        }
    }

    private func forwardBody(_ bytes: Span<UInt8>, to sink: Wire) {
        record.bytesReceived += Int64(bytes.count)
        writeBody(bytes, to: sink)
        for mirror in mirrors { mirror.append(bytes) }
        guard let kept = replay else { return }
        guard forward?.retry != nil, phase == .requesting, kept.count + bytes.count <= Self.maxReplayBytes
        else {
            replay = nil
            return
        }
        for i in bytes.indices { replay?.append(bytes[i]) }
    }

    private func malformedBody(_ error: HTTPError) {
        session.stats.rejected += 1
        record.flags.insert(.downstreamProtocolError)
        if phase == .responding {
            record.details = "http1.codec_error"
            return finish(keepsAlive: false, orderly: true)
        }
        closesAfterResponse = true
        reply(400, body: "Bad Request", details: "http1.codec_error")
    }

    func upstreamDrained(_ connection: UpstreamConnection) {
        guard connection === upstream else { return }
        session.wire.resume()
        clientReadable()
    }

    // MARK: What goes wrong

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        guard phase == .waiting else { return }
        switch failure {
        case .noCluster, .noEndpoint:
            record.flags.insert(.noCluster)
            reply(503, body: "", details: "cluster_not_found")
        case .overflow:
            record.flags.insert(.upstreamOverflow)
            reply(
                503,
                body: "upstream connect error or disconnect/reset before headers. reset reason: overflow",
                details: "upstream_reset_before_response_started{overflow}",
                headers: [(Array("x-envoy-overloaded".utf8), Array("true".utf8))])
        case .connect(let reason, _, let isTLS):
            record.upstreamFailure = reason
            noteOutcome(failed: true)
            if retry(.connectFailure) { return }
            record.flags.insert(.upstreamConnectionFailure)
            noteExhausted()
            // A refused or late connect explains itself; what TLS says does not.
            resetReply("remote connection failure", transport: isTLS ? reason : nil)
        }
    }

    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {
        guard connection === upstream else { return }
        upstream = nil
        cluster?.stats.activeRequests -= 1
        var isRefusal = false
        if case .tls(let error) = failure {
            // Under TLS 1.3 a refusal of our certificate arrives after our side of the handshake.
            record.upstreamFailure = "TLS_error: \(error.message)"
            isRefusal = true
        }
        upstreamEnded(fresh: connection.uses <= 1, isRefusal: isRefusal)
    }

    /// The upstream connection is gone before the answer was whole.
    func upstreamEnded(fresh: Bool, isRefusal: Bool = false) {
        cluster?.stats.resets += 1
        switch phase {
        case .finished, .deciding, .waiting: return
        case .upgraded: return finish(keepsAlive: false)
        case .responding:
            record.flags.insert(.upstreamConnectionTermination)
            record.details = "upstream_reset_after_response_started{connection_termination}"
            return finish(keepsAlive: false)
        case .requesting: break
        }
        noteOutcome(failed: true)
        if isRefusal {
            if retry(.connectFailure) { return }
            record.flags.insert(.upstreamConnectionFailure)
            noteExhausted()
            return resetReply("remote connection failure", transport: record.upstreamFailure)
        }
        // A pooled connection that the upstream closed as we wrote: nobody saw the request.
        if !fresh, !usesFreshConnection, isIdempotent, record.bytesReceived == 0, isRequestComplete {
            usesFreshConnection = true
            record.attempts -= 1
            return attempt()
        }
        if retry(.reset(requestSent: true)) { return }
        record.flags.insert(.upstreamConnectionTermination)
        noteExhausted()
        resetReply("connection termination", transport: nil)
    }

    /// Tells outlier detection how the try went.
    func noteOutcome(failed: Bool) {
        guard let address = record.upstreamHost else { return }
        cluster?.note(address, failed: failed, &worker.random)
    }

    private var isIdempotent: Bool {
        ["get", "head", "options", "put", "delete"].contains { (word: StaticString) in
            head.equals(head.method, word)
        }
    }

    private func noteExhausted() {
        if forward?.retry != nil, record.attempts > 1 { record.flags.insert(.retryLimitExceeded) }
    }

    private func resetReply(_ reason: String, transport: String?) {
        var body = "upstream connect error or disconnect/reset before headers. "
        if record.attempts > 1, forward?.retry != nil {
            body += "retried and the latest reset reason: \(reason)"
        } else {
            body += "reset reason: \(reason)"
        }
        if let transport { body += ", transport failure reason: \(transport)" }
        let word = reason.split(separator: " ").joined(separator: "_")
        reply(503, body: body, details: "upstream_reset_before_response_started{\(word)}")
    }

    /// Tries again when the policy and the breaker allow it; true when a new try is under way.
    func retry(_ outcome: RetryRule.Outcome) -> Bool {
        guard let rule = forward?.retry, let cluster, retriesLeft > 0, replay != nil, rule.allows(outcome)
        else {
            return false
        }
        if !holdsRetrySlot {
            let limit = Int(cluster.compiled.config.circuitBreakers.maxRetries)
            guard cluster.compiled.state.take(.retry, limit: limit) else {
                cluster.stats.retryOverflow += 1
                record.flags.insert(.upstreamOverflow)
                return false
            }
            holdsRetrySlot = true
        }
        retriesLeft -= 1
        cluster.stats.retries += 1
        dropUpstream()
        session.clear(.perTry)
        let number = (rule.maxRetries - retriesLeft)
        pause(rule.pause(number, random: worker.random.next())) { $0.attempt() }
        return true
    }

    /// Gives up the connection of the current try.
    func dropUpstream() {
        guard let upstream else {
            cluster?.cancel(self)
            return
        }
        self.upstream = nil
        cluster?.stats.activeRequests -= 1
        upstream.close()
    }

    func timedOut(_ kind: Deadlines.Kind) {
        guard phase != .finished else { return }
        switch kind {
        case .pause: pauseEnded()
        case .perTry:
            guard phase == .requesting || phase == .waiting else { return }
            cluster?.stats.perTryTimeouts += 1
            noteOutcome(failed: true)
            dropUpstream()
            if retry(.tryTimeout) { return }
            record.flags.insert(.upstreamRequestTimeout)
            noteExhausted()
            reply(504, body: "upstream request timeout", details: "upstream_per_try_timeout")
        case .route:
            cluster?.stats.timeouts += 1
            if phase == .requesting || phase == .waiting { noteOutcome(failed: true) }
            record.flags.insert(.upstreamRequestTimeout)
            cutOrReply(504, "upstream request timeout", "upstream_response_timeout", "response_timeout")
        case .streamIdle:
            session.stats.idleTimeouts += 1
            record.flags.insert(.streamIdleTimeout)
            let status = isRequestComplete ? 504 : 408
            cutOrReply(status, "stream timeout", "stream_idle_timeout", "stream_idle_timeout")
        case .maxDuration:
            record.flags.insert(.durationTimeout)
            let status = isRequestComplete ? 504 : 408
            cutOrReply(status, "downstream duration timeout", "max_duration_timeout", "max_duration_timeout")
        case .request:
            session.stats.timeouts += 1
            closesAfterResponse = true
            cutOrReply(408, "request timeout", "request_overall_timeout", "request_overall_timeout")
        case .idle, .header: return
        }
    }

    private func cutOrReply(_ status: Int, _ body: String, _ details: String, _ cut: String) {
        dropUpstream()
        if phase == .responding || phase == .upgraded {
            record.details = cut
            return finish(keepsAlive: false)
        }
        if !isRequestComplete { closesAfterResponse = true }
        reply(status, body: body, details: details)
    }
}
