public import Bytes
internal import CSystem
internal import Glibc
internal import Synchronization

/// One thread, one epoll, one mailbox, and the timers of both.
///
/// Any thread may `submit` and `schedule`. The methods under "On the loop" are for its own thread only and
/// stop the process elsewhere, in release builds too. An actor lives on a loop by returning
/// `loop.asUnownedSerialExecutor()`; a `Task(executorPreference: loop)` runs there as well.
/// Nothing that blocks belongs on a loop: see `BlockingPool`.
public final class EventLoop: SerialExecutor, TaskExecutor, Sendable {
    enum Job: Sendable {
        case work(@Sendable () -> Void)
        case task(UnownedJob)
    }

    private struct Mail: Sendable {
        var jobs: [Job] = []
        var isStopping = false
        var isStopped = false
    }

    /// For logs, and the thread's name cut to 15 bytes.
    public let name: String
    let thread = ThreadIdentity()
    private let mail = Mutex(Mail())
    private let wake: FileDescriptor
    private let stopped: FileDescriptor
    private let core: LoopBound<LoopCore>
    private let nextTimerID = Atomic<UInt64>(1)

    /// Makes a loop that waits for `start()` or `run()`; work submitted before is kept.
    ///
    /// Stops the process when the kernel refuses the three descriptors a loop needs.
    public init(name: String) {
        self.name = name
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let stopped = eventfd(0, Int32(EFD_CLOEXEC))
        guard epoll >= 0, wake >= 0, stopped >= 0 else {
            fatalError("cannot make event loop \(name): \(Errno.last)")
        }
        self.wake = FileDescriptor(owning: wake)
        self.stopped = FileDescriptor(owning: stopped)
        core = LoopBound(
            beforeStart: LoopCore(epoll: FileDescriptor(owning: epoll), now: Clock.monotonic()),
            thread: thread)
    }

    /// Makes a loop and starts its thread.
    public static func started(name: String) -> EventLoop {
        let loop = EventLoop(name: name)
        loop.start()
        return loop
    }

    /// Runs the loop on a thread of its own, which keeps the loop alive until `stop()`.
    public func start() { Thread.spawn(name) { self.run() } }

    /// Runs the loop on the calling thread until `stop()`.
    public func run() {
        thread.adoptCurrentThread()
        let core = core.value
        core.now = Clock.monotonic()
        let waker = Waker(wake.rawValue)
        // Level-triggered and read before the mailbox is emptied, so no wake-up is lost.
        guard (try? core.register(wake.rawValue, .readable, waker)) != nil else {
            fatalError("cannot watch the mailbox of event loop \(name)")
        }
        var batch: [Job] = []
        while true {
            swap(&batch, &core.jobs)
            run(&batch)
            let (mailed, isStopping) = mail.withLock { mail in
                let jobs = mail.jobs
                mail.jobs = []
                return (jobs, mail.isStopping)
            }
            if isStopping && mailed.isEmpty && core.jobs.isEmpty { break }
            batch = mailed
            run(&batch)
            core.runDeferred()
            core.turn(poll: core.hasWork || isStopping)
        }
        core.tearDown()
        thread.clear()
        mail.withLock { $0.isStopped = true }
        var one: UInt64 = 1
        _ = Glibc.write(stopped.rawValue, &one, 8)
    }

