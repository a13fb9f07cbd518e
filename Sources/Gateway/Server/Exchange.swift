internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor

/// One request and its answer.
final class Exchange: UpstreamHandler {
    enum Phase {
        /// Before the upstream was asked.
        case deciding
        /// Waiting for a connection or for a pause to end.
        case waiting
        /// The request is on its way and the head of the answer is not here.
        case requesting
        /// The head of the answer was passed on.
        case responding
        /// Bytes both ways after a 101.
        case upgraded
        case finished
    }

    let client: any ClientStream
    let worker: Worker
    let settings: HTTPSettings
    let stats: HTTPStats
    var phase = Phase.deciding
    /// Whether the client of an upgraded stream says no more to an endpoint reached by HTTP/2.
    var isTunnelHalfClosed = false
    var record = StreamRecord()
    /// The request as it goes upstream.
    var head: HeadView
    let isHEAD: Bool
    var isRequestComplete: Bool
    let wantsUpgrade: Bool
    private let keepsAliveByRequest: Bool
    let expectsContinue: Bool
    let isGRPC: Bool

    // Routing
    var host: RouteTable.Host?
    var route: CompiledRoute?
    var forward: ForwardRule?
    var target: ForwardRule.Target?
    /// The cluster that the route names.
    var cluster: ClusterRuntime?
    /// The one of its members that is asked, where it is an aggregate.
    var member: ClusterRuntime?
    var corsOrigin: [UInt8]?

    // Upstream
    var upstream: (any UpstreamStream)?
    /// The endpoints tried, where a retry is to avoid them.
    var tried: [SocketAddress] = []
    var retriesLeft = 0
    var holdsRetrySlot = false
    /// Body bytes sent so far, while a retry may need them; nil when it no longer can.
    var replay: [UInt8]? = []
    var requestTrailers: HeadView?
    var mirrors: [MirrorRequest] = []
    var closesAfterResponse = false
    var usesFreshConnection = false

    /// Body bytes kept for a retry.
    static let maxReplayBytes = 256 * 1024

    init(client: any ClientStream, head: consuming HeadView) {
        self.client = client
        worker = client.worker
        settings = client.settings
        stats = client.stats
        isHEAD = head.equals(head.method, "head")
        wantsUpgrade = head.asksUpgrade && !Self.asksHTTP2InClear(head)
        keepsAliveByRequest = head.keepsAlive
        expectsContinue = head.expectsContinue
        isRequestComplete = head.framing.isEmpty
        isGRPC = Self.asksGRPC(head)
        self.head = consume head
        let connection = client.connection
        record.startTime = Clock.wall()
        record.start = worker.loop.now()
        record.protocolName = client.isHTTP2 ? "HTTP/2" : "HTTP/1.1"
        record.isGRPC = isGRPC
        record.remoteAddress = client.wire.peer
        record.requestedServerName = connection.sni
        record.peerURISAN = connection.peerURISAN
    }

    /// `application/grpc`, with or without a suffix (gRPC over HTTP/2, "Requests").
    private static func asksGRPC(_ head: borrowing HeadView) -> Bool {
        guard let value = head.value(.contentType), value.count >= 16,
            head.equals(value.lowerBound..<value.lowerBound + 16, "application/grpc")
        else { return false }
        guard value.count > 16 else { return true }
        let next = head.bytes[value.lowerBound + 16]
        return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
    }

    var manager: HTTPConnectionManager { settings.config }
    var isUpgraded: Bool { phase == .upgraded }
    var asksUpgrade: Bool { upgradeType != nil }
    var spareHeads: HeadPool { worker.spareHeads }

    // MARK: Deciding

    func begin() {
        if isRequestComplete { record.requestEnd = record.start }
        touch()
        if manager.requestTimeout > .zero, !isRequestComplete {
            client.clock.set(.request, after: manager.requestTimeout)
        }
        if let refusal = prepare(&head) { return refuse(refusal) }
        let facts = RequestFacts(head)
        if let match = worker.routes(of: settings)?.match(facts) {
            host = match.host
            route = match.route
            record.routeName = match.route.name
            if case .forward(let rule) = match.route.action {
                forward = rule
                // The route's own limit holds from here, also for a request that has no body to come.
                if rule.idleTimeout != nil { touch() }
            }
        }
        filter(facts)
    }

