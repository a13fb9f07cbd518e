internal import Bytes

/// What belongs to one endpoint of a pool.
final class PoolEndpoint {
    let address: SocketAddress
    var idle: [HTTP1Upstream] = []
    var shared: [HTTP2Upstream] = []
    var waiting: [any UpstreamHandler] = []
    /// Connections being made for those who wait.
    var opening: [PoolOpening] = []
    /// Requests and tunnels under way.
    var active = 0
    /// Speaks HTTP/1.1, as its last handshake came to; nil while unknown.
    var isHTTP1: Bool?

    init(_ address: SocketAddress) { self.address = address }
}

/// A connection being made for the pool.
final class PoolOpening: UpstreamUser {
    let address: SocketAddress
    /// Made for an upgrade, where HTTP/2 would be spoken otherwise.
    let isHTTP1Only: Bool
    private let pool: ConnectionPool

    init(_ pool: ConnectionPool, _ address: SocketAddress, isHTTP1Only: Bool) {
        self.pool = pool
        self.address = address
        self.isHTTP1Only = isHTTP1Only
    }

    func upstreamReady(_ connection: UpstreamConnection) { pool.opened(self, connection) }
    func upstreamUnavailable(_ failure: UpstreamFailure) { pool.failed(self, failure) }
    func upstreamReadable(_ connection: UpstreamConnection) {}
    func upstreamDrained(_ connection: UpstreamConnection) {}
    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {}
}
