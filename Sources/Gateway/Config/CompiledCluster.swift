internal import Bytes
internal import EnvoyConfig

/// A cluster ready to be dialled.
final class CompiledCluster: Sendable {
    /// An endpoint; a host name stands for all the addresses it resolves to.
    struct Endpoint: Sendable, Hashable {
        enum Target: Sendable, Hashable {
            case address(SocketAddress)
            case name(String, port: UInt16)
        }
        var target: Target
        var weight: Int
        var isUsable: Bool
        /// The number of its locality within the priority.
        var locality = 0
    }

    let config: Cluster
    /// The endpoints of each priority.
    let priorities: [[Endpoint]]
    let policy: Balancer.Policy
    /// The weights of each priority's localities; nil when they have no say.
    let localityWeights: [[Int]]?
    let tls: ClientTLSSlot?
    /// TLS of health checks, which choose their own protocol.
    let checkTLS: ClientTLSSlot?
    let state: ClusterState

    var name: String { config.name }
    var sni: String? { config.transportSocket.flatMap { $0.sni.isEmpty ? nil : $0.sni } }

    init(
        config: Cluster, assignment: ClusterLoadAssignment?, policy: Balancer.Policy, tls: ClientTLSSlot?,
        checkTLS: ClientTLSSlot? = nil, state: ClusterState
    ) {
        self.config = config
        self.policy = policy
        self.tls = tls
        self.checkTLS = checkTLS ?? tls
        self.state = state
        let localities = assignment?.endpoints ?? []
        let count = Int(localities.map(\.priority).max() ?? 0) + 1
        var priorities = [[Endpoint]](repeating: [], count: localities.isEmpty ? 0 : count)
        var localityWeights = [[Int]](repeating: [], count: priorities.count)
        for locality in localities {
            let number = localityWeights[Int(locality.priority)].count
            localityWeights[Int(locality.priority)].append(Int(locality.loadBalancingWeight ?? 0))
            for endpoint in locality.lbEndpoints {
                let address = endpoint.address
                let target: Endpoint.Target =
                    address.socketAddress.map { .address($0) } ?? .name(address.address, port: address.port)
                priorities[Int(locality.priority)].append(
                    Endpoint(
                        target: target, weight: Int(endpoint.loadBalancingWeight ?? 1),
                        isUsable: endpoint.healthStatus.isUsable, locality: number))
            }
        }
        self.priorities = priorities
        self.localityWeights = config.usesLocalityWeights ? localityWeights : nil
    }

    /// Every address it may be served by, host names resolved as they are now.
    var addresses: [SocketAddress] {
        priorities.joined().flatMap { endpoint in
            switch endpoint.target {
            case .address(let address): [address]
            case .name(let host, let port):
                state.addresses(of: host).map { SocketAddress(ip: $0, port: port) }
            }
        }
    }

    /// Whether requests may share a connection.
    var mayShare: Bool {
        switch config.httpProtocol {
        case .http2, .automatic: true
        case .http1, nil: false
        }
    }

    /// Whether an upgrade has to be asked for by HTTP/2, as everything has.
    var speaksOnlyHTTP2: Bool { if case .http2 = config.httpProtocol { true } else { false } }

    /// How HTTP/2 is spoken, where it is.
    var http2Options: HTTP2ProtocolOptions {
        switch config.httpProtocol {
        case .http2(let options): options
        case .automatic(_, let options): options ?? HTTP2ProtocolOptions()
        case .http1, nil: HTTP2ProtocolOptions()
        }
    }

    /// The host names among the endpoints.
    var hostNames: Set<String> {
        var names: Set<String> = []
        for case .name(let host, _) in priorities.joined().map(\.target) { names.insert(host) }
        return names
    }

    /// Whether connections made for `other` may serve this cluster.
    func sharesConnections(with other: CompiledCluster) -> Bool {
        config.transportSocket == other.config.transportSocket
            && config.httpProtocol == other.config.httpProtocol
    }
}