    /// The authority of an absolute-form target replaces Host, and the target becomes its path.
    func useAbsoluteForm(_ head: inout HeadView) {
        if let form = head.absoluteForm {
            let authority = Array(head.bytes[form.authority])
            head.set(Array("host".utf8), authority)
            var rest = Array(head.bytes[form.rest..<head.target.upperBound])
            if rest.first != 0x2F { rest.insert(0x2F, at: 0) }
            head.setTarget(rest)
        }
        guard settings.config.stripMatchingHostPort,
            let index = head.fields.firstIndex(where: { $0.known == .host })
        else { return }
        let value = head.bytes[head.fields[index].value]
        let suffix = Array(":\(client.wire.local?.port ?? 0)".utf8)
        if value.count > suffix.count, value.suffix(suffix.count).elementsEqual(suffix) {
            head.setValue(at: index, Array(value.dropLast(suffix.count)))
        }
    }

    private func filter(_ facts: RequestFacts, from first: Int = 0) {
        let filters = settings.filters
        for index in first..<max(first, filters.count) {
            switch filters[index] {
            case .rbac(let rules):
                if let details = rules.decide(client.connection.caller, facts).details {
                    stats.denied += 1
                    return reply(403, body: "RBAC: access denied", details: details)
                }
                stats.allowed += 1
            case .cors:
                guard let rule = route?.cors, let origin = facts.value(of: Array("origin".utf8)),
                    rule.allows(origin)
                else { continue }
                let isPreflight =
                    head.equals(head.method, "options")
                    && facts.value(of: Array("access-control-request-method".utf8)) != nil
                if isPreflight {
                    return reply(
                        200, bytes: [], details: "cors_preflight",
                        headers: rule.preflightHeaders(origin: Array(origin)), isEdited: false)
                }
                corsOrigin = Array(origin)
            case .fault(let common):
                guard let fault = route?.fault ?? (common == HTTPFault() ? nil : common) else { continue }
                if let delay = fault.delay, draws(delay.percentage) {
                    record.flags.insert(.delayInjected)
                    phase = .waiting
                    afterPause = { $0.abort(fault, facts, next: index + 1) }
                    return client.clock.set(.pause, after: delay.fixedDelay)
                }
                if let status = abortStatus(fault) { return injected(status) }
            }
        }
        act(facts)
    }

    /// What goes on after a pause.
    private var afterPause: ((Exchange) -> Void)?

    var isPausing: Bool { afterPause != nil }

    func pauseEnded() {
        guard let next = afterPause else { return }
        afterPause = nil
        next(self)
    }

    func pause(_ delay: Duration, then next: @escaping (Exchange) -> Void) {
        phase = .waiting
        afterPause = next
        client.clock.set(.pause, after: delay)
    }

    private func abort(_ fault: HTTPFault, _ facts: RequestFacts, next: Int) {
        if let status = abortStatus(fault) { return injected(status) }
        filter(facts, from: next)
    }

    private func draws(_ percentage: FractionalPercent) -> Bool {
        worker.random.next() % UInt64(percentage.denominator.value) < UInt64(percentage.numerator)
    }

    private func abortStatus(_ fault: HTTPFault) -> Int? {
        guard let abort = fault.abort, draws(abort.percentage) else { return nil }
        return Int(abort.httpStatus)
    }

    private func injected(_ status: Int) {
        record.flags.insert(.faultInjected)
        reply(status, body: "fault filter abort", details: "fault_filter_abort")
    }

    private func act(_ facts: RequestFacts) {
        guard let route else {
            record.flags.insert(.noRoute)
            return reply(404, body: "", details: "route_not_found")
        }
        switch route.action {
        case .redirect(let rule):
            let location = rule.location(facts, rule: route.rule, isTLS: client.isTLS)
            reply(
                rule.status, body: "", details: "direct_response",
                headers: [(Array("location".utf8), Array(location.utf8))])
        case .direct(let status, let body):
            reply(status, bytes: body, details: "direct_response", headers: [])
        case .forward(let rule):
            forward(rule, facts, route)
        }
    }

