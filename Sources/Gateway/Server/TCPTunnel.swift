internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import TLS

/// A TCP proxy's connection: bytes both ways, each direction ended on its own, neither read ahead of the other.
final class TCPTunnel: ConnectionTerminal, UpstreamUser {
    private let connection: ClientConnection
    private let settings: TCPSettings
    private let stats: TCPStats
    private var cluster: ClusterRuntime?
    /// The cluster that was asked: a member, where `cluster` is an aggregate.
    private var asked: ClusterRuntime?
    /// Endpoints that could not be reached.
    private var tried: [SocketAddress] = []
    private var upstream: UpstreamConnection?
    private var idleTimer: LoopTimer?
    private var durationTimer: LoopTimer?
    private var lastActivity = Instant(nanoseconds: 0)
    private var attemptsLeft: Int
    private var isEnded = false

    init(connection: ClientConnection, settings: TCPSettings) {
        self.connection = connection
        self.settings = settings
        stats = connection.worker.tcpStats(settings.config.statPrefix)
        attemptsLeft = max(1, Int(settings.config.maxConnectAttempts))
    }

    private var worker: Worker { connection.worker }
    /// The listener's log tells of a tunnel what the tunnel's own does.
    private var record: StreamRecord {
        _read { yield connection.record }
        _modify { yield &connection.record }
    }
    private var wire: Wire { connection.wire }

    func start() {
        stats.connections += 1
        stats.activeConnections += 1
        // Nothing is read before there is somewhere to put it.
        wire.pause()
        if let limit = settings.config.maxDownstreamConnectionDuration, limit > .zero {
            let timer = worker.loop.makeTimer { [unowned self] in
                end(.downstreamTermination, orderly: true)
            }
            timer.arm(at: worker.loop.now() + limit)
            durationTimer = timer
        }
        let name = settings.cluster(random: worker.random.next())
        record.upstreamCluster = name
        guard let cluster = worker.cluster(name) else {
            stats.noRoute += 1
            return end(.noCluster, orderly: false)
        }
        self.cluster = cluster
        worker.services.add(serviceKey) { $0.opened += 1 }
        dial()
    }

    /// Draws for an endpoint that did not fail this connection already.
    private static let redraws = 16

    private func dial() {
        guard let cluster else { return }
        let redraws = tried.isEmpty ? 0 : Self.redraws
        guard let choice = cluster.choose(&worker.random, avoiding: tried, redraws: redraws) else {
            cluster.stats.noHealthy += 1
            return end(.noHealthyUpstream, orderly: false)
        }
        attemptsLeft -= 1
        record.attempts += 1
        record.upstreamHost = choice.address
        asked = choice.cluster
        choice.cluster.pool.dial(choice.address, for: self)
    }

    /// A tunnel goes on until it ends by itself or the time to drain is over.
    func drain() {}

    /// Bytes have no requests to be served anew.
    func adopt(_ settings: HTTPSettings) {}

    func expire() { end([], orderly: true) }

    // MARK: Upstream

