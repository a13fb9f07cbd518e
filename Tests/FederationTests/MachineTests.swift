import Bytes
import Federation
import Testing

@Suite struct BackoffTests {
    @Test func growsByHalfUpToAMinute() {
        var backoff = Backoff(Backoff.Configuration(spread: 0), seed: 1)
        #expect(backoff.next() == .milliseconds(500))
        #expect(backoff.next() == .milliseconds(750))
        #expect(backoff.next() == .milliseconds(1125))
        for _ in 0..<20 { _ = backoff.next() }
        #expect(backoff.next() == .seconds(60))
        #expect(backoff.failures == 24)
        backoff.reset()
        #expect(backoff.next() == .milliseconds(500) && backoff.failures == 1)
    }

    @Test func spreadsByHalfToEitherSide() {
        var seen: Set<Duration> = []
        for seed in 0..<500 {
            var backoff = Backoff(seed: UInt64(seed))
            let wait = backoff.next()
            #expect(wait >= .milliseconds(250) && wait < .milliseconds(750))
            seen.insert(wait)
        }
        #expect(seen.count > 490)
        #expect(seen.contains { $0 < .milliseconds(300) } && seen.contains { $0 > .milliseconds(700) })
    }
}

@Suite struct ServiceTableTests {
    private let a = message("a")
    private let b = message("b")

    private func apply(
        _ table: inout ServiceTable, _ action: WatchEvent.Action, _ service: ServiceMessage,
        _ checksum: UInt64
    ) -> ServiceTable.Outcome {
        table.apply(WatchEvent(action: action, service: service, checksum: checksum))
    }

    @Test func appliesOnlyWhatItsChecksumConfirms() {
        var table = ServiceTable([a])
        #expect(apply(&table, .add, b, 1) == .mismatch)
        #expect(table.services == [a])
        #expect(apply(&table, .add, b, Checksum.of([a, b])) == .applied)
        #expect(apply(&table, .delete, a, Checksum.of([b])) == .applied)
        #expect(table == ServiceTable([b]))
    }

    @Test func knowsWhatItHasAlready() {
        var table = ServiceTable([a, b])
        let checksum = table.checksum
        #expect(apply(&table, .add, b, checksum) == .alreadyIncluded)
        #expect(apply(&table, .update, b, checksum) == .alreadyIncluded)
        #expect(apply(&table, .delete, message("c"), checksum) == .alreadyIncluded)
        #expect(table.services == [a, b])
    }

    @Test func addOfAKnownHostnameReplacesIt() {
        var table = ServiceTable([a])
        let new = message("a", port: 9)
        #expect(apply(&table, .add, new, Checksum.of([new])) == .applied)
        #expect(table.services == [new])
    }

    @Test func updateOfAnUnknownHostnameAddsIt() {
        var table = ServiceTable([a])
        #expect(apply(&table, .update, b, Checksum.of([a, b])) == .applied)
        #expect(table.services == [a, b])
    }

    @Test func takesAHostnameListedTwice() {
        var table = ServiceTable([a])
        let twin = message("a", port: 9)
        #expect(apply(&table, .add, twin, Checksum.of([a, twin])) == .applied)
        #expect(table.services.count == 2)
        #expect(apply(&table, .delete, a, Checksum.of([twin])) == .applied)
        #expect(table.services == [twin])
    }

    /// Two accounts that are equal count as none, so this change is invisible in the checksum.
    @Test func appliesAChangeThatTheChecksumCannotSee() {
        var before = a
        before.serviceAccounts = []
        var after = a
        after.serviceAccounts = ["x", "x"]
        var table = ServiceTable([before])
        #expect(apply(&table, .update, after, table.checksum) == .applied)
        #expect(table.services == [after])
    }
}

@Suite struct ExportListTests {
    private let a = message("a")
    private let b = message("b")

    @Test func saysNothingWhenNothingChanged() {
        var list = ExportList([a, b])
        #expect(list.update(to: [b, a]).isEmpty)
    }

