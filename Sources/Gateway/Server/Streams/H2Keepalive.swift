internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// PINGs on an HTTP/2 connection (`connection_keepalive`): one every interval, an answer within the timeout.
final class H2Keepalive {
    private let rule: HTTP2ProtocolOptions.Keepalive
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var isWaiting = false
    private var number: UInt64 = 0
    private let send: (UInt64) -> Void
    private let expire: () -> Void

    /// Nil where the rule asks for no PINGs.
    ///
    /// The closures are let go by `stop()`'s timer; they must not hold their owner strongly.
    init?(
        _ rule: HTTP2ProtocolOptions.Keepalive?, loop: EventLoop, send: @escaping (UInt64) -> Void,
        expire: @escaping () -> Void
    ) {
        guard let rule, rule.interval != nil else { return nil }
        self.rule = rule
        self.loop = loop
        self.send = send
        self.expire = expire
        arm(rule.interval ?? .zero)
    }

    // The loop keeps an armed timer, which must not outlive what it calls.
    deinit { timer?.disarm() }

    private func arm(_ delay: Duration) {
        let timer = self.timer ?? loop.makeTimer { [unowned self] in fired() }
        self.timer = timer
        timer.arm(at: loop.now() + delay)
    }

    private func fired() {
        if isWaiting { return expire() }
        isWaiting = true
        number += 1
        send(number)
        arm(rule.timeout ?? .seconds(10))
    }

    /// The peer answered a PING.
    func answered(_ opaque: UInt64) {
        guard isWaiting, opaque == number else { return }
        isWaiting = false
        arm(rule.interval ?? .zero)
    }

    func stop() {
        timer?.disarm()
        timer = nil
    }
}
