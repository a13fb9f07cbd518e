import Bytes
import Federation

/// A `PeerWatch` behind a reference: `#expect` cannot take what is not copyable.
final class Watched {
    private var watch: PeerWatch

    init(_ configuration: PeerWatch.Configuration = .init(), seed: UInt64, lastKnown: [ServiceMessage] = []) {
        watch = PeerWatch(configuration, seed: seed, lastKnown: lastKnown)
    }

    var services: [ServiceMessage] { watch.services }
    var checksum: UInt64 { watch.checksum }
    var status: PeerConnectionStatus { watch.status }
    var staleSince: Moment? { watch.staleSince }
    var expired: StaleImports? { watch.expired }
    var hasSynced: Bool { watch.hasSynced }
    var mismatches: Int { watch.mismatches }
    var isDisputed: Bool { watch.isDisputed }
    var nextDeadline: Instant? { watch.nextDeadline }

    func start(now: Moment, staleSince: Moment? = nil) -> PeerWatch.OnStart {
        watch.start(now: now, staleSince: staleSince)
    }

    func opened(attempt: Int, hasHeartbeats: Bool, now: Moment) -> PeerWatch.OnOpened {
        watch.opened(attempt: attempt, hasHeartbeats: hasHeartbeats, now: now)
    }

    func messageReceived(_ message: WatchMessage, attempt: Int, now: Moment) -> PeerWatch.OnMessage {
        watch.messageReceived(message, attempt: attempt, now: now)
    }

    func listReceived(_ list: ServiceList, id: Int, now: Moment) -> PeerWatch.OnListed {
        watch.listReceived(list, id: id, now: now)
    }

    func listFailed(id: Int, status: String, now: Moment) -> PeerWatch.OnListFailed {
        watch.listFailed(id: id, status: status, now: now)
    }

    func ended(attempt: Int, status: String, now: Moment) -> PeerWatch.OnEnded {
        watch.ended(attempt: attempt, status: status, now: now)
    }

    func timerFired(now: Moment) -> PeerWatch.OnTimer { watch.timerFired(now: now) }

    func restart(now: Moment) -> Bool { watch.restart(now: now) }

    func stop(now: Moment) { watch.stop(now: now) }
}

/// A clock by hand: both times move together.
struct ManualClock {
    private(set) var now = Moment(instant: Instant(nanoseconds: 1_000), wall: WallTime(seconds: 1_000_000))

    mutating func advance(_ duration: Duration) {
        now.instant += duration
        now.wall = now.wall + duration
    }
}

func message(_ name: String, port: Int = 80) -> ServiceMessage {
    ServiceMessage(
        name: name, namespace: "n", hostname: "\(name).n.svc.east-exports.local",
        servicePorts: [ServicePort(name: "", port: port, protocol: "TCP")])
}

func list(_ services: [ServiceMessage]) -> ServiceList { ServiceList(services: services) }

func event(
    _ action: WatchEvent.Action, _ service: ServiceMessage, then services: [ServiceMessage]
) -> WatchMessage {
    .change(WatchEvent(action: action, service: service, checksum: Checksum.of(services)))
}