    @Test func removesBeforeItAddsAndStatesEachChecksum() {
        var list = ExportList([a, b])
        let changed = message("b", port: 9)
        let c = message("c")
        #expect(
            list.update(to: [c, changed]) == [
                WatchEvent(action: .delete, service: a, checksum: Checksum.of([b])),
                WatchEvent(action: .update, service: changed, checksum: Checksum.of([changed])),
                WatchEvent(action: .add, service: c, checksum: Checksum.of([changed, c])),
            ])
        #expect(list.services == [changed, c] && list.checksum == Checksum.of([changed, c]))
        let json = list.json()
        #expect(json == ServiceList(services: [changed, c]).json)
        _ = list.update(to: [c])
        let after = list.json()
        #expect(after == ServiceList(services: [c]).json)
    }

    @Test func keepsEachHostnameOnce() {
        #expect(ExportList([a, a]).services == [a])
        #expect(ExportList([a, a]).checksum == Checksum.of([a]))
    }

    @Test(arguments: 0..<50) func itsEventsLeadAnImporterToTheList(_ seed: UInt64) {
        var random = Random(state: seed)
        var list = ExportList()
        var table = ServiceTable()
        for _ in 0..<20 {
            var services: [ServiceMessage] = []
            for name in ["a", "b", "c", "d", "e", "f"] where random.chance(2) {
                services.append(message(name, port: 1 + Int(random.next() % 2)))
            }
            for event in list.update(to: services) { #expect(table.apply(event) == .applied) }
            #expect(table.services == services && table.checksum == list.checksum)
        }
    }
}

@Suite struct PeerFeedTests {
    private let add = WatchEvent(action: .add, service: message("a"), checksum: 7)

    /// A feed behind a reference: `#expect` cannot take what is not copyable.
    private final class Fed {
        private var feed: PeerFeed
        init(_ understandsMarks: Bool, limit: Int = 2) {
            feed = PeerFeed(understandsMarks: understandsMarks, limit: limit)
        }
        var hasMore: Bool { feed.hasMore }
        func changed(_ events: [WatchEvent]) -> PeerFeed.OnChange { feed.changed(events) }
        func heartbeatDue(_ checksum: UInt64) -> PeerFeed.OnChange { feed.heartbeatDue(checksum: checksum) }
        func next() -> PeerFeed.OnNext { feed.next() }
        func close() -> Bool { feed.close() }
    }

    @Test func sendsChangesInOrderAndWakesOnce() {
        let feed = Fed(false)
        #expect(feed.next() == .wait && !feed.hasMore)
        #expect(feed.changed([]) == .none)
        #expect(feed.changed([add]) == .wake)
        #expect(feed.changed([add]) == .none)
        #expect(feed.hasMore)
        #expect(feed.next() == .send([.change(add), .change(add)]))
        #expect(feed.next() == .wait)
    }

    @Test func overflowEndsTheStreamOfAnOSSMPeer() {
        let feed = Fed(false)
        _ = feed.changed([add, add])
        #expect(feed.changed([add]) == .none)
        #expect(feed.changed([add]) == .none)
        #expect(feed.hasMore && feed.next() == .end)
        #expect(feed.changed([add]) == .none)
        #expect(feed.next() == .end)
    }

    @Test func overflowBecomesOneMarkForAHansePeer() {
        let feed = Fed(true)
        #expect(feed.changed([add, add, add]) == .wake)
        var last = add
        last.checksum = 8
        #expect(feed.changed([last]) == .none)
        #expect(feed.next() == .send([.resync(checksum: 8)]))
        #expect(feed.changed([add]) == .wake)
        #expect(feed.next() == .send([.change(add)]))
    }

    @Test func heartbeatsGoToWhoAskedAndOnlyInSilence() {
        let plain = Fed(false)
        #expect(plain.heartbeatDue(1) == .none && plain.next() == .wait)
        let feed = Fed(true)
        #expect(feed.heartbeatDue(1) == .wake)
        #expect(feed.heartbeatDue(1) == .none)
        #expect(feed.next() == .send([.heartbeat(checksum: 1)]))
        _ = feed.changed([add])
        #expect(feed.heartbeatDue(1) == .none)
        #expect(feed.next() == .send([.change(add)]))
        _ = feed.changed([add, add, add])
        #expect(feed.heartbeatDue(1) == .none)
    }

    @Test func closeEndsTheStreamAndWakesAWaitingWriter() {
        let idle = Fed(true)
        #expect(idle.close() && idle.next() == .end)
        #expect(!idle.close())
        #expect(idle.heartbeatDue(1) == .none)
        let busy = Fed(true)
        _ = busy.changed([add])
        #expect(!busy.close() && busy.next() == .end)
        let full = Fed(true)
        _ = full.changed([add, add, add])
        #expect(!full.close() && full.next() == .end)
    }
}
