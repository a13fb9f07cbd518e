import EnvoyConfig
import Testing

@testable import XDS

@Suite struct ConfigurationStateTests {
    private func response(_ kind: ResourceKind, _ version: String, clusters: [String] = [])
        -> DiscoveryResponse
    {
        let resources = clusters.map { name -> DynamicResource in
            var cluster = Cluster()
            cluster.name = name
            return .cluster(cluster)
        }
        return DiscoveryResponse(versionInfo: version, kind: kind, resources: resources)
    }

    /// Answers all kinds and returns what is to be applied.
    private func offerAll(_ state: inout ConfigurationState, clusters: [String]) -> Snapshot? {
        for kind in [ResourceKind.endpoints, .listeners, .routes] {
            #expect(state.answered(kind, response(kind, "v1")) == .wait)
        }
        guard
            case .apply(let tried) = state.answered(.clusters, response(.clusters, "v1", clusters: clusters))
        else { return nil }
        return tried
    }

    @Test func firstConfigurationWaitsForAllKinds() throws {
        var state = ConfigurationState()
        let tried = try #require(offerAll(&state, clusters: ["a"]))
        #expect(!state.isServing)
        state.applied(.clusters, response(.clusters, "v1"), tried, faults: [])
        #expect(state.isServing && state.snapshot.clusters.map(\.name) == ["a"])
        #expect(state.versions == [.clusters: "v1", .endpoints: "v1", .listeners: "v1", .routes: "v1"])
    }

    @Test func refusedFirstConfigurationIsRefusedForAllKindsAndMended() throws {
        var state = ConfigurationState()
        let tried = try #require(offerAll(&state, clusters: ["bad"]))
        state.applied(.clusters, response(.clusters, "v1"), tried, faults: ["Cluster 'bad': x", "y"])
        #expect(!state.isServing)
        for kind in ConfigurationState.kinds {
            let request = state.request(kind, from: NodeIdentity(id: "n", cluster: "c"))
            #expect(request.versionInfo == "")
            #expect(request.errorDetail?.code == 13)
            #expect(request.errorDetail?.message == "Cluster 'bad': x; y")
        }
        let good = response(.clusters, "v2", clusters: ["good"])
        guard case .apply(let next) = state.answered(.clusters, good) else {
            Issue.record("not tried")
            return
        }
        state.applied(.clusters, good, next, faults: [])
        #expect(state.isServing && state.refusals.isEmpty)
        #expect(state.versions[.clusters] == "v2" && state.versions[.routes] == "v1")
    }

    @Test func refusedChangeKeepsWhatServes() throws {
        var state = ConfigurationState()
        let tried = try #require(offerAll(&state, clusters: ["a"]))
        state.applied(.clusters, response(.clusters, "v1"), tried, faults: [])
        let bad = response(.clusters, "v2", clusters: ["bad"])
        guard case .apply(let next) = state.answered(.clusters, bad) else {
            Issue.record("not tried")
            return
        }
        #expect(next.version != tried.version)
        state.applied(.clusters, bad, next, faults: ["no"])
        #expect(state.snapshot.clusters.map(\.name) == ["a"])
        let request = state.request(.clusters, from: NodeIdentity(id: "n", cluster: "c"))
        #expect(request.versionInfo == "v1" && request.errorDetail?.message == "no")
        #expect(state.request(.routes, from: NodeIdentity(id: "n", cluster: "c")).errorDetail == nil)
        state.unreadable(.routes, "not JSON")
        #expect(state.refusals == [.clusters: "no", .routes: "not JSON"])
    }

    @Test func longRefusalsAreCut() throws {
        var state = ConfigurationState()
        let tried = try #require(offerAll(&state, clusters: ["a"]))
        let faults = (0..<1_000).map { "Cluster 'c\($0)': some reason" }
        state.applied(.clusters, response(.clusters, "v1"), tried, faults: faults)
        let message = try #require(state.refusals[.clusters])
        #expect(message.utf8.count < 4_300 && message.hasSuffix("more"))
    }

    @Test func backoffGrowsToItsCapWithJitter() {
        var backoff = PollBackoff()
        #expect(backoff.next(random: 0) == .milliseconds(100))
        #expect(backoff.isFirst)
        #expect(backoff.next(random: 1) == .milliseconds(300))
        #expect(!backoff.isFirst)
        for _ in 0..<10 { _ = backoff.next(random: 0.5) }
        #expect(backoff.next(random: 0) == .seconds(5))
        #expect(backoff.next(random: 7) == .milliseconds(7_500))
        #expect(PollBackoff.pause(afterPollOf: .seconds(25)) == .zero)
        #expect(PollBackoff.pause(afterPollOf: .milliseconds(1)) == .milliseconds(500))
    }
}
