public import EnvoyConfig

/// What a gateway can do beyond the floor of the configuration subset.
public struct GatewayFeatures: OptionSet, Hashable, Sendable {
    /// The set's bits.
    public let rawValue: Int

    /// A set from its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// HTTP/2 to clients and to endpoints.
    public static let http2 = GatewayFeatures(rawValue: 1)
    /// Ejection of endpoints that fail.
    public static let outlierDetection = GatewayFeatures(rawValue: 2)
    /// Endpoints by hash.
    public static let ringHash = GatewayFeatures(rawValue: 4)

    /// All of them: a stock Envoy.
    public static let all: GatewayFeatures = [.http2, .outlierDetection, .ringHash]
    /// Those of this version's own gateway.
    public static let hanse: GatewayFeatures = [.http2, .outlierDetection, .ringHash]
}

extension Snapshot {
    /// The configuration without what a gateway cannot do, and what that means, one sentence a cluster.
    ///
    /// A gateway refuses what it does not know, and with it the whole update; leaving it out here, with a warning, keeps
    /// everything else working.
    public func limited(to features: GatewayFeatures) -> (snapshot: Snapshot, losses: [String]) {
        var result = self
        var losses: Set<String> = []
        for index in result.clusters.indices {
            let name = result.clusters[index].name
            if !features.contains(.http2), case .http2 = result.clusters[index].httpProtocol {
                result.clusters[index].httpProtocol = nil
                losses.insert("\(name): this gateway does not speak HTTP/2 yet; HTTP/1.1 is used")
            }
            if !features.contains(.outlierDetection), result.clusters[index].outlierDetection != nil {
                result.clusters[index].outlierDetection = nil
                losses.insert("\(name): this gateway does not eject failing endpoints yet")
            }
            if !features.contains(.ringHash), result.clusters[index].lbPolicy == .ringHash {
                result.clusters[index].lbPolicy = .roundRobin
                result.clusters[index].minimumRingSize = nil
                losses.insert("\(name): this gateway does not balance by hash yet; round robin is used")
            }
        }
        return (result, losses.sorted())
    }
}
