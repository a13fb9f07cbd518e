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
    private func takeAll(_ delivery: inout SnapshotDelivery, _ have: inout [ResourceKind: String])
        -> [[String]]
    {
        var clusters: [[String]] = []
        var quietRounds = 0
        for _ in 0..<20 {
            var isQuiet = true
            for kind in Self.kinds {
                let answer = delivery.polled(
                    kind, version: have[kind] ?? "", names: [], instance: "a", message: nil)
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
        #expect(names(third) == ["one", "two"])
        #expect(delivery.refusals.isEmpty)
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
