internal import Bytes
internal import EnvoyConfig
internal import HTTPCodec
internal import Reactor
internal import TLS

/// Checks one endpoint again and again, over one connection at a time.
final class HealthProbe: WireOwner {
    /// What a probe needs to know; the same until the cluster changes.
    struct Target {
        var rule: HealthCheck
        var clusterName: String
        var tls: ClientTLSSlot?
        var sni: String?
    }

    let address: SocketAddress
    var target: Target
    private(set) var health: EndpointHealth
    private let loop: EventLoop
    private let report: (HealthProbe, EndpointHealth.Outcome, Bool) -> Void
    private let hasTraffic: () -> Bool
    private var attempt: ConnectAttempt?
    private var wire: Wire?
    private var pauseTimer: LoopTimer?
    private var timeoutTimer: LoopTimer?
    private var isChecking = false
    private var isStopped = false
    private var parser = ResponseParser()
    private var status = 0
    private var keepsAlive = false
    private var exchange: HTTP2HealthExchange?

    /// `report` is told the outcome of each check, and whether the endpoint's health changed by it.
    init(
        loop: EventLoop, address: SocketAddress, target: Target, hasTraffic: @escaping () -> Bool,
        report: @escaping (HealthProbe, EndpointHealth.Outcome, Bool) -> Void
    ) {
        self.loop = loop
        self.address = address
        self.target = target
        self.hasTraffic = hasTraffic
        self.report = report
        health = EndpointHealth()
    }

    /// Begins to check.
    func start() { wait(EndpointHealth.firstPause(target.rule, random: .random(in: 0...UInt64.max))) }

    /// Ends for good.
    func stop() {
        isStopped = true
        pauseTimer?.disarm()
        timeoutTimer?.disarm()
        pauseTimer = nil
        timeoutTimer = nil
        dropConnection()
    }

    private func wait(_ pause: Duration) {
        let timer = pauseTimer ?? loop.makeTimer { [weak self] in self?.check() }
        pauseTimer = timer
        timer.arm(at: loop.now() + pause)
    }

    private func dropConnection() {
        attempt?.cancel()
        attempt = nil
        let old = wire
        wire = nil
        exchange = nil
        old?.owner = nil
        old?.close()
    }

    // MARK: One check

    private func check() {
        guard !isStopped else { return }
        isChecking = true
        status = 0
        let timer = timeoutTimer ?? loop.makeTimer { [weak self] in self?.end(.unreachable) }
        timeoutTimer = timer
        timer.arm(at: loop.now() + target.rule.timeout)
        if let wire, wire.isOpen { return ask(wire) }
        dropConnection()
        attempt = TCPConnector.connect(loop: loop, address: address, timeout: target.rule.timeout) {
            [weak self] result in
            self?.connected(result)
        }
    }

    private func connected(_ result: consuming ConnectResult) {
        attempt = nil
        switch consume result {
        case .failed: end(.unreachable)
        case .connected(let socket):
            do {
                let wire = try Wire(loop: loop, socket: socket, peer: address)
                wire.owner = self
                self.wire = wire
                guard let tls = target.tls else { return ask(wire) }
                let session = try TLSSession(
                    client: tls.material.context, sni: target.sni, endpoint: address.description)
                wire.secure(session)
            } catch {
                end(.unreachable)
            }
        }
    }

    private func ask(_ wire: Wire) {
        switch target.rule.checker {
        case .tcp:
            // A connect that was made is the answer; the next check makes another.
            dropConnection()
            end(.success)
        case .http(let check) where check.codec == .http2:
            var head = HeadView()
            head.setMethod(Array("GET".utf8))
            head.setTarget(Array(check.path.utf8))
            head.add(Array("host".utf8), Array(authority(check.host).utf8))
            head.add(Array("user-agent".utf8), Array("Envoy/HC".utf8))
            ask(wire, head, body: nil)
        case .http(let check):
            parser = ResponseParser()
            var headers = HTTPHeaders()
            headers.add("host", authority(check.host))
            headers.add("user-agent", "Envoy/HC")
            HTTP1Serializer.write(
                HTTPRequestHead(method: "GET", target: check.path, headers: headers), to: &wire.out)
            wire.flush()
        case .grpc(let check):
            ask(
                wire, GRPCHealthCall.head(authority: authority(check.authority)),
                body: GRPCHealthCall.message(check.serviceName))
        }
    }