    private func run(_ batch: inout [Job]) {
        for job in batch {
            switch job {
            case .work(let work): work()
            case .task(let job):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
        }
        batch.removeAll(keepingCapacity: true)
    }

    /// Ends the loop after the work already submitted; its handlers and timers are dropped.
    ///
    /// Actors and tasks that live on the loop must have ended before: their later work is never run.
    public func stop() {
        mail.withLock { $0.isStopping = true }
        wakeUp()
    }

    /// Waits until the loop has ended after `stop()`.
    ///
    /// Not from its own thread; blocks the calling one.
    public func join() {
        precondition(!thread.isCurrent, "a loop cannot wait for itself")
        var value: UInt64 = 0
        while Glibc.read(stopped.rawValue, &value, 8) < 0 && errno == EINTR {}
        var one: UInt64 = 1
        _ = Glibc.write(stopped.rawValue, &one, 8)
    }

    private func wakeUp() {
        var one: UInt64 = 1
        _ = Glibc.write(wake.rawValue, &one, 8)
    }

    // MARK: From any thread

    /// Runs `work` on the loop's thread, in the order submitted; never inside the caller.
    public func submit(_ work: @escaping @Sendable () -> Void) { post(.work(work)) }

    private func post(_ job: Job) {
        if thread.isCurrent {
            core.value.jobs.append(job)
            return
        }
        let wasEmpty = mail.withLock { mail in
            if mail.isStopped { return false }
            mail.jobs.append(job)
            return mail.jobs.count == 1
        }
        if wasEmpty { wakeUp() }
    }

    /// Whether the caller runs on this loop's thread.
    public var isOnLoop: Bool { thread.isCurrent }

    /// Stops the process when the caller is not on this loop's thread.
    public func assertOnLoop() { precondition(thread.isCurrent, "not on event loop \(name)") }

    /// Runs `work` on the loop once, `delay` from now, unless cancelled before.
    @discardableResult
    public func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> TimerHandle {
        let id = nextTimerID.wrappingAdd(1, ordering: .relaxed).oldValue
        let handle = TimerHandle(loop: self, id: id)
        let deadline = (thread.isCurrent ? core.value.now : Clock.monotonic()) + delay
        if thread.isCurrent {
            startTimer(id, deadline, handle, work)
        } else {
            submit { self.startTimer(id, deadline, handle, work) }
        }
        return handle
    }

    private func startTimer(
        _ id: UInt64, _ deadline: Instant, _ handle: TimerHandle, _ work: @escaping @Sendable () -> Void
    ) {
        guard !handle.isCancelled else { return }
        let core = core.value
        let timer = LoopTimer(core.timers) { [unowned core] in
            core.timersByID[id] = nil
            if !handle.isCancelled { work() }
        }
        core.timersByID[id] = timer
        timer.arm(at: deadline)
    }

    func cancelTimer(_ id: UInt64) {
        if thread.isCurrent {
            core.value.timersByID.removeValue(forKey: id)?.disarm()
        } else {
            submit { self.core.value.timersByID.removeValue(forKey: id)?.disarm() }
        }
    }

    // MARK: On the loop

    /// The time of the current wake-up.
    ///
    /// On the loop only.
    public func now() -> Instant { core.value.now }

    /// Watches a non-blocking descriptor, which must stay open until `deregister`.
    ///
    /// On the loop only.
    public func register(
        _ fd: Int32, _ events: IOEvents, handler: any EventHandler
    ) throws(Errno) -> Registration {
        try core.value.register(fd, events, handler)
    }

    /// Changes what a descriptor is watched for; with `.edgeTriggered` it reports again what is ready now.
    ///
    /// A stale registration is ignored. On the loop only.
    public func modify(_ registration: Registration, _ events: IOEvents) throws(Errno) {
        try core.value.modify(registration, events)
    }

    /// Forgets a descriptor and its handler; call before closing it.
    ///
    /// A stale one is ignored. `isClosing` tells that the descriptor is closed right after, which ends the kernel's
    /// watching by itself. On the loop only.
    public func deregister(_ registration: Registration, isClosing: Bool = false) {
        core.value.deregister(registration, isClosing: isClosing)
    }

    /// Runs `work` when the current batch of events is dispatched, before the next wait.
    ///
    /// On the loop only.
    public func afterBatch(_ work: @escaping () -> Void) { core.value.afterBatch(work) }

    /// Makes a disarmed timer.
    ///
    /// On the loop only.
    public func makeTimer(_ fire: @escaping () -> Void) -> LoopTimer { LoopTimer(core.value.timers, fire) }

    /// Lends the loop's 128 KiB scratch buffer; not re-entrant.
    ///
    /// On the loop only.
    public func withScratch<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try core.value.withScratch(body)
    }

    /// An empty queue, with memory from the loop's pool when there is some.
    ///
    /// On the loop only.
    public func takeQueue() -> ByteQueue { core.value.takeQueue() }

    /// Empties the queue and gives its memory to the loop's pool, so that an idle connection holds none.
    ///
    /// On the loop only.
    public func giveBack(_ queue: inout ByteQueue) { core.value.giveBack(&queue) }

    // MARK: Executors

    /// Takes a job of an actor or task.
    ///
    /// For the runtime.
    public func enqueue(_ job: consuming ExecutorJob) { post(.task(UnownedJob(job))) }

    /// This loop as an actor's executor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// This loop as a task's executor.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// For `assumeIsolated` of actors that live here.
    public func checkIsolated() { assertOnLoop() }
}

/// Empties the eventfd, so that it reports the next letter.
private final class Waker: EventHandler {
    private let fd: Int32
    init(_ fd: Int32) { self.fd = fd }

    func handle(_ events: IOEvents) {
        var value: UInt64 = 0
        _ = Glibc.read(fd, &value, 8)
    }
}

/// A pending `EventLoop.schedule`.
///
/// Dropping it cancels nothing.
public final class TimerHandle: Sendable {
    private let loop: EventLoop
    private let id: UInt64
    private let cancelled = Atomic<Bool>(false)

    init(loop: EventLoop, id: UInt64) {
        self.loop = loop
        self.id = id
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// The work is not run any more, unless it runs already.
    ///
    /// Any thread, any number of times.
    public func cancel() {
        if cancelled.exchange(true, ordering: .acquiringAndReleasing) { return }
        loop.cancelTimer(id)
    }
}
