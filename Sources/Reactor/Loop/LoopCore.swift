internal import Bytes
internal import CSystem
internal import Glibc

/// What a loop's thread owns.
///
/// Not Sendable: reached through `LoopBound` only.
final class LoopCore {
    static let scratchBytes = 128 * 1024
    /// Buffers kept for the next connection that needs one: at most 4 MiB a loop.
    private static let maxSpareQueues = 16
    private static let maxSpareBytes = 256 * 1024
    private static let batch = 256
    private static let idleBeforeTrim: Int32 = 300
    private static let eventsBeforeTrim = 64
    private static let trimInterval = Duration.seconds(2)

    private struct Slot {
        var handler: (any EventHandler)?
        var generation: UInt32 = 1
        var fd: Int32 = -1
    }

    private let epoll: FileDescriptor
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var ready = [epoll_event](repeating: epoll_event(), count: LoopCore.batch)
    private var deferredWork: [() -> Void] = []
    private var spareWork: [() -> Void] = []
    private let scratch: UnsafeMutableRawBufferPointer
    private var isScratchLent = false
    private var spareQueues: [ByteQueue] = []
    private var lastTrim: Instant
    private var eventsSinceTrim = 0

    let timers: TimerWheel
    var timersByID: [UInt64: LoopTimer] = [:]
    var now: Instant
    var jobs: [EventLoop.Job] = []

    init(epoll: consuming FileDescriptor, now: Instant) {
        self.epoll = epoll
        self.now = now
        lastTrim = now
        timers = TimerWheel(now: now)
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 64)
    }

    deinit { scratch.deallocate() }

    // MARK: Descriptors

    func register(_ fd: Int32, _ events: IOEvents, _ handler: any EventHandler) throws(Errno) -> Registration
    {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        let registration = Registration(slot: slot, generation: slots[Int(slot)].generation)
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: registration.token))
        if epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, fd, &event) != 0 {
            let error = Errno.last
            freeSlots.append(slot)
            throw error
        }
        slots[Int(slot)].handler = handler
        slots[Int(slot)].fd = fd
        return registration
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let slot = Int(registration.slot)
        return slot < slots.count && slots[slot].generation == registration.generation
            && slots[slot].handler != nil
    }

    func modify(_ registration: Registration, _ events: IOEvents) throws(Errno) {
        guard isCurrent(registration) else { return }
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: registration.token))
        let fd = slots[Int(registration.slot)].fd
        if epoll_ctl(epoll.rawValue, EPOLL_CTL_MOD, fd, &event) != 0 { throw Errno.last }
    }

    func deregister(_ registration: Registration, isClosing: Bool) {
        guard isCurrent(registration) else { return }
        let slot = Int(registration.slot)
        if !isClosing {
            var event = epoll_event()
            _ = epoll_ctl(epoll.rawValue, EPOLL_CTL_DEL, slots[slot].fd, &event)
        }
        // The handler may end here: release it after the slot is consistent again.
        let handler = slots[slot].handler
        slots[slot].handler = nil
        slots[slot].fd = -1
        slots[slot].generation &+= 1
        freeSlots.append(registration.slot)
        withExtendedLifetime(handler) {}
    }

    var registrationCount: Int { slots.count - freeSlots.count }

    // MARK: Work

    func afterBatch(_ work: @escaping () -> Void) { deferredWork.append(work) }

    var hasWork: Bool { !deferredWork.isEmpty || !jobs.isEmpty }

    func runDeferred() {
        // Work may defer more; a bounded number of rounds keeps descriptors from starving.
        for _ in 0..<16 where !deferredWork.isEmpty {
            swap(&deferredWork, &spareWork)
            for work in spareWork { work() }
            spareWork.removeAll(keepingCapacity: true)
        }
    }

    func withScratch<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        precondition(!isScratchLent, "the scratch buffer is not re-entrant")
        isScratchLent = true
        defer { isScratchLent = false }
        return try body(scratch)
    }

    func takeQueue() -> ByteQueue { spareQueues.popLast() ?? ByteQueue() }

    func giveBack(_ queue: inout ByteQueue) {
        guard queue.capacity > 0 else { return }
        queue.discard(queue.count)
        if spareQueues.count < Self.maxSpareQueues, queue.capacity <= Self.maxSpareBytes {
            spareQueues.append(queue)
        }
        queue = ByteQueue()
    }

    // MARK: Waiting

    /// Waits for readiness, then dispatches it and what is due.
    ///
    /// `poll` returns at once.
    func turn(poll: Bool) {
        var timeout: Int32 = poll ? 0 : -1
        if !poll, let wake = timers.nextWake() {
            // Not `now`: what ran since the last wake-up took its time, too.
            let nanoseconds = max(0, wake.nanoseconds - Clock.monotonic().nanoseconds)
            timeout = Int32(min((nanoseconds + 999_999) / 1_000_000, 60_000))
        }
        let trimming = poll ? nil : trimTimeout(before: timeout)
        var count = wait(trimming ?? timeout)
        if let trimming, count == 0 {
            csystem_trim_heap()
            lastTrim = Clock.monotonic()
            eventsSinceTrim = 0
            now = lastTrim
            if timers.nextWake().map({ $0 > now }) ?? true {
                count = wait(timeout < 0 ? -1 : max(0, timeout - trimming))
            }
        }
        now = Clock.monotonic()
        eventsSinceTrim += max(0, count)
        for i in 0..<max(0, count) {
            let registration = Registration(token: ready[i].data.u64)
            guard isCurrent(registration), let handler = slots[Int(registration.slot)].handler else {
                continue
            }
            handler.handle(IOEvents(rawValue: ready[i].events))
        }
        runDeferred()
        timers.advance(to: now)
        runDeferred()
    }

    /// How long to wait before memory is given back, after work and where the loop would wait longer than that.
    private func trimTimeout(before timeout: Int32) -> Int32? {
        guard eventsSinceTrim >= Self.eventsBeforeTrim else { return nil }
        let parts = (Self.trimInterval - (now - lastTrim)).components
        let left = Int32(clamping: parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)
        let pause = max(Self.idleBeforeTrim, left)
        return timeout < 0 || timeout > pause ? pause : nil
    }

    private func wait(_ timeout: Int32) -> Int {
        let count = Int(epoll_wait(epoll.rawValue, &ready, Int32(Self.batch), timeout))
        if count < 0 {
            precondition(errno == EINTR, "epoll_wait: \(Errno.last)")
            return 0
        }
        return count
    }

    /// Lets everything go: handlers end, their descriptors close.
    func tearDown() {
        for slot in slots { slot.handler?.loopEnded() }
        runDeferred()
        timers.removeAll()
        timersByID = [:]
        deferredWork = []
        let old = slots
        slots = []
        freeSlots = []
        withExtendedLifetime(old) {}
    }
}
