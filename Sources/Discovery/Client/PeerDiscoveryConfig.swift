public import Bytes
public import Federation
internal import HTTPCodec
internal import HTTPService
public import TLS

/// How a peer's services are followed.
public struct PeerDiscoveryConfig: Sendable {
    /// The peer's name: that of its ServiceMeshPeer.
    public var peer: String
    /// The address of the local egress gateway for this peer, port 8188; nil while there is none.
    public var egress: SocketAddress?
    /// Speaks TLS to the egress gateway when present; OSSM 2 and its egress gateways speak plain HTTP.
    public var tls: TLSClientContext?
    /// The header `discovery-service`, `discovery.<namespace>.svc.<peer>.local`: it picks the route at the egress
    /// gateway.
    public var discoveryService: String
    /// The header `remote`: `Checksum.of(remoteAddresses:discoveryPort:servicePort:)` of the ServiceMeshPeer.
    public var remoteChecksum: UInt64
    /// The services known from an earlier life of this process; imports until the peer says otherwise.
    public var lastKnown: [ServiceMessage]
    /// When the connection was lost that told of `lastKnown`.
    public var staleSince: WallTime?
    /// Times, and what becomes of stale imports.
    public var watch: PeerWatch.Configuration
    /// How much is taken from the peer.
    public var limits: DiscoveryLimits

    /// A peer reached through an egress gateway.
    public init(
        peer: String, egress: SocketAddress?, tls: TLSClientContext? = nil, discoveryService: String,
        remoteChecksum: UInt64, lastKnown: [ServiceMessage] = [], staleSince: WallTime? = nil,
        watch: PeerWatch.Configuration = PeerWatch.Configuration(), limits: DiscoveryLimits = .default
    ) {
        self.peer = peer
        self.egress = egress
        self.tls = tls
        self.discoveryService = discoveryService
        self.remoteChecksum = remoteChecksum
        self.lastKnown = lastKnown
        self.staleSince = staleSince
        self.watch = watch
        self.limits = limits
    }

    /// True when another way to the peer makes it necessary to open the watch anew.
    func isElsewhere(than other: PeerDiscoveryConfig) -> Bool {
        egress != other.egress || tls !== other.tls || discoveryService != other.discoveryService
            || remoteChecksum != other.remoteChecksum
    }

    func request(_ target: String) -> HTTPClientRequest? {
        guard let egress else { return nil }
        var request = HTTPClientRequest(address: egress, tls: tls, target: target)
        request.headers.set("discovery-service", discoveryService)
        request.headers.set("remote", String(remoteChecksum))
        request.headers.set(DiscoveryFeatures.header, DiscoveryFeatures.all)
        return request
    }
}

/// What the importer's side tells about a peer.
public enum DiscoveryEvent: Sendable, Equatable {
    /// The peer's services changed, or were confirmed by a full sync: all of them, sorted by hostname.
    case imports(peer: String, [ServiceMessage], checksum: UInt64)
    /// The connection changed.
    case status(peer: String, PeerConnectionStatus)
    /// The imports are stale since a moment, or no longer (`since` is nil). `policy` is what applies to them because
    /// the peer has been away for `staleAfter`; nil while it has not.
    case stale(peer: String, since: WallTime?, policy: StaleImports?)
}
