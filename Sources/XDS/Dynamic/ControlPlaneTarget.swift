public import Bytes
public import TLS

/// Where a cluster of the bootstrap is reached by the control plane's client: what the data plane would dial.
public struct ControlPlaneTarget: Sendable {
    /// The cluster's name, which is also the host that is asked.
    public var cluster: String
    /// The endpoints, the preferred ones first; empty when none is known.
    public var addresses: [SocketAddress]
    /// The cluster's TLS; nil is plain.
    public var tls: TLSClientContext?
    /// What TLS sends as server name; nil sends none.
    public var serverName: String?
    /// For connecting and the handshake together.
    public var connectTimeout: Duration

    /// A target from its parts.
    public init(
        cluster: String, addresses: [SocketAddress], tls: TLSClientContext?, serverName: String?,
        connectTimeout: Duration
    ) {
        self.cluster = cluster
        self.addresses = addresses
        self.tls = tls
        self.serverName = serverName
        self.connectTimeout = connectTimeout
    }
}