    /// The name asked for: the check's own, or the cluster's.
    private func authority(_ name: String) -> String { name.isEmpty ? target.clusterName : name }

    private func ask(_ wire: Wire, _ head: borrowing HeadView, body: [UInt8]?) {
        let exchange = exchange ?? HTTP2HealthExchange()
        self.exchange = exchange
        let scheme: StaticString = target.tls == nil ? "http" : "https"
        guard exchange.ask(head, scheme: scheme, body: body, into: &wire.out) else {
            dropConnection()
            return end(.unreachable)
        }
        wire.flush()
    }

    private func end(_ outcome: EndpointHealth.Outcome) {
        guard isChecking, !isStopped else { return }
        isChecking = false
        timeoutTimer?.disarm()
        if outcome != .success || !target.rule.reusesConnection { dropConnection() }
        let changed = health.note(outcome, target.rule)
        report(self, outcome, changed)
        guard !isStopped else { return }
        wait(
            EndpointHealth.pause(
                target.rule, hasTraffic: hasTraffic(), random: .random(in: 0...UInt64.max)))
    }

    // MARK: The wire

    func wireSecured(_ wire: Wire) {
        guard isChecking, wire === self.wire else { return }
        ask(wire)
    }

    func wireReadable(_ wire: Wire) {
        guard wire === self.wire else { return }
        if let exchange { return read(wire, exchange) }
        guard isChecking else { return dropConnection() }
        if case .http(let check) = target.rule.checker { readHTTP(wire, check) }
    }

    private func readHTTP(_ wire: Wire, _ check: HTTPHealthCheck) {
        do {
            while let event = try parser.next(&wire.input) {
                switch event {
                case .head(let head):
                    if head.status < 200 { continue }
                    status = head.status
                    keepsAlive = head.keepsAlive
                case .end: return answered(check)
                default: continue
                }
            }
            guard wire.isInputEnded else { return wire.resume() }
            keepsAlive = false
            if case .end? = try parser.finish() { return answered(check) }
        } catch {
            return end(.unreachable)
        }
        end(.unreachable)
    }

    private func answered(_ check: HTTPHealthCheck) {
        if !keepsAlive { dropConnection() }
        end(check.expects(status) ? .success : .unhealthy)
    }

    /// Between two checks a connection may still have something to say about itself.
    private func read(_ wire: Wire, _ exchange: HTTP2HealthExchange) {
        let answer = exchange.read(&wire.input, into: &wire.out)
        wire.flush()
        switch answer {
        case .pending:
            guard !wire.isInputEnded else { break }
            return wire.resume()
        case .answered(let reply, let isReusable):
            if !isReusable { dropConnection() }
            switch target.rule.checker {
            case .http(let check): return end(check.expects(reply.status) ? .success : .unhealthy)
            case .grpc: return end(GRPCHealthCall.isServing(reply) ? .success : .unhealthy)
            case .tcp: return
            }
        case .broken: break
        }
        dropConnection()
        end(.unreachable)
    }

    func wireDrained(_ wire: Wire) {}

    func wireFailed(_ wire: Wire, _ failure: WireFailure) {
        guard wire === self.wire else { return }
        dropConnection()
        end(.unreachable)
    }
}

extension HTTPHealthCheck {
    /// Whether a status is a success.
    fileprivate func expects(_ status: Int) -> Bool {
        expectedStatuses.isEmpty ? status == 200 : expectedStatuses.contains { $0.contains(Int64(status)) }
    }
}
