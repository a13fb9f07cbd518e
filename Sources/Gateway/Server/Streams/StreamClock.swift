internal import Bytes
internal import Reactor

/// Whoever has deadlines.
protocol ClockOwner: AnyObject {
    /// A deadline passed.
    func passed(_ kind: Deadlines.Kind)
}

/// The deadlines of one stream or connection on one timer of its loop.
final class StreamClock {
    private var deadlines = Deadlines()
    private var timer: LoopTimer?
    private var armedAt: Instant?
    private let loop: EventLoop
    /// Nil once stopped; not weak, which makes every later retain of the owner slow.
    private unowned var owner: (any ClockOwner)?

    /// A clock without deadlines; its owner stops it before it goes.
    init(loop: EventLoop) {
        self.loop = loop
    }

    // The loop keeps an armed timer, which must not outlive what it calls.
    deinit { timer?.disarm() }

    /// Says who is told.
    func start(_ owner: any ClockOwner) { self.owner = owner }

    /// Tells nobody any more.
    func stop() {
        owner = nil
        timer?.disarm()
        timer = nil
    }

    func set(_ kind: Deadlines.Kind, after delay: Duration) {
        let time = loop.now() + delay
        deadlines.set(kind, time)
        if let armedAt, armedAt <= time { return }
        arm(time)
    }

    func clear(_ kind: Deadlines.Kind) { deadlines.clear(kind) }

    /// Clears everything that belongs to a request.
    func clearStream() { deadlines.clearStream() }

    private func arm(_ time: Instant) {
        guard owner != nil else { return }
        let timer = self.timer ?? loop.makeTimer { [unowned self] in fired() }
        self.timer = timer
        armedAt = time
        timer.arm(at: time)
    }

    private func fired() {
        armedAt = nil
        let now = loop.now()
        while let owner, let kind = deadlines.takeExpired(now) { owner.passed(kind) }
        if owner != nil, armedAt == nil, let next = deadlines.next { arm(next) }
    }
}
