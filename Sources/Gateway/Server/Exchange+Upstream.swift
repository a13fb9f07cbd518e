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
        guard let address = endpoint(of: cluster, redraws: redraws) else {
            cluster.stats.noHealthy += 1
            record.flags.insert(.noHealthyUpstream)
            return reply(503, body: "no healthy upstream", details: "no_healthy_upstream")
        }
        if forward?.retry != nil { tried.append(address) }
        record.upstreamHost = address
        if isRequestComplete { limitTry() }
        asked?.pool.open(address, for: self)
    }

    /// The time of a try, like the route's, counts from the end of the request: a slow client is not a slow endpoint.
    private func limitTry() {
        if let limit = forward?.retry?.perTryTimeout { client.clock.set(.perTry, after: limit) }
    }

    /// The cluster whose endpoint is asked.
    var asked: ClusterRuntime? { member ?? cluster }

    private func endpoint(of cluster: ClusterRuntime, redraws: Int) -> SocketAddress? {
        guard cluster.aggregate != nil else {
            return cluster.pick(&worker.random, hash: ringPlace(), avoiding: tried, redraws: redraws)
        }
        let choice = cluster.choose(&worker.random, hash: ringPlace(), avoiding: tried, redraws: redraws)
        member = choice?.cluster
        return choice?.address
    }

    /// Where the request falls on a ring: by all the hash headers it has, in their order; without one it falls anywhere.
    private func ringPlace() -> UInt64? {
        guard let names = forward?.hashHeaders, !names.isEmpty else { return nil }
        let facts = RequestFacts(head)
        var place: UInt64?
        for name in names {
            guard let value = facts.value(of: name) else { continue }
            let own = HashRing.mixed(value)
            place = place.map { ($0 << 1 | $0 >> 63) ^ own } ?? own
        }
        return place
    }

    func upstreamOpened(_ stream: any UpstreamStream) {
        guard phase == .waiting, let asked, upstream == nil else {
            // Nobody waits for it any more.
            return stream.cancel()
        }
        phase = .requesting
        upstream = stream
        asked.stats.requests += 1
        asked.stats.activeRequests += 1
        if asked.compiled.config.outlierDetection != nil { noteOutcome(.connected) }
        if settings.logsUpstreamLocalAddress { record.upstreamLocalAddress = stream.localAddress }
        record.upstreamProtocol = stream.isHTTP2 ? "HTTP/2" : "HTTP/1.1"
        let sent = replay ?? []
        let endsStream = isRequestComplete && sent.isEmpty && requestTrailers == nil
        stream.sendHead(
            head, endsStream: endsStream, attempt: host?.includesAttemptCount == true ? record.attempts : 0,
            upgrades: upgradeType != nil)
        if !sent.isEmpty {
            stream.sendBody(sent.span)
            asked.stats.sentBytes += Int64(sent.count)
        }
        if isRequestComplete, !endsStream { stream.sendEnd(trailers: requestTrailers) }
        stream.flush()
        if !isRequestComplete { client.pushBody() }
    }

    /// The whole request is here: the route's timeout starts.
    func requestCompleted() {
        client.clock.clear(.request)
        if record.requestEnd == nil { record.requestEnd = worker.loop.now() }
        if !mirrors.isEmpty {
            for mirror in mirrors { mirror.bodyEnded(isWhole: true) }
            mirrors = []
        }
        if let timeout = forward?.timeout, timeout > .zero { client.clock.set(.route, after: timeout) }
        if phase == .requesting || phase == .waiting, !isPausing, record.attempts > 0 { limitTry() }
    }

    // MARK: The request's body

    /// Whether bytes of the body can be passed on.
    ///
    /// What follows a request for an upgrade waits until the endpoint agrees.
    var takesBody: Bool {
        let isOpen = upgradeType == nil ? phase == .requesting || phase == .responding : phase == .upgraded
        guard isOpen, let upstream else { return false }
        return !upstream.isBehind
    }

    /// Bytes of the body; only called while it takes any.
    func bodyReceived(_ bytes: Span<UInt8>) {
        if phase == .upgraded { return tunnelUp(bytes) }
        guard let upstream else { return }
        record.bytesReceived += Int64(bytes.count)
        upstream.sendBody(bytes)
        asked?.stats.sentBytes += Int64(bytes.count)
        for mirror in mirrors { mirror.append(bytes) }
        guard let kept = replay else { return }
        guard forward?.retry != nil, phase == .requesting, kept.count + bytes.count <= Self.maxReplayBytes
        else {
            replay = nil
            return
        }
        bytes.withUnsafeBytes { replay?.append(contentsOf: $0) }
    }

    /// What was passed on goes out.
    func flushBody() {
        touch()
        upstream?.flush()
    }

    /// The body is whole.
    func bodyEnded(_ trailers: HeadView?) {
        if phase == .upgraded { return tunnelUpEnded() }
        guard !isRequestComplete, phase != .finished else { return }
        isRequestComplete = true
        requestTrailers = trailers
        requestCompleted()
        guard phase == .requesting || phase == .responding, let upstream else { return }
        upstream.sendEnd(trailers: trailers)
        upstream.flush()
    }

    func malformedBody() {
        record.flags.insert(.downstreamProtocolError)
        if phase == .responding {
            record.details = "http1.codec_error"
            client.flush()
            closesAfterResponse = true
            return finish(keepsAlive: false)
        }
        closesAfterResponse = true
        reply(400, body: "Bad Request", details: "http1.codec_error")
    }

    func upstreamDrained() {
        if phase == .upgraded { return tunnelUp() }
        client.pushBody()
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
            noteOutcome(.failed)
            if retry(.connectFailure) { return }
            record.flags.insert(.upstreamConnectionFailure)
            noteExhausted()
            // A refused or late connect explains itself; what TLS says does not.
            resetReply("remote connection failure", transport: isTLS ? reason : nil)
        }
    }

    func upstreamBroken(_ failure: StreamFailure) {
        guard let stream = upstream else { return }
        upstream = nil
        asked?.stats.activeRequests -= 1
        if failure == .malformed, phase == .requesting { return protocolError() }
        asked?.stats.resets += 1
        switch phase {
        case .finished, .deciding, .waiting: return
        case .upgraded: return cut()
        case .responding:
            if failure == .malformed {
                record.flags.insert(.upstreamProtocolError)
                record.details = "upstream_reset_after_response_started{protocol_error}"
            } else if failure == .reset {
                record.flags.insert(.upstreamRemoteReset)
                record.details = "upstream_reset_after_response_started{remote_reset}"
            } else {
                record.flags.insert(.upstreamConnectionTermination)
                record.details = "upstream_reset_after_response_started{connection_termination}"
            }
            return cut()
        case .requesting: break
        }
        noteOutcome(.failed)
        if case .tls(let reason) = failure {
            // Under TLS 1.3 a refusal of our certificate arrives after our side of the handshake.
            record.upstreamFailure = reason
            if retry(.connectFailure) { return }
            record.flags.insert(.upstreamConnectionFailure)
            noteExhausted()
            return resetReply("remote connection failure", transport: reason)
        }
        // A pooled connection that the upstream closed as we wrote, or a stream it refused: nobody saw the request.
        let isUnseen = failure == .refused || (failure == .closed && !stream.isFresh && isIdempotent)
        if isUnseen, !usesFreshConnection, record.bytesReceived == 0, isRequestComplete {
            usesFreshConnection = true
            record.attempts -= 1
            return attempt()
        }
        if failure == .refused, retry(.refusedStream) { return }
        if retry(.reset(requestSent: true)) { return }
        noteExhausted()
        if failure == .reset || failure == .refused {
            record.flags.insert(.upstreamRemoteReset)
            return resetReply("remote reset", transport: nil)
        }
        record.flags.insert(.upstreamConnectionTermination)
        resetReply("connection termination", transport: nil)
    }

    /// Ends an answer that cannot be whole.
    private func cut() {
        client.flush()
        finish(keepsAlive: false, isWhole: !client.isHTTP2)
    }

    private func protocolError() {
        noteOutcome(.failed)
        if retry(.reset(requestSent: true)) { return }
        record.flags.insert(.upstreamProtocolError)
        noteExhausted()
        resetReply("protocol error", status: 502, transport: nil)
    }

    /// Tells outlier detection how the try went.
    func noteOutcome(_ outcome: OutlierOutcome) {
        guard let address = record.upstreamHost else { return }
        asked?.note(address, outcome, &worker.random)
    }

    private var isIdempotent: Bool {
        ["get", "head", "options", "put", "delete"].contains { (word: StaticString) in
            head.equals(head.method, word)
        }
    }

    private func noteExhausted() {
        if forward?.retry != nil, record.attempts > 1 { record.flags.insert(.retryLimitExceeded) }
    }

    private func resetReply(_ reason: String, status: Int = 503, transport: String?) {
        var body = "upstream connect error or disconnect/reset before headers. "
        if record.attempts > 1, forward?.retry != nil {
            body += "retried and the latest reset reason: \(reason)"
        } else {
            body += "reset reason: \(reason)"
        }
        if let transport { body += ", transport failure reason: \(transport)" }
        let word = reason.split(separator: " ").joined(separator: "_")
        reply(status, body: body, details: "upstream_reset_before_response_started{\(word)}")
    }

    /// Tries again when the policy and the breaker allow it; true when a new try is under way.
    func retry(_ outcome: RetryRule.Outcome) -> Bool {
        guard let rule = forward?.retry, let cluster, retriesLeft > 0, replay != nil, rule.allows(outcome)
        else {
            return false
        }
        if !holdsRetrySlot {
            guard cluster.compiled.state.takeRetry(cluster.compiled.config.circuitBreakers) else {
                cluster.stats.retryOverflow += 1
                record.flags.insert(.upstreamOverflow)
                return false
            }
            holdsRetrySlot = true
        }
        retriesLeft -= 1
        cluster.stats.retries += 1
        dropUpstream()
        client.clock.clear(.perTry)
        let number = (rule.maxRetries - retriesLeft)
        pause(rule.pause(number, random: worker.random.next())) { $0.attempt() }
        return true
    }

    /// Gives up the current try.
    func dropUpstream() {
        guard let upstream else {
            if phase == .waiting || phase == .finished { asked?.pool.cancel(self) }
            return
        }
        self.upstream = nil
        asked?.stats.activeRequests -= 1
        upstream.cancel()
    }

    func timedOut(_ kind: Deadlines.Kind) {
        guard phase != .finished else { return }
        switch kind {
        case .pause: pauseEnded()
        case .perTry:
            guard phase == .requesting || phase == .waiting else { return }
            cluster?.stats.perTryTimeouts += 1
            noteOutcome(.timedOut)
            dropUpstream()
            if retry(.tryTimeout) { return }
            record.flags.insert(.upstreamRequestTimeout)
            noteExhausted()
            reply(504, body: "upstream request timeout", details: "upstream_per_try_timeout")
        case .route:
            cluster?.stats.timeouts += 1
            if phase == .requesting || phase == .waiting { noteOutcome(.timedOut) }
            record.flags.insert(.upstreamRequestTimeout)
            cutOrReply(504, "upstream request timeout", "upstream_response_timeout", "response_timeout")
        case .streamIdle:
            stats.idleTimeouts += 1
            record.flags.insert(.streamIdleTimeout)
            let status = isRequestComplete ? 504 : 408
            cutOrReply(status, "stream timeout", "stream_idle_timeout", "stream_idle_timeout")
        case .maxDuration:
            record.flags.insert(.durationTimeout)
            let status = isRequestComplete ? 504 : 408
            cutOrReply(status, "downstream duration timeout", "max_duration_timeout", "max_duration_timeout")
        case .request:
            stats.timeouts += 1
            closesAfterResponse = true
            cutOrReply(408, "request timeout", "request_overall_timeout", "request_overall_timeout")
        case .idle, .header: return
        }
    }

    private func cutOrReply(_ status: Int, _ body: String, _ details: String, _ cut: String) {
        dropUpstream()
        if phase == .responding || phase == .upgraded {
            record.details = cut
            return self.cut()
        }
        if !isRequestComplete { closesAfterResponse = true }
        reply(status, body: body, details: details)
    }
}
