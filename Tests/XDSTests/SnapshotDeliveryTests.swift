import EnvoyConfig
import Testing

@testable import XDS

/// What one node is offered, in which order.
@Suite struct SnapshotDeliveryTests {
    private static let kinds: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes]

    private func snapshot(clusters: [String], routes: [String] = []) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.clusters = clusters.map { name in
            var cluster = Cluster()
            cluster.name = name
            return cluster
        }
        snapshot.routes = routes.map { RouteConfiguration(name: $0, virtualHosts: []) }
        return snapshot
    }

    private func version(_ answer: SnapshotDelivery.OnPoll) -> String? {
        if case .respond(let version, _) = answer { version } else { nil }
    }

    private func names(_ answer: SnapshotDelivery.OnPoll) -> [String]? {
        if case .respond(_, let resources) = answer { resources.map(\.name) } else { nil }
    }

    /// Polls until nothing is new, acknowledging everything; answers what clusters it was offered on the way.
    @discardableResult
    private func takeAll(
        _ delivery: inout SnapshotDelivery, _ have: inout [ResourceKind: String], instance: String = "a"
    ) -> [[String]] {
        var clusters: [[String]] = []
        var quietRounds = 0
        for _ in 0..<20 {
            var isQuiet = true
            for kind in Self.kinds {
                let answer = delivery.polled(
                    kind, version: have[kind] ?? "", names: [], instance: instance, message: nil)
                guard let version = version(answer) else { continue }
                isQuiet = false
                have[kind] = version
                if kind == .clusters, let names = names(answer) { clusters.append(names) }
            }
            quietRounds = isQuiet ? quietRounds + 1 : 0
            if quietRounds == 2 { return clusters }
        }
        Issue.record("the delivery does not come to rest")
        return clusters
    }

    @Test func holdsPollsUntilThereIsATarget() {
        var delivery = SnapshotDelivery()
        let early = delivery.polled(.clusters, version: "", names: [], instance: "a", message: nil)
        #expect(early == .hold)
        let isNews = delivery.setTarget(snapshot(clusters: ["one"]))
        #expect(isNews)
        let late = delivery.recheck(.clusters, names: [])
        #expect(names(late) == ["one"])
    }

    @Test func theSameContentIsNoNews() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"]))
        var have: [ResourceKind: String] = [:]
        takeAll(&delivery, &have)
        #expect(delivery.isSettled)
        let isNews = delivery.setTarget(snapshot(clusters: ["one"]))
        #expect(!isNews)
        let poll = delivery.polled(
            .clusters, version: have[.clusters] ?? "", names: [], instance: "a", message: nil)
        #expect(poll == .hold)
    }

    @Test func aRestartedControllerOffersTheSameVersions() {
        var first = SnapshotDelivery()
        _ = first.setTarget(snapshot(clusters: ["one"], routes: ["r"]))
        var have: [ResourceKind: String] = [:]
        takeAll(&first, &have)
        var second = SnapshotDelivery()
        _ = second.setTarget(snapshot(clusters: ["one"], routes: ["r"]))
        for kind in Self.kinds {
            _ = second.polled(kind, version: have[kind] ?? "", names: [], instance: "a", message: nil)
        }
        #expect(second.isSettled)
    }

    @Test func addsBeforeItRemoves() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["old"], routes: ["r"]))
        var have: [ResourceKind: String] = [:]
        takeAll(&delivery, &have)
        _ = delivery.setTarget(snapshot(clusters: ["new"], routes: ["s"]))
        let routes = delivery.polled(
            .routes, version: have[.routes] ?? "", names: [], instance: "a", message: nil)
        #expect(routes == .hold, "routes move only after the clusters they need were taken")
        let offered = takeAll(&delivery, &have)
        #expect(offered == [["new", "old"], ["new"]])
        #expect(delivery.isSettled)
    }

    @Test func aRefusedVersionIsNotSentAgain() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"]))
        let first = delivery.polled(.clusters, version: "", names: [], instance: "a", message: nil)
        #expect(version(first) != nil)
        let second = delivery.polled(
            .clusters, version: "before", names: [], instance: "a", message: "Cluster 'one': bad")
        #expect(second == .hold)
        #expect(delivery.refusals.map(\.message) == ["Cluster 'one': bad"])
        #expect(!delivery.isSettled)
        _ = delivery.setTarget(snapshot(clusters: ["two"]))
        let third = delivery.recheck(.clusters, names: [])
        #expect(names(third) == ["two"], "what was refused is not offered again beside the new")
        #expect(delivery.refusals.isEmpty)
    }

    @Test func aRefusedChangeKeepsWhatTheNodeHas() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["good"]))
        var have: [ResourceKind: String] = [:]
        takeAll(&delivery, &have)
        let old = have[.clusters] ?? ""
        _ = delivery.setTarget(snapshot(clusters: ["bad"]))
        let offered = delivery.polled(.clusters, version: old, names: [], instance: "a", message: nil)
        #expect(names(offered) == ["bad", "good"])
        let refused = delivery.polled(.clusters, version: old, names: [], instance: "a", message: "no")
        #expect(refused == .hold)
        _ = delivery.setTarget(snapshot(clusters: ["better"]))
        let next = delivery.recheck(.clusters, names: [])
        #expect(names(next) == ["better", "good"])
        let clusters = takeAll(&delivery, &have)
        #expect(clusters.last == ["better"])
        #expect(delivery.isSettled)
    }

    @Test func aLostAnswerIsSentAgain() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"]))
        let first = delivery.polled(.clusters, version: "", names: [], instance: "a", message: nil)
        let again = delivery.polled(.clusters, version: "", names: [], instance: "a", message: nil)
        #expect(first == again && version(first) != nil)
        let old = delivery.polled(.clusters, version: "before", names: [], instance: "a", message: nil)
        #expect(old == first, "a gateway of ours says why it refuses")
        #expect(delivery.refusals.isEmpty)
    }

    @Test func stockEnvoysRefusalIsNotAnsweredInFullEachTime() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"]))
        var answers = 0
        for _ in 0..<64 {
            let answer = delivery.polled(.clusters, version: "", names: [], instance: "", message: nil)
            if version(answer) != nil { answers += 1 }
        }
        #expect(answers == 7, "the first, and after 2, 4, 8, 16, 32 and 48 repetitions in case it was lost")
        #expect(delivery.refusals.count == 1)
        #expect(delivery.refusals.first?.message == "")
    }

    @Test func stockEnvoysRestartIsNoRefusal() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"], routes: ["r"]))
        for kind in Self.kinds {
            let answer = delivery.polled(kind, version: "", names: [], instance: "", message: nil)
            _ = delivery.polled(kind, version: version(answer) ?? "", names: [], instance: "", message: nil)
        }
        #expect(delivery.isSettled)
        let again = delivery.polled(.clusters, version: "", names: [], instance: "", message: nil)
        #expect(names(again) == ["one"])
        #expect(!delivery.isSettled)
    }

    @Test func questionsByNameAreFollowedOneByOne() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["a", "b"]))
        var have: [String: String] = [:]
        let clusters = delivery.polled(.clusters, version: "", names: [], instance: "", message: nil)
        _ = delivery.polled(
            .clusters, version: version(clusters) ?? "", names: [], instance: "", message: nil)
        for name in ["a", "b"] {
            let answer = delivery.polled(.routes, version: "", names: [name], instance: "", message: nil)
            #expect(names(answer) == [name])
            have[name] = version(answer)
        }
        for name in ["a", "b", "a", "b"] {
            let held = delivery.polled(
                .routes, version: have[name] ?? "", names: [name], instance: "", message: nil)
            #expect(held == .hold)
        }
        #expect(delivery.isSettled)
        // A route that goes takes its question along: nobody waits for its acknowledgement.
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["a"]))
        let news = delivery.recheck(.routes, names: ["a"])
        #expect(names(news) == ["a"])
        _ = delivery.polled(.routes, version: version(news) ?? "", names: ["a"], instance: "", message: nil)
        #expect(delivery.isSettled)
    }

    @Test func aNodeWithoutEndpointsDoesNotHoldUpItsRoutes() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["a"]))
        var have: [ResourceKind: String] = [:]
        for kind in [ResourceKind.clusters, .routes] {
            let answer = delivery.polled(kind, version: "", names: [], instance: "", message: nil)
            have[kind] = version(answer)
            _ = delivery.polled(kind, version: have[kind] ?? "", names: [], instance: "", message: nil)
        }
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["b"]))
        let news = delivery.recheck(.routes, names: [])
        #expect(names(news) == ["b"])
    }

    @Test func anOldGatewayGetsRoutesAfterItsClusters() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["new"], routes: ["r"]))
        let early = delivery.polled(.routes, version: "from disk", names: [], instance: "b", message: nil)
        #expect(early == .hold)
        for kind in [ResourceKind.clusters, .endpoints] {
            let answer = delivery.polled(kind, version: "from disk", names: [], instance: "b", message: nil)
            _ = delivery.polled(kind, version: version(answer) ?? "", names: [], instance: "b", message: nil)
        }
        let late = delivery.recheck(.routes, names: [])
        #expect(names(late) == ["r"])
    }

    @Test func aNodeThatTookNothingIsOfferedAllKindsOfTheNextTarget() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["bad"]))
        for kind in Self.kinds {
            _ = delivery.polled(kind, version: "", names: [], instance: "a", message: nil)
            _ = delivery.polled(
                kind, version: "", names: [], instance: "a", message: "RouteConfiguration 'bad'")
        }
        _ = delivery.setTarget(snapshot(clusters: ["c"], routes: ["good"]))
        let routes = delivery.recheck(.routes, names: [])
        #expect(names(routes) == ["good"])
    }

    /// Random targets, losses, refusals and restarts: routes never name what the node has not got, and with an
    /// obedient node everything comes to rest on the last target.
    @Test(arguments: 0..<40)
    func randomWalkKeepsTheOrderAndComesToRest(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var delivery = SnapshotDelivery()
        var have: [ResourceKind: String] = [:]
        var holds: [ResourceKind: [String]] = [:]
        var run = 0
        var wasSettled = false
        var last: [String] = []
        for step in 0..<400 {
            if random.next() % 16 == 0 || step == 0 {
                last = (0..<3).map { _ in "s\(random.next() % 6)" }
                last = Array(Set(last)).sorted()
                _ = delivery.setTarget(snapshot(clusters: last, routes: last))
            }
            if random.next() % 100 == 0, step > 200 { run += 1 }
            let kind = Self.kinds[Int(random.next() % 4)]
            let answer = delivery.polled(
                kind, version: have[kind] ?? "", names: [], instance: "run\(run)", message: nil)
            guard case .respond(let version, let resources) = answer, random.next() % 5 != 0 else { continue }
            have[kind] = version
            holds[kind] = resources.map(\.name)
            // Before it first came to rest a node puts its kinds together by itself.
            wasSettled = wasSettled || delivery.isSettled
            let clusters = Set(holds[.clusters] ?? [])
            if wasSettled, run == 0 {
                #expect(Set(holds[.routes] ?? []).isSubset(of: clusters), "seed \(seed) step \(step)")
            }
        }
        takeAll(&delivery, &have, instance: "run\(run)")
        #expect(delivery.isSettled)
        let clusters = delivery.polled(.clusters, version: "", names: [], instance: "final", message: nil)
        #expect(names(clusters) == last)
    }

    @Test func aRestartedGatewayIsSentWhatItLacks() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: ["one"]))
        var have: [ResourceKind: String] = [:]
        takeAll(&delivery, &have)
        let answer = delivery.polled(.clusters, version: "from disk", names: [], instance: "b", message: nil)
        #expect(names(answer) == ["one"])
        #expect(delivery.refusals.isEmpty)
    }

    @Test func namesChooseResources() {
        var delivery = SnapshotDelivery()
        _ = delivery.setTarget(snapshot(clusters: [], routes: ["a", "b"]))
        let first = delivery.polled(.routes, version: "", names: ["b"], instance: "a", message: nil)
        #expect(names(first) == ["b"])
        let more = delivery.polled(
            .routes, version: version(first) ?? "", names: ["a", "b"], instance: "a", message: nil)
        #expect(names(more) == ["a", "b"], "a change of names is a new question")
    }
}

/// A small generator with a seed.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
