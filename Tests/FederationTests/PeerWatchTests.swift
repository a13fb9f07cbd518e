import Bytes
import Federation
import Testing

@Suite struct PeerWatchTests {
    private let a = message("a")
    private let b = message("b")
    private let c = message("c")

    private func seconds(_ value: Int) -> WallTime { WallTime(seconds: 1_000_000 + Int64(value)) }

    /// A watch that has read its first list.
    private func synced(
        _ services: [ServiceMessage], _ clock: ManualClock, hasHeartbeats: Bool = false,
        _ configuration: PeerWatch.Configuration = .init()
    ) -> Watched {
        let watch = Watched(configuration, seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: hasHeartbeats, now: clock.now)
        _ = watch.listReceived(list(services), id: 1, now: clock.now)
        return watch
    }

    // MARK: The way up

    @Test func opensThenListsThenFollows() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        #expect(watch.nextDeadline == nil)
        #expect(watch.start(now: clock.now) == .open(attempt: 1))
        #expect(watch.start(now: clock.now) == .ignore)
        #expect(watch.status == PeerConnectionStatus())
        clock.advance(.seconds(1))
        #expect(watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now) == .list(id: 1))
        #expect(watch.status.connected && watch.status.lastConnected == seconds(1))
        clock.advance(.seconds(1))
        #expect(watch.listReceived(list([a]), id: 1, now: clock.now) == .apply)
        #expect(watch.services == [a] && watch.checksum == Checksum.of([a]))
        #expect(watch.status.lastFullSync == seconds(2) && watch.status.lastEvent == nil)
        clock.advance(.seconds(1))
        let add = event(.add, b, then: [a, b])
        #expect(watch.messageReceived(add, attempt: 1, now: clock.now) == .apply)
        #expect(watch.services == [a, b])
        #expect(watch.status.lastEvent == seconds(3) && watch.status.lastFullSync == seconds(2))
        let update = event(.update, message("a", port: 9), then: [message("a", port: 9), b])
        #expect(watch.messageReceived(update, attempt: 1, now: clock.now) == .apply)
        let delete = event(.delete, message("a", port: 9), then: [b])
        #expect(watch.messageReceived(delete, attempt: 1, now: clock.now) == .apply)
        #expect(watch.services == [b])
    }

    @Test func refusalIsNoConnection() {
        let clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        #expect(watch.ended(attempt: 1, status: "403 Forbidden", now: clock.now) == .wait)
        #expect(!watch.status.connected)
        #expect(watch.status.lastConnected == nil && watch.status.lastDisconnect == nil)
        #expect(watch.status.lastDisconnectStatus == "403 Forbidden")
        #expect(watch.staleSince == nil)
    }

    @Test func unansweredWatchIsGivenUp() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        clock.advance(.seconds(14))
        #expect(watch.timerFired(now: clock.now) == .none)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .abandon(attempt: 1))
        #expect(watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now) == .ignore)
        #expect(watch.ended(attempt: 1, status: "late", now: clock.now) == .ignore)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 2))
        #expect(watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now) == .ignore)
        #expect(watch.opened(attempt: 2, hasHeartbeats: false, now: clock.now) == .list(id: 1))
    }

    // MARK: Ends

    @Test func endKeepsServicesAndSaysSinceWhen() {
        var clock = ManualClock()
        let watch = synced([a], clock)
        clock.advance(.seconds(5))
        #expect(watch.ended(attempt: 1, status: "200 OK", now: clock.now) == .wait)
        #expect(watch.services == [a])
        #expect(watch.status.lastDisconnect == seconds(5) && watch.status.lastDisconnectStatus == "200 OK")
        #expect(watch.staleSince?.wall == seconds(5) && watch.expired == nil)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 2))
        clock.advance(.seconds(1))
        #expect(watch.ended(attempt: 2, status: "503 Service Unavailable", now: clock.now) == .wait)
        #expect(watch.status.lastDisconnect == seconds(5) && watch.status.lastConnected == seconds(0))
        #expect(watch.staleSince?.wall == seconds(5))
        clock.advance(.seconds(2))
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 3))
        #expect(watch.opened(attempt: 3, hasHeartbeats: false, now: clock.now) == .list(id: 2))
        #expect(watch.staleSince != nil, "not current before the list is read")
        #expect(watch.listReceived(list([]), id: 2, now: clock.now) == .apply)
        #expect(watch.staleSince == nil && watch.services.isEmpty)
        #expect(watch.status.lastDisconnectStatus == "503 Service Unavailable", "not cleared by a reconnect")
    }

    @Test func watchThatEndsAtOnceIsNotOpenedInATightLoop() {
        var clock = ManualClock()
        let watch = Watched(seed: 7)
        #expect(watch.start(now: clock.now) == .open(attempt: 1))
        var waits: [Duration] = []
        for attempt in 1...20 {
            #expect(
                watch.opened(attempt: attempt, hasHeartbeats: false, now: clock.now) == .list(id: attempt))
            #expect(watch.listReceived(list([a]), id: attempt, now: clock.now) == .apply)
            #expect(watch.ended(attempt: attempt, status: "200 OK", now: clock.now) == .wait)
            let wait = (watch.nextDeadline ?? clock.now.instant) - clock.now.instant
            waits.append(wait)
            clock.advance(wait)
            #expect(watch.timerFired(now: clock.now) == .open(attempt: attempt + 1))
        }
        #expect(waits[0] >= .milliseconds(250) && waits[0] <= .milliseconds(750))
        #expect(waits.suffix(5).allSatisfy { $0 >= .seconds(30) && $0 <= .seconds(90) })
    }

    @Test func lastingWatchIsFollowedByAShortWait() {
        var clock = ManualClock()
        let watch = Watched(seed: 7)
        _ = watch.start(now: clock.now)
        for attempt in 1...10 {
            _ = watch.ended(attempt: attempt, status: "refused", now: clock.now)
            clock.advance((watch.nextDeadline ?? clock.now.instant) - clock.now.instant)
            #expect(watch.timerFired(now: clock.now) == .open(attempt: attempt + 1))
        }
        _ = watch.opened(attempt: 11, hasHeartbeats: false, now: clock.now)
        _ = watch.listReceived(list([]), id: 1, now: clock.now)
        clock.advance(.seconds(11))
        _ = watch.ended(attempt: 11, status: "200 OK", now: clock.now)
        #expect((watch.nextDeadline ?? clock.now.instant) - clock.now.instant <= .milliseconds(750))
    }

    // MARK: Lists

    @Test func failedListIsAskedForAgainWhileTheWatchStaysOpen() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now)
        for id in 1...4 {
            #expect(watch.listFailed(id: id, status: "503", now: clock.now) == .retry)
            #expect(watch.listFailed(id: id, status: "503", now: clock.now) == .ignore)
            #expect(watch.status.connected)
            #expect(watch.timerFired(now: clock.now) == .none)
            clock.advance(.seconds(1))
            #expect(watch.timerFired(now: clock.now) == .list(id: id + 1))
        }
        #expect(watch.listFailed(id: 5, status: "503", now: clock.now) == .abandon(attempt: 1))
        #expect(!watch.status.connected && watch.status.lastDisconnectStatus == "503")
    }

    @Test func unansweredListIsGivenUp() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now)
        clock.advance(.seconds(30))
        #expect(watch.timerFired(now: clock.now) == .abandonList(id: 1))
        #expect(watch.listReceived(list([a]), id: 1, now: clock.now) == .ignore)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .list(id: 2))
        #expect(watch.listReceived(list([a]), id: 2, now: clock.now) == .apply)
    }

    @Test func peerWithoutHeartbeatsIsListedEveryMinute() {
        var clock = ManualClock()
        let watch = synced([a], clock)
        clock.advance(.seconds(59))
        #expect(watch.timerFired(now: clock.now) == .none)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .list(id: 2))
        // A resync on its way does not hold up changes.
        #expect(
            watch.messageReceived(event(.add, b, then: [a, b]), attempt: 1, now: clock.now) == .apply)
        #expect(watch.services == [a, b])
        #expect(watch.listReceived(list([a, b]), id: 2, now: clock.now) == .apply)
        #expect(watch.services == [a, b])
    }

    @Test func eventsDuringTheFirstListAreAppliedAfterIt() {
        let clock = ManualClock()
        // Whenever the list was taken, before or between or after the events, the end is the same.
        for taken in [[a], [a, b], [a, b, c], [b, c]] {
            let watch = Watched(seed: 1)
            _ = watch.start(now: clock.now)
            _ = watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now)
            for message in [
                event(.add, b, then: [a, b]), event(.add, c, then: [a, b, c]),
                event(.delete, a, then: [b, c]),
            ] {
                #expect(watch.messageReceived(message, attempt: 1, now: clock.now) == .none)
            }
            #expect(watch.services.isEmpty)
            #expect(watch.listReceived(list(taken), id: 1, now: clock.now) == .apply)
            #expect(watch.services == [b, c], "list taken as \(taken.map(\.name))")
            #expect(watch.mismatches == 0)
        }
    }

    @Test func listNewerThanTheEventsIsReadAgain() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now)
        _ = watch.messageReceived(event(.add, b, then: [a, b]), attempt: 1, now: clock.now)
        #expect(watch.listReceived(list([a, b, c]), id: 1, now: clock.now) == .apply)
        #expect(watch.services == [a, b, c])
        // The event the list already has changes nothing.
        #expect(watch.messageReceived(event(.add, c, then: [a, b, c]), attempt: 1, now: clock.now) == .none)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .list(id: 2))
        #expect(watch.listReceived(list([a, b, c]), id: 2, now: clock.now) == .apply)
    }

    @Test func mismatchAsksForTheListButNotTooOften() {
        var clock = ManualClock()
        let watch = synced([a], clock)
        clock.advance(.seconds(10))
        let wrong = WatchMessage.change(WatchEvent(action: .add, service: b, checksum: 42))
        #expect(watch.messageReceived(wrong, attempt: 1, now: clock.now) == .list(id: 2))
        #expect(watch.services == [a] && watch.mismatches == 1)
        #expect(watch.listReceived(list([a, b]), id: 2, now: clock.now) == .apply)
        #expect(watch.services == [a, b])
        clock.advance(.milliseconds(100))
        #expect(watch.messageReceived(wrong, attempt: 1, now: clock.now) == .none, "a list was read just now")
        clock.advance(.milliseconds(900))
        #expect(watch.timerFired(now: clock.now) == .list(id: 3))
    }

    @Test func exporterWhoseChecksumsAreOthersIsListedOnEveryEvent() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: true, now: clock.now)
        #expect(watch.listReceived(ServiceList(checksum: 5, services: [a]), id: 1, now: clock.now) == .apply)
        #expect(watch.isDisputed && watch.services == [a])
        clock.advance(.seconds(2))
        #expect(watch.messageReceived(.heartbeat(checksum: 5), attempt: 1, now: clock.now) == .none)
        let add = WatchMessage.change(WatchEvent(action: .add, service: b, checksum: 6))
        #expect(watch.messageReceived(add, attempt: 1, now: clock.now) == .list(id: 2))
        #expect(watch.listReceived(list([a, b]), id: 2, now: clock.now) == .apply)
        #expect(!watch.isDisputed)
    }

    @Test func tooManyHeldEventsMeanAnotherList() {
        var clock = ManualClock()
        var configuration = PeerWatch.Configuration()
        configuration.maxHeldEvents = 1
        let watch = Watched(configuration, seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: false, now: clock.now)
        _ = watch.messageReceived(event(.add, b, then: [a, b]), attempt: 1, now: clock.now)
        _ = watch.messageReceived(event(.add, c, then: [a, b, c]), attempt: 1, now: clock.now)
        #expect(watch.listReceived(list([a]), id: 1, now: clock.now) == .apply)
        #expect(watch.services == [a, b])
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .list(id: 2))
    }

    // MARK: Between Hanse controllers

    @Test func threeMissedHeartbeatsEndTheWatch() {
        var clock = ManualClock()
        let watch = synced([a], clock, hasHeartbeats: true)
        for _ in 0..<10 {
            clock.advance(.milliseconds(14_999))
            #expect(watch.timerFired(now: clock.now) == .none)
            let beat = WatchMessage.heartbeat(checksum: Checksum.of([a]))
            #expect(watch.messageReceived(beat, attempt: 1, now: clock.now) == .none)
        }
        #expect(watch.status.lastEvent == nil, "a heartbeat is no event")
        clock.advance(.seconds(15))
        #expect(watch.timerFired(now: clock.now) == .abandon(attempt: 1))
        #expect(watch.services == [a] && watch.staleSince != nil)
        #expect(watch.status.lastDisconnectStatus == "heartbeats are missing")
    }

    @Test func missedHeartbeatsEndTheWatchDuringAListToo() {
        var clock = ManualClock()
        let watch = Watched(seed: 1)
        _ = watch.start(now: clock.now)
        _ = watch.opened(attempt: 1, hasHeartbeats: true, now: clock.now)
        clock.advance(.seconds(15))
        #expect(watch.timerFired(now: clock.now) == .abandon(attempt: 1))
    }

    @Test func heartbeatWithAnotherChecksumAsksForTheList() {
        var clock = ManualClock()
        let watch = synced([a], clock, hasHeartbeats: true)
        clock.advance(.seconds(5))
        #expect(watch.messageReceived(.heartbeat(checksum: 1), attempt: 1, now: clock.now) == .list(id: 2))
    }

    @Test func resyncMarkAsksForTheList() {
        var clock = ManualClock()
        let watch = synced([a], clock, hasHeartbeats: true)
        clock.advance(.seconds(5))
        #expect(watch.messageReceived(.resync(checksum: 1), attempt: 1, now: clock.now) == .list(id: 2))
        // And one that comes meanwhile asks for another.
        #expect(watch.messageReceived(.resync(checksum: 2), attempt: 1, now: clock.now) == .none)
        #expect(watch.listReceived(list([b]), id: 2, now: clock.now) == .apply)
        clock.advance(.seconds(1))
        #expect(watch.timerFired(now: clock.now) == .list(id: 3))
    }

    // MARK: Staleness

    @Test(arguments: [StaleImports.demote, .drop]) func stalePolicyAppliesOnce(_ policy: StaleImports) {
        var clock = ManualClock()
        var configuration = PeerWatch.Configuration()
        configuration.staleImports = policy
        configuration.staleAfter = .seconds(10)
        let watch = synced([a], clock, hasHeartbeats: true, configuration)
        _ = watch.ended(attempt: 1, status: "reset", now: clock.now)
        clock.advance(.seconds(10))
        #expect(watch.timerFired(now: clock.now) == .expire(policy))
        #expect(watch.expired == policy && watch.services == [a])
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 2))
        _ = watch.opened(attempt: 2, hasHeartbeats: true, now: clock.now)
        #expect(watch.expired == policy)
        _ = watch.listReceived(list([a]), id: 2, now: clock.now)
        #expect(watch.expired == nil)
    }

    @Test func keepNeverExpires() {
        var clock = ManualClock()
        let watch = synced([a], clock)
        _ = watch.ended(attempt: 1, status: "reset", now: clock.now)
        for _ in 0..<100 {
            clock.advance(.seconds(3600))
            while let deadline = watch.nextDeadline, deadline <= clock.now.instant {
                #expect(watch.timerFired(now: clock.now) != .expire(.keep))
            }
        }
        #expect(watch.services == [a] && watch.expired == nil)
    }

    @Test func lastKnownServicesAreStaleFromTheirOwnTime() {
        var clock = ManualClock()
        clock.advance(.seconds(100))
        let watch = Watched(seed: 1, lastKnown: [b, a])
        #expect(watch.services == [a, b] && !watch.hasSynced)
        let since = Moment(instant: clock.now.instant - .seconds(50), wall: clock.now.wall - .seconds(50))
        _ = watch.start(now: clock.now, staleSince: since)
        #expect(watch.staleSince == since)
        _ = watch.ended(attempt: 1, status: "refused", now: clock.now)
        #expect(watch.staleSince == since && watch.services == [a, b])
    }

    // MARK: Orders

    @Test func restartOpensAtOnce() {
        let clock = ManualClock()
        let watch = synced([a], clock)
        #expect(watch.restart(now: clock.now))
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 2))
        #expect(watch.messageReceived(.resync(checksum: 0), attempt: 1, now: clock.now) == .ignore)
        #expect(watch.ended(attempt: 1, status: "old", now: clock.now) == .ignore)
        #expect(watch.status.lastDisconnectStatus == "the peer was changed")
        #expect(watch.restart(now: clock.now), "an opening watch is closed too")
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 3))
        _ = watch.ended(attempt: 3, status: "refused", now: clock.now)
        #expect(!watch.restart(now: clock.now), "nothing is open while it waits")
        #expect(watch.timerFired(now: clock.now) == .open(attempt: 4))
    }

    @Test func stoppedWatchIgnoresEverything() {
        var clock = ManualClock()
        let watch = synced([a], clock)
        watch.stop(now: clock.now)
        #expect(watch.nextDeadline == nil && watch.services == [a] && !watch.status.connected)
        clock.advance(.seconds(3600))
        #expect(watch.timerFired(now: clock.now) == .none)
        #expect(watch.opened(attempt: 1, hasHeartbeats: true, now: clock.now) == .ignore)
        #expect(watch.messageReceived(.resync(checksum: 0), attempt: 1, now: clock.now) == .ignore)
        #expect(watch.listReceived(list([]), id: 1, now: clock.now) == .ignore)
        #expect(watch.listFailed(id: 1, status: "", now: clock.now) == .ignore)
        #expect(watch.ended(attempt: 1, status: "", now: clock.now) == .ignore)
        #expect(!watch.restart(now: clock.now))
        #expect(watch.start(now: clock.now) == .open(attempt: 2))
    }
}
