import Bytes
import Document
import EnvoyConfig
import Testing

@testable import XDS

@Suite struct DeliveryStateTests {
    private let start = Instant(nanoseconds: 0)
    private let wall = WallTime(seconds: 1_700_000_000, nanoseconds: 0)

    private func bootstrap(isDynamic: Bool = true) -> Bootstrap {
        var bootstrap = Bootstrap()
        bootstrap.identity = NodeIdentity(id: "n", cluster: "c")
        if isDynamic {
            var dynamic = Bootstrap.DynamicResources()
            dynamic.cdsConfig = ConfigSource(path: "cds.json")
            dynamic.ldsConfig = ConfigSource(path: "lds.json")
            bootstrap.dynamicResources = dynamic
        }
        return bootstrap
    }

    private func cluster(_ name: String, eds: String? = nil) -> DynamicResource {
        var cluster = Cluster()
        cluster.name = name
        if let eds {
            cluster.type = .eds
            cluster.edsClusterConfig = Cluster.EDSConfig(
                serviceName: eds, from: ConfigSource(path: "\(eds).json"))
        }
        return .cluster(cluster)
    }

    private func listener(_ name: String, routes: String, from file: String? = nil) -> DynamicResource {
        var manager = HTTPConnectionManager()
        manager.statPrefix = "s"
        let source = ConfigSource(path: file ?? "\(routes).json")
        manager.routes = .rds(HTTPConnectionManager.RDS(routes, from: source))
        manager.httpFilters = [.router]
        return .listener(
            Listener(
                name: name, address: Address("127.0.0.1", port: 1),
                filterChains: [FilterChain(name: "", filters: [.httpConnectionManager(manager)])]))
    }

    private func endpoints(_ name: String) -> DynamicResource {
        .endpoints(ClusterLoadAssignment(name: name, endpoints: []))
    }

    private func routes(_ name: String) -> DynamicResource {
        .routes(RouteConfiguration(name: name, virtualHosts: []))
    }

    private func take(
        _ state: DeliveryState, _ kind: ResourceKind, _ version: String, _ resources: [DynamicResource],
        at instant: Instant? = nil
    ) -> DeliveryState {
        let isWhole = kind == .clusters || kind == .listeners
        return state.taking(
            [ResourceUpdate(kind, version: version, resources, isWhole: isWhole)], now: instant ?? start,
            at: wall)
    }

    private func keys(_ state: DeliveryState) -> [String] {
        state.wanted.map { $0.key.name.isEmpty ? $0.key.kind.rawValue : $0.key.name }
    }

    @Test func asksForClustersEndpointsListenersRoutesInThisOrder() {
        var state = DeliveryState(bootstrap(), now: start)
        #expect(keys(state) == ["clusters"])
        state = take(state, .clusters, "c1", [cluster("a", eds: "svc-a")])
        #expect(keys(state) == ["clusters", "svc-a"])
        state = take(state, .endpoints, "e1", [endpoints("svc-a")])
        #expect(keys(state) == ["clusters", "svc-a", "listeners"])
        state = take(state, .listeners, "l1", [listener("dyn", routes: "r")])
        #expect(keys(state) == ["clusters", "svc-a", "listeners", "r"])
        #expect(state.snapshot.listeners.isEmpty && state.warmingListeners == ["dyn"])
        state = take(state, .routes, "r1", [routes("r")])
        #expect(state.snapshot.listeners.map(\.name) == ["dyn"] && !state.isWaiting)
    }