    private func forward(_ rule: ForwardRule, _ facts: RequestFacts, _ route: CompiledRoute) {
        if wantsUpgrade {
            let isAllowed = rule.allowsUpgrade ?? manager.upgradeConfigs.last?.enabled ?? false
            guard isAllowed, let field = head.value(.upgrade), head.equals(field, "websocket") else {
                closesAfterResponse = true
                return reply(403, body: "", details: "upgrade_failed")
            }
            upgradeType = Array(head.bytes[field])
        }
        guard let target = rule.target(random: worker.random.next()) else {
            record.flags.insert(.noCluster)
            return reply(rule.notFoundStatus, body: "", details: "cluster_not_found")
        }
        self.target = target
        record.upstreamCluster = target.cluster
        guard let cluster = worker.cluster(target.cluster) else {
            record.flags.insert(.noCluster)
            return reply(rule.notFoundStatus, body: "", details: "cluster_not_found")
        }
        self.cluster = cluster
        // Ours alone counts, also where the client's other headers are believed.
        if host?.includesAttemptCount == true { head.remove(named: RequestHeaders.attemptCount) }
        editRequest()
        if let rewritten = rule.rewrittenTarget(facts, rule: route.rule) {
            head.set(RequestHeaders.originalPath, Array(head.bytes[head.target]))
            head.setTarget(rewritten)
        }
        if let name = target.hostRewrite ?? rule.hostRewrite,
            let index = head.fields.firstIndex(where: { $0.known == .host })
        {
            head.add(RequestHeaders.originalHost, Array(head.bytes[head.fields[index].value]))
            head.setValue(at: index, name)
        }
        retriesLeft = rule.retry?.maxRetries ?? 0
        startMirrors(rule)
        if let limit = rule.maxStreamDuration, limit > .zero { client.clock.set(.maxDuration, after: limit) }
        if expectsContinue, !isRequestComplete { client.sendContinue() }
        if isRequestComplete { requestCompleted() }
        attempt()
    }

    var upgradeType: [UInt8]?

    private func startMirrors(_ rule: ForwardRule) {
        for mirror in rule.mirrors where worker.random.next() % mirror.denominator < mirror.numerator {
            guard let cluster = worker.cluster(mirror.cluster), upgradeType == nil else { continue }
            mirrors.append(MirrorRequest(worker: worker, cluster: cluster, head: head))
        }
    }

    // MARK: Client

    /// Whether the connection may go on after this exchange.
    var mayKeepAlive: Bool { keepsAliveByRequest && isRequestComplete && !closesAfterResponse }

    func touch() {
        var timeout = forward?.idleTimeout ?? manager.streamIdleTimeout
        if isTunnelHalfClosed, timeout == .zero || timeout > Self.halfClosedTime {
            timeout = Self.halfClosedTime
        }
        if timeout > .zero {
            client.clock.set(.streamIdle, after: timeout)
        } else {
            client.clock.clear(.streamIdle)
        }
    }

    /// The client went away.
    func clientLeft() {
        guard phase != .finished else { return }
        stats.resets += 1
        record.flags.insert(.downstreamTermination)
        if phase != .responding, phase != .upgraded { record.responseCode = 0 }
        record.details = "downstream_remote_disconnect"
        finish(keepsAlive: false, isWhole: false)
    }

    /// Ends the exchange: log, counters, connections.
    func finish(keepsAlive: Bool, isWhole: Bool = true) {
        guard phase != .finished else { return }
        phase = .finished
        releaseRetrySlot()
        afterPause = nil
        dropUpstream()
        if !mirrors.isEmpty {
            for mirror in mirrors { mirror.bodyEnded(isWhole: isRequestComplete) }
            mirrors = []
        }
        if record.responseCode >= 100 { stats.byClass[min(5, record.responseCode / 100)] += 1 }
        report()
        client.exchangeEnded(keepsAlive: keepsAlive, isWhole: isWhole)
    }

    /// Counts and logs; the record and its heads move, since each copy would count references.
    private func report() {
        var last = StreamRecord()
        swap(&last, &record)
        swap(&last.requestHead, &head)
        last.end = worker.loop.now()
        last.connection = client.connection
        stats.receivedBytes += last.bytesReceived
        stats.sentBytes += last.bytesSent
        worker.count(last)
        worker.log(last, settings.accessLogs)
        if let context = last.trace, context.isSampled, let rule = settings.trace {
            worker.report(last, context, rule)
        }
        worker.spareHeads.giveBack(&last.requestHead)
        worker.spareHeads.giveBack(&last.responseHead)
    }

    func releaseRetrySlot() {
        if holdsRetrySlot { cluster?.compiled.state.giveBack(.retry) }
        holdsRetrySlot = false
    }
}
