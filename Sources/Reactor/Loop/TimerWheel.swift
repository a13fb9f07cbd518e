public import Bytes

/// A coarse wheel: 2048 slots of 4 ms.
///
/// Arming later costs one store; a timer found too early is moved on.
///
/// A timer never fires before its deadline and, on a loop that is not busy, at most about 5 ms after.
final class TimerWheel {
    static let tickNanoseconds: Int64 = 4_000_000
    static let slotCount = 2048

    private var slots: [[LoopTimer]]
    private var occupied: [UInt64]
    private var cursor: Int64
    private(set) var count = 0

    init(now: Instant) {
        slots = Array(repeating: [], count: Self.slotCount)
        occupied = Array(repeating: 0, count: Self.slotCount / 64)
        cursor = now.nanoseconds / Self.tickNanoseconds
    }

    /// The first tick that starts at or after the deadline, but never one already passed.
    private func tick(for deadline: Instant) -> Int64 {
        let (quotient, remainder) = deadline.nanoseconds.quotientAndRemainder(
            dividingBy: Self.tickNanoseconds)
        return max(quotient + (remainder > 0 ? 1 : 0), cursor)
    }

    func link(_ timer: LoopTimer) {
        // A deadline beyond one turn waits in the last slot of this turn and moves on from there.
        let due = min(tick(for: timer.deadline), cursor + Int64(Self.slotCount) - 1)
        let slot = Int(due % Int64(Self.slotCount))
        timer.slot = slot
        timer.due = due
        timer.index = slots[slot].count
        slots[slot].append(timer)
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
        count += 1
    }

    func unlink(_ timer: LoopTimer) {
        guard timer.slot >= 0 else { return }
        let slot = timer.slot
        let last = slots[slot].removeLast()
        if last !== timer {
            slots[slot][timer.index] = last
            last.index = timer.index
        }
        if slots[slot].isEmpty { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
        timer.slot = -1
        count -= 1
    }

    /// Whether a timer linked at `due` would have to move to fire at `deadline` in time.
    func mustMove(_ timer: LoopTimer, to deadline: Instant) -> Bool { tick(for: deadline) < timer.due }

    /// When the loop has to wake next; nil without timers.
    func nextWake() -> Instant? {
        guard count > 0 else { return nil }
        let words = occupied.count
        let start = Int(cursor % Int64(Self.slotCount))
        for step in 0...words {
            let word = (start >> 6 + step) % words
            var bits = occupied[word]
            if step == 0 { bits &= ~0 << UInt64(start & 63) }
            if step == words { bits &= (1 << UInt64(start & 63)) &- 1 }
            guard bits != 0 else { continue }
            let slot = word << 6 + bits.trailingZeroBitCount
            let distance = (slot - start + Self.slotCount) % Self.slotCount
            return Instant(nanoseconds: (cursor + Int64(distance)) * Self.tickNanoseconds)
        }
        return nil
    }

    /// Fires what is due.
    ///
    /// Timers armed meanwhile wait for the next call.
    func advance(to now: Instant) {
        let target = now.nanoseconds / Self.tickNanoseconds
        guard target >= cursor else { return }
        var due: [LoopTimer] = []
        if count > 0 {
            for tick in cursor...min(target, cursor + Int64(Self.slotCount) - 1) {
                let slot = Int(tick % Int64(Self.slotCount))
                if occupied[slot >> 6] & (1 << UInt64(slot & 63)) == 0 { continue }
                due += slots[slot]
            }
        }
        cursor = target + 1
        for timer in due {
            unlink(timer)
            if timer.deadline <= now { timer.isDue = true } else { link(timer) }
        }
        // A callback may disarm or re-arm any other timer of this batch: `isDue` says who still fires.
        for timer in due where timer.isDue {
            timer.isDue = false
            timer.fire()
        }
    }

    func removeAll() {
        for slot in slots.indices {
            for timer in slots[slot] { timer.slot = -1 }
            slots[slot] = []
        }
        occupied = Array(repeating: 0, count: Self.slotCount / 64)
        count = 0
    }
}

/// A timer that is armed and disarmed many times, for code on the loop's thread.
///
/// Moving the deadline later is one store, so a connection may do it on each byte. Not Sendable.
public final class LoopTimer {
    private let wheel: TimerWheel
    let fire: () -> Void
    var deadline = Instant(nanoseconds: 0)
    var slot = -1
    var index = 0
    var due: Int64 = 0
    var isDue = false

    init(_ wheel: TimerWheel, _ fire: @escaping () -> Void) {
        self.wheel = wheel
        self.fire = fire
    }

    /// Whether it will fire.
    public var isArmed: Bool { slot >= 0 || isDue }

    /// Fires once at `deadline` or soon after, in place of any earlier arming.
    public func arm(at deadline: Instant) {
        isDue = false
        self.deadline = deadline
        if slot < 0 {
            wheel.link(self)
        } else if wheel.mustMove(self, to: deadline) {
            wheel.unlink(self)
            wheel.link(self)
        }
    }

    /// Will not fire any more, not even when already due in this batch.
    public func disarm() {
        isDue = false
        wheel.unlink(self)
    }
}
