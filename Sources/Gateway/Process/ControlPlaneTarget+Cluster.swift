internal import Bytes
internal import EnvoyConfig
internal import XDS

extension ControlPlaneTarget {
    /// How the data plane would dial a cluster: usable endpoints in the order of their priorities.
    init(_ cluster: CompiledCluster) {
        var addresses: [SocketAddress] = []
        for priority in cluster.priorities {
            var group: [SocketAddress] = []
            for endpoint in priority where endpoint.isUsable {
                switch endpoint.target {
                case .address(let address): group.append(address)
                case .name(let host, let port):
                    group += cluster.state.addresses(of: host).map { SocketAddress(ip: $0, port: port) }
                }
            }
            addresses += group.shuffled()
        }
        self.init(
            cluster: cluster.name, addresses: addresses, tls: cluster.tls?.material.context,
            serverName: cluster.sni, connectTimeout: cluster.config.connectTimeout)
    }
}
