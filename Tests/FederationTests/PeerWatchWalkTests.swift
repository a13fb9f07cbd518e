import Bytes
import Federation
import Testing

/// Random walks of an importer against an exporter in the same process, over connections that break, delay, repeat
/// and lose what they carry.
@Suite struct PeerWatchWalkTests {
    /// What the importer must agree with, kept by other means than the machine's.
    private struct Shadow {
        var exporter = ExportList()
        var hasStream = false
        var attempt = 0
        /// Messages the exporter sent, not delivered yet.
        var wire: [WatchMessage] = []
        /// Lists taken, not delivered yet.
        var lists: [(id: Int, list: ServiceList)] = []
    }

    @Test(arguments: 0..<80) func endsWithTheExportersList(_ seed: UInt64) {
        var random = Random(state: seed)
        var clock = ManualClock()
        let watch = Watched(seed: seed)
        var shadow = Shadow()
        let hasHeartbeats = seed % 2 == 0
        var lastSeen: [ServiceMessage] = []

        /// `#expect` costs too much for every step.
        func check(_ isTrue: Bool, _ line: Int = #line) {
            if !isTrue { Issue.record("seed \(seed), line \(line)") }
        }
        func list(_ id: Int) {
            shadow.lists.append(
                (id, ServiceList(checksum: shadow.exporter.checksum, services: shadow.exporter.services)))
        }
        func open(_ attempt: Int) {
            shadow.attempt = attempt
            shadow.hasStream = false
            shadow.wire = []
        }
        func runTimers() {
            while let deadline = watch.nextDeadline, deadline <= clock.now.instant {
                switch watch.timerFired(now: clock.now) {
                case .open(let attempt): open(attempt)
                case .list(let id): list(id)
                case .abandonList(let id): shadow.lists.removeAll { $0.id == id }
                case .abandon: shadow.hasStream = false
                case .expire, .none: break
                }
            }
        }
        func accept() {
            if shadow.hasStream { return }
            switch watch.opened(attempt: shadow.attempt, hasHeartbeats: hasHeartbeats, now: clock.now) {
            case .list(let id):
                shadow.hasStream = true
                list(id)
            case .ignore: break
            }
        }
        func deliverMessage() {
            guard shadow.hasStream, !shadow.wire.isEmpty else { return }
            let message = shadow.wire.removeFirst()
            let before = watch.services
            switch watch.messageReceived(message, attempt: shadow.attempt, now: clock.now) {
            case .apply: check(watch.services != before)
            case .list(let id):
                check(watch.services == before)
                list(id)
            case .none: check(watch.services == before)
            case .ignore: shadow.hasStream = false
            }
        }
        func deliverList() {
            guard !shadow.lists.isEmpty else { return }
            let (id, list) = shadow.lists.removeFirst()
            _ = watch.listReceived(list, id: id, now: clock.now)
        }
        func change() {
            let names = ["a", "b", "c", "d", "e"].filter { _ in random.chance(2) }
            let events = shadow.exporter.update(
                to: names.map { message($0, port: 1 + Int(random.next() % 3)) })
            if shadow.hasStream { shadow.wire += events.map { .change($0) } }
        }

        if case .open(let attempt) = watch.start(now: clock.now) { open(attempt) }
        for _ in 0..<300 {
            switch random.next() % 12 {
            case 0, 1: change()
            case 2, 3, 4: deliverMessage()
            case 5, 6: deliverList()
            case 7: accept()
            case 8:
                if random.chance(4), shadow.attempt > 0 {
                    _ = watch.ended(attempt: shadow.attempt, status: "reset", now: clock.now)
                    shadow.hasStream = false
                }
            case 9:
                if random.chance(3), let failed = shadow.lists.popLast() {
                    if case .abandon = watch.listFailed(id: failed.id, status: "503", now: clock.now) {
                        shadow.hasStream = false
                    }
                }
            case 10:
                if shadow.hasStream, random.chance(6), !shadow.wire.isEmpty {
                    shadow.wire.remove(at: Int(random.next() % UInt64(shadow.wire.count)))
                }
            default:
                clock.advance(.milliseconds(Int(random.next() % 3_000)))
                runTimers()
                if shadow.hasStream, hasHeartbeats {
                    shadow.wire.append(.heartbeat(checksum: shadow.exporter.checksum))
                }
            }
            // Services change only by what the exporter said: never by a connection that broke.
            if !watch.status.connected, !lastSeen.isEmpty { check(watch.services == lastSeen) }
            if watch.status.connected { lastSeen = watch.services }
            check(watch.checksum == Checksum.of(watch.services))
            if !watch.status.connected, watch.hasSynced { check(watch.staleSince != nil) }
        }

        // The network heals: within some minutes the importer has what the exporter has.
        for _ in 0..<400 {
            accept()
            while shadow.hasStream, !shadow.wire.isEmpty { deliverMessage() }
            while !shadow.lists.isEmpty { deliverList() }
            clock.advance(.seconds(1))
            runTimers()
            if shadow.hasStream, hasHeartbeats {
                shadow.wire.append(.heartbeat(checksum: shadow.exporter.checksum))
            }
        }
        #expect(watch.services == shadow.exporter.services)
        #expect(watch.status.connected && watch.staleSince == nil)
    }
}

/// SplitMix64, so that a walk can be walked again.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// True once in so many times.
    mutating func chance(_ n: UInt64) -> Bool { next() % n == 0 }
}
