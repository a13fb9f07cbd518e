import EnvoyConfig
import Testing
import Translate

/// A gateway is not sent what it would refuse.
@Suite struct GatewayFeaturesTests {
    private func snapshot() -> Snapshot {
        var demanding = Cluster()
        demanding.name = "outbound|9080||grpc"
        demanding.httpProtocol = .http2(HTTP2ProtocolOptions())
        demanding.outlierDetection = OutlierDetection()
        demanding.lbPolicy = .ringHash
        var plain = Cluster()
        plain.name = "outbound|9080||http"
        var snapshot = Snapshot()
        snapshot.clusters = [demanding, plain]
        return snapshot
    }

    @Test func aStockEnvoyGetsEverything() {
        let (limited, losses) = snapshot().limited(to: .all)
        #expect(limited == snapshot())
        #expect(losses.isEmpty)
    }

    @Test func whatIsLeftOutIsTold() {
        let (limited, losses) = snapshot().limited(to: [])
        #expect(limited.clusters[0].httpProtocol == nil)
        #expect(limited.clusters[0].outlierDetection == nil)
        #expect(limited.clusters[0].lbPolicy == .roundRobin)
        #expect(limited.clusters[1] == snapshot().clusters[1])
        #expect(losses.count == 3)
        #expect(losses.allSatisfy { $0.hasPrefix("outbound|9080||grpc: this gateway does not") })
    }

    @Test func ourOwnGatewayLacksNothing() {
        let (limited, losses) = snapshot().limited(to: .hanse)
        #expect(limited == snapshot())
        #expect(losses == [])
    }
}
