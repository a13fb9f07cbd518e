import Bytes
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test func runsWorkOfOneThreadInOrder() async throws {
        try await withLoop { loop in
            let seen = Mutex<[Int]>([])
            for i in 0..<1000 { loop.submit { seen.withLock { $0.append(i) } } }
            await onLoop(loop) {}
            #expect(seen.withLock { $0 } == Array(0..<1000))
        }
    }

    @Test func keepsWorkSubmittedBeforeStart() async {
        let loop = EventLoop(name: "late")
        let done = Mutex(false)
        loop.submit { done.withLock { $0 = true } }
        loop.start()
        await onLoop(loop) {}
        #expect(done.withLock { $0 })
        loop.stop()
    }

    @Test func runsSubmittedWorkBeforeItStops() {
        let loop = EventLoop.started(name: "stop")
        let count = Mutex(0)
        for _ in 0..<100 { loop.submit { count.withLock { $0 += 1 } } }
        loop.stop()
        loop.join()
        #expect(count.withLock { $0 } == 100)
    }

    @Test func losesNoLetterOfManyThreads() async throws {
        try await withLoop { loop in
            let count = Counter()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<2000 {
                            await withCheckedContinuation { continuation in
                                loop.submit {
                                    count.add()
                                    continuation.resume()
                                }
                            }
                        }
                    }
                }
            }
            #expect(count.value == 16_000)
        }
    }

    @Test func firesTimersInOrderAndNeverEarly() async throws {
        try await withLoop { loop in
            let start = Clock.monotonic()
            let order: [Int] = await withCheckedContinuation { continuation in
                let seen = Mutex<[Int]>([])
                // On the loop: else this thread may be held up between one and the next.
                loop.submit {
                    for (id, delay) in [(3, 60), (1, 10), (2, 30)] {
                        loop.schedule(after: .milliseconds(delay)) {
                            let all = seen.withLock {
                                $0.append(id)
                                return $0
                            }
                            if all.count == 3 { continuation.resume(returning: all) }
                        }
                    }
                }
            }
            #expect(order == [1, 2, 3])
            #expect(Clock.monotonic() - start >= .milliseconds(60))
        }
    }

    @Test func neverFiresACancelledTimer() async throws {
        try await withLoop { loop in
            let fired = Mutex(false)
            let handle = loop.schedule(after: .seconds(1)) { fired.withLock { $0 = true } }
            handle.cancel()
            await withCheckedContinuation { continuation in
                loop.schedule(after: .milliseconds(1_100)) { continuation.resume() }
            }
            #expect(!fired.withLock { $0 })
        }
    }

    @Test func movesAnArmedTimerBothWays() async throws {
        try await withLoop { loop in
            let start = Clock.monotonic()
            let fired: Instant = await withCheckedContinuation { continuation in
                loop.submit {
                    let timer = loop.makeTimer { continuation.resume(returning: Clock.monotonic()) }
                    timer.arm(at: loop.now() + .seconds(30))
                    timer.arm(at: loop.now() + .milliseconds(20))
                    timer.arm(at: loop.now() + .milliseconds(60))
                }
            }
            #expect(fired - start >= .milliseconds(60))
            #expect(fired - start < .seconds(10))
        }
    }

    @Test func actorsLiveOnTheLoop() async throws {
        try await withLoop { loop in
            let resident = Resident(loop)
            for i in 1...100 { #expect(await resident.add() == i) }
            #expect(await resident.isAtHome)
        }
    }

    @Test func tasksRunOnTheLoopTheyPrefer() async throws {
        try await withLoop { loop in
            let isThere = await Task(executorPreference: loop) { loop.isOnLoop }.value
            #expect(isThere)
        }
    }

    @Test func dropsEventsOfAHandlerClosedInTheSameBatch() async throws {
        try await withLoop { loop in
            let seen = await onLoop(loop) { () -> Int in
                // Two descriptors become ready at once; whichever comes first closes the other.
                let pair = Pair(loop)
                return pair.start() ? 0 : -1
            }
            #expect(seen == 0)
            let total: Int = await withCheckedContinuation { continuation in
                loop.schedule(after: .milliseconds(20)) {
                    continuation.resume(returning: Pair.events.withLock { $0 })
                }
            }
            #expect(total == 1)
        }
    }

    @Test func stopsTheProcessWhenConfinedStateLeaks() async {
        await #expect(processExitsWith: .failure) {
            let loop = EventLoop.started(name: "confined")
            _ = loop.now()
        }
    }
}

private actor Resident {
    private let loop: EventLoop
    private var count = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    init(_ loop: EventLoop) { self.loop = loop }
    func add() -> Int {
        count += 1
        return count
    }
    var isAtHome: Bool { loop.isOnLoop }
}

/// Two listeners, connected to before they are registered.
private final class Pair {
    static let events = Mutex(0)
    private final class One: EventHandler {
        let socket: Socket
        var registration: Registration?
        var other: One?
        init(_ socket: consuming Socket) { self.socket = socket }
        func handle(_ events: IOEvents) {
            Pair.events.withLock { $0 += 1 }
            close()
            other?.close()
        }
        var loop: EventLoop?
        func close() {
            if let registration { loop?.deregister(registration) }
            registration = nil
        }
    }

    private let loop: EventLoop
    init(_ loop: EventLoop) { self.loop = loop }

    func start() -> Bool {
        do {
            let first = try One(Socket.listening(on: loopback))
            let second = try One(Socket.listening(on: loopback))
            first.other = second
            second.other = first
            for one in [first, second] {
                one.loop = loop
                guard let address = one.socket.localAddress else { return false }
                let client = try Socket.connecting(to: address)
                while !one.socket.hasInput() {}
                one.registration = try loop.register(one.socket.fd, .readable, handler: one)
                _ = consume client
            }
            return true
        } catch {
            return false
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