    func upstreamReady(_ connection: UpstreamConnection) {
        guard !isEnded else { return connection.close() }
        upstream = connection
        if settings.logsUpstreamLocalAddress { record.upstreamLocalAddress = connection.wire?.local }
        asked?.note(connection.address, .served, &worker.random)
        touch()
        if settings.config.idleTimeout > .zero {
            let timer = worker.loop.makeTimer { [unowned self] in checkIdle() }
            timer.arm(at: worker.loop.now() + settings.config.idleTimeout)
            idleTimer = timer
        }
        wire.resume()
        if !wire.input.isEmpty || wire.isInputEnded { wireReadable(wire) }
    }

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        guard !isEnded else { return }
        switch failure {
        case .overflow: end(.upstreamOverflow, orderly: false)
        case .noCluster: end(.noCluster, orderly: false)
        case .noEndpoint: end(.noHealthyUpstream, orderly: false)
        case .connect(let reason, _, _):
            record.upstreamFailure = reason
            if let address = record.upstreamHost {
                asked?.note(address, .failed, &worker.random)
                tried.append(address)
            }
            if attemptsLeft > 0 { return dial() }
            cluster?.stats.connectAttemptsExceeded += 1
            end([.upstreamConnectionFailure, .retryLimitExceeded], orderly: false)
        }
    }

    func upstreamReadable(_ connection: UpstreamConnection) {
        guard let source = connection.wire else { return }
        let count = move(from: source, to: wire)
        record.bytesSent += Int64(count)
        worker.services.add(serviceKey) { $0.sentBytes += Int64(count) }
        stats.sentBytes += Int64(count)
        asked?.stats.receivedBytes += Int64(count)
        if source.isInputEnded {
            if source.isTruncated { return truncated(source, to: wire, []) }
            // Nothing can come back any more: the client's connection ends once it has everything.
            finishSide(wire)
        }
    }

    func upstreamDrained(_ connection: UpstreamConnection) {
        wire.resume()
        if !wire.input.isEmpty || wire.isInputEnded { wireReadable(wire) }
    }

    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {
        guard !isEnded else { return }
        upstream = nil
        if case .tls(let error) = failure {
            record.upstreamFailure = "TLS_error: \(error.message)"
            // Under TLS 1.3 a refusal of our certificate arrives after our side of the handshake.
            if record.bytesSent == 0 { record.flags.insert(.upstreamConnectionFailure) }
        }
        if let source = connection.wire { broke(source, []) } else { end([], orderly: false) }
    }

    // MARK: Downstream

    func wireReadable(_ wire: Wire) {
        guard let sink = upstream?.wire else { return }
        let count = move(from: wire, to: sink)
        record.bytesReceived += Int64(count)
        worker.services.add(serviceKey) { $0.receivedBytes += Int64(count) }
        stats.receivedBytes += Int64(count)
        asked?.stats.sentBytes += Int64(count)
        if wire.isInputEnded {
            if wire.isTruncated { return truncated(wire, to: sink, .downstreamTermination) }
            finishSide(sink)
        }
    }

    func wireDrained(_ wire: Wire) {
        guard let source = upstream?.wire else { return }
        source.resume()
        if !source.input.isEmpty || source.isInputEnded, let upstream { upstreamReadable(upstream) }
    }

    func wireSecured(_ wire: Wire) {}

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        if case .tls(let error) = failure {
            record.downstreamFailure = error.message
        }
        broke(wire, .downstreamTermination)
    }

    // MARK: Both

    /// Passes on what is there, unless the sink is behind: then the source waits.
    private func move(from source: Wire, to sink: Wire) -> Int {
        touch()
        guard sink.pendingOutput == 0 else {
            source.pause()
            return 0
        }
        let count = source.input.count
        guard count > 0 else { return 0 }
        source.moveInput(to: sink)
        sink.flush()
        if sink.pendingOutput > 0 { source.pause() }
        return count
    }

    private func finishSide(_ sink: Wire) {
        let source = sink === wire ? upstream?.wire : wire
        guard source?.input.isEmpty ?? true else { return }
        sink.shutdownOutput()
        if let other = upstream?.wire, wire.isInputEnded, other.isInputEnded, wire.input.isEmpty,
            other.input.isEmpty
        {
            end([], orderly: true)
        }
    }

    /// One side broke: a plain sink is reset, since a FIN would call what it got complete.
    ///
    /// What its socket does not take at once is lost: a broken tunnel waits for nobody. But behind the end of its
    /// input a source owes nothing any more, and the sink gets all of it.
    private func broke(_ source: Wire, _ flags: ResponseFlags) {
        guard !isEnded else { return }
        if let sink = source === wire ? upstream?.wire : wire {
            let isWhole = source.isInputEnded && !source.hasLostInput
            let isTLS = sink.session != nil
            if isWhole, sink.pendingOutput > 0, !(isTLS && source.isTruncated) {
                sink.closeAfterFlush()
            } else {
                sink.flush()
                // Under TLS an end without close_notify says the same, and loses nothing of what was sent.
                if isWhole || isTLS { sink.close() } else { sink.abort() }
            }
        }
        if upstream?.wire?.isOpen == true { upstream?.closeAfterFlush() } else { upstream?.close() }
        ended(flags)
    }

    /// TLS ended without close_notify: everything that came is passed on, but no close_notify of ours.
    ///
    /// A plain sink sees a FIN, as behind Envoy: many a client leaves like this, and a reset would take back bytes
    /// that are on their way.
    private func truncated(_ source: Wire, to sink: Wire, _ flags: ResponseFlags) {
        // The sink is behind: `wireDrained` or `upstreamDrained` leads here again.
        guard source.input.isEmpty, sink.pendingOutput == 0 else { return }
        end(flags, orderly: false)
    }

    /// What Istio's metrics tell this connection by while it is open.
    private var serviceKey: ServiceKey {
        ServiceKey(cluster: record.upstreamCluster ?? "", principal: record.peerURISAN ?? "")
    }

    private func touch() { lastActivity = worker.loop.now() }

    private func checkIdle() {
        let deadline = lastActivity + settings.config.idleTimeout
        if worker.loop.now() < deadline {
            idleTimer?.arm(at: deadline)
        } else {
            end([], orderly: true)
        }
    }

    private func end(_ flags: ResponseFlags, orderly: Bool) {
        guard !isEnded else { return }
        if orderly {
            wire.closeAfterFlush()
            upstream?.closeAfterFlush()
        } else {
            // A close_notify would call an abrupt end a good one.
            wire.close()
            upstream?.close()
        }
        ended(flags)
    }

    /// Notes the end: the wires are closed, or on their way to it.
    private func ended(_ flags: ResponseFlags) {
        isEnded = true
        idleTimer?.disarm()
        durationTimer?.disarm()
        record.flags.formUnion(flags)
        if cluster != nil {
            var key = serviceKey
            key.flags = record.flags
            worker.services.add(key) { $0.closed += 1 }
        }
        record.end = worker.loop.now()
        stats.activeConnections -= 1
        upstream = nil
        connection.log(settings.accessLogs)
        connection.ended()
    }
}
