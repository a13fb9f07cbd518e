import EnvoyConfig
import Resources
import Testing

@testable import Translate

@Suite struct WeightTests {
    /// The weights of details in the split, with what is changed in `change`.
    static func weights(_ change: (inout TranslateInput) -> Void) throws -> [Int] {
        var input = try InputLoader.input("split")
        change(&input)
        let route = translate(input).routes.first { $0.virtualService == "bookinfo/details" }
        return try #require(route).destinations.map(\.effectiveWeight)
    }

    static func setReady(_ count: Int?, of peer: String, in input: inout TranslateInput) {
        for index in input.peers.indices where input.peers[index].name == peer {
            for position in input.peers[index].imports.indices {
                input.peers[index].imports[position].readyEndpoints = count
            }
        }
    }

    @Test func weightsStayAsWrittenWhileAllAnswer() throws {
        #expect(try Self.weights { _ in } == [60, 20, 20])
    }

    @Test func anUnknownCountIsTakenForSome() throws {
        #expect(try Self.weights { Self.setReady(nil, of: "bergen", in: &$0) } == [60, 20, 20])
    }

    @Test func anImportWithoutEndpointsGetsNothing() throws {
        #expect(try Self.weights { Self.setReady(0, of: "bergen", in: &$0) } == [60, 0, 20])
    }

    @Test func aSubsetWithoutEndpointsGetsNothing() throws {
        #expect(
            try Self.weights {
                $0.registry = ServiceRegistry(
                    services: $0.registry.sorted.map { service in
                        var service = service
                        service.endpoints = []
                        return service
                    })
            } == [0, 20, 20])
    }

    @Test func weightsStayWhenNothingAnswers() throws {
        let weights = try Self.weights { input in
            Self.setReady(0, of: "bergen", in: &input)
            Self.setReady(0, of: "riga", in: &input)
            input.registry = ServiceRegistry(
                services: input.registry.sorted.map {
                    MeshService(key: $0.key, hostname: $0.hostname, ports: $0.ports)
                })
        }
        #expect(weights == [60, 20, 20])
    }

    @Test func aPeerWithoutRootsGetsNothing() throws {
        #expect(try Self.weights { $0.peers[0].bundle = [] } == [60, 0, 20])
    }

    @Test func aReadyDestinationOfWeightZeroAttractsNothing() {
        var targets = [
            WeightedTarget(
                host: "a", port: 1, subset: "", peer: "", cluster: "a", isReady: false, isKnown: true,
                weight: 5),
            WeightedTarget(
                host: "b", port: 1, subset: "", peer: "", cluster: "b", isReady: true, isKnown: true,
                weight: 0),
        ]
        RouteMaker.balance(&targets)
        #expect(targets.map(\.effectiveWeight) == [5, 0])
    }

    @Test func anUnknownDestinationKeepsItsShare() {
        var targets = [
            WeightedTarget(
                host: "a", port: 1, subset: "", peer: "", cluster: "a", isReady: false, isKnown: false,
                weight: 3),
            WeightedTarget(
                host: "b", port: 1, subset: "", peer: "", cluster: "b", isReady: true, isKnown: true,
                weight: 1),
        ]
        RouteMaker.balance(&targets)
        #expect(targets.map(\.effectiveWeight) == [3, 1])
    }

    // MARK: importAsLocal

    static func cluster(_ host: String, _ change: (inout TranslateInput) -> Void) throws -> String {
        var input = try InputLoader.input("import-as-local")
        change(&input)
        let routes = try #require(translate(input).snapshot.routes.first { $0.name == "mesh-gateway|15080" })
        let virtualHost = try #require(
            routes.virtualHosts.first { $0.name == "\(host).bookinfo.svc.cluster.local:9080" })
        guard case .route(let action) = virtualHost.routes[0].action,
            case .cluster(let name) = action.destination
        else { return "" }
        return name
    }

    @Test func ownEndpointsComeFirst() throws {
        #expect(try Self.cluster("ratings") { _ in } == "outbound|9080||ratings.bookinfo.svc.cluster.local")
    }

    @Test func theImportServesWithoutOwnEndpoints() throws {
        #expect(
            try Self.cluster("reviews") { _ in } == "outbound|9080||reviews.bookinfo.svc.cluster.local@bergen"
        )
    }

    @Test func ownEndpointsServeWhenNobodyDoes() throws {
        let name = try Self.cluster("reviews") { Self.setReady(0, of: "bergen", in: &$0) }
        #expect(name == "outbound|9080||reviews.bookinfo.svc.cluster.local")
    }
}