    @Test func clusterWaitsForItsEndpointsAndItsPredecessorStays() {
        var state = take(DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a")])
        #expect(state.snapshot.clusters.map(\.name) == ["a"])
        state = take(state, .clusters, "c2", [cluster("a", eds: "svc-a")])
        #expect(state.snapshot.clusters.map(\.type) == [.static], "the old one until endpoints are there")
        #expect(state.warmingClusters.isEmpty)
        state = take(state, .endpoints, "e1", [endpoints("svc-a")])
        #expect(state.snapshot.clusters.map(\.type) == [.eds])
    }

    @Test func nothingIsWaitedForBeyondItsTime() throws {
        var state = take(
            DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a", eds: "svc-a")])
        let deadline = try #require(state.nextDeadline)
        #expect(deadline == start + .seconds(15))
        #expect(state.passing(start + .seconds(14)).snapshot.clusters.isEmpty)
        state = state.passing(deadline)
        #expect(state.snapshot.clusters.map(\.name) == ["a"], "used without endpoints")
        #expect(keys(state).contains("listeners"))
    }

    @Test func refusalEndsTheWaitingAndKeepsWhatThereIs() {
        var state = take(
            DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a", eds: "svc-a")])
        let key = SubscriptionKey(.endpoints, "svc-a")
        state = state.refusing([key], version: "e1", details: "bad", now: start, at: wall)
        #expect(state.snapshot.clusters.map(\.name) == ["a"])
        #expect(state.refusals[key]?.details == "bad")
        state = take(state, .endpoints, "e2", [endpoints("svc-a")])
        #expect(state.refusals.isEmpty && state.entries(of: .endpoints)["svc-a"]?.version == "e2")
    }

    @Test func emptyListRemovesAllOfItsKind() {
        var state = take(
            DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a"), cluster("b")])
        #expect(state.snapshot.clusters.count == 2)
        state = take(state, .clusters, "c2", [])
        #expect(state.snapshot.clusters.isEmpty && state.version(of: .clusters) == "c2")
    }

    @Test func endpointsNobodyNamesAreForgotten() {
        var state = take(
            DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a", eds: "svc-a")])
        state = take(state, .endpoints, "e1", [endpoints("svc-a")])
        #expect(state.snapshot.endpoints.count == 1)
        state = take(state, .clusters, "c2", [])
        #expect(state.snapshot.endpoints.isEmpty && keys(state) == ["clusters", "listeners"])
    }

    @Test func unaskedResourcesAreNotTaken() {
        let state = take(
            take(DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a", eds: "svc-a")]),
            .endpoints, "e1", [endpoints("svc-a"), endpoints("other")])
        #expect(state.snapshot.endpoints.map(\.name) == ["svc-a"])
    }

    @Test func unchangedResourceKeepsItsVersionAndTime() {
        var state = take(DeliveryState(bootstrap(), now: start), .clusters, "c1", [cluster("a")])
        state = state.taking(
            [ResourceUpdate(.clusters, version: "c2", [cluster("a"), cluster("b")], isWhole: true)],
            now: start,
            at: WallTime(seconds: 1_700_000_009, nanoseconds: 0))
        #expect(state.entries(of: .clusters)["a"]?.version == "c1")
        #expect(state.entries(of: .clusters)["a"]?.updated == wall)
        #expect(state.entries(of: .clusters)["b"]?.version == "c2")
    }

    @Test func nameOfABootstrapResourceIsRefused() {
        var own = bootstrap()
        if case .cluster(let cluster) = cluster("a") { own.clusters = [cluster] }
        let state = take(DeliveryState(own, now: start), .clusters, "c1", [cluster("a")])
        #expect(
            state.faults.map(\.description) == [
                "Cluster 'a': name: is the name of a resource of the bootstrap"
            ])
    }

    @Test func aNameOfTwoSourcesIsRefused() {
        let two = [listener("a", routes: "r"), listener("b", routes: "r", from: "other.json")]
        let state = take(DeliveryState(bootstrap(), now: start), .listeners, "l1", two)
        #expect(
            state.faults.map(\.description) == [
                "Listener 'b': filter_chains[0].filters[0].typed_config.rds.config_source: asks another source "
                    + "for 'r' than Listener 'a' does; a name has one source"
            ])
    }

    @Test func allOwnersOfANameMayChangeItsSourceTogether() {
        func both(_ file: String) -> [DynamicResource] {
            [listener("a", routes: "r", from: file), listener("b", routes: "r", from: file)]
        }
        var state = take(DeliveryState(bootstrap(), now: start), .listeners, "l1", both("r.json"))
        state = take(state, .listeners, "l2", both("other.json"))
        #expect(state.faults.isEmpty)
        #expect(state.wanted.contains { $0.key == .init(.routes, "r") && $0.file?.path == "other.json" })
    }

    @Test func staticBootstrapAsksForNothing() {
        let state = DeliveryState(bootstrap(isDynamic: false), now: start)
        #expect(state.isStatic && !state.isWaiting)
    }

    @Test func replacedListenerServesUntilItsNewRoutesAreThere() {
        var state = take(DeliveryState(bootstrap(), now: start), .clusters, "c1", [])
        state = take(state, .listeners, "l1", [listener("dyn", routes: "r")])
        state = take(state, .routes, "r1", [routes("r")])
        state = take(state, .listeners, "l2", [listener("dyn", routes: "r2")])
        #expect(state.snapshot.listeners.map(\.routeConfigNames) == [["r"]])
        #expect(state.snapshot.routes.map(\.name) == ["r"], "its routes stay with it")
        state = take(state, .routes, "r2", [routes("r2")])
        #expect(state.snapshot.listeners.map(\.routeConfigNames) == [["r2"]])
        #expect(state.snapshot.routes.map(\.name) == ["r2"])
    }

    @Test func answerOfAnotherNameIsRefusedAndAnEmptyOneKeeps() throws {
        let key = SubscriptionKey(.routes, "dyn")
        let other = DiscoveryResponse(versionInfo: "1", kind: .routes, resources: [routes("other")])
        #expect {
            _ = try ResourceUpdate(answer: other, to: key)
        } throws: {
            "\($0)" == "RouteConfiguration 'other': name: was not asked for: routes 'dyn' was"
        }
        let empty = DiscoveryResponse(versionInfo: "1", kind: .routes, resources: [])
        #expect(try ResourceUpdate(answer: empty, to: key).absent == ["dyn"])
    }
}
