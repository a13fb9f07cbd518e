public import Bytes
public import TLS

/// Who is at the other end of a connection, as far as it was proven.
public struct PeerInfo: Sendable {
    /// Its address.
    public var address: SocketAddress
    /// The address it reached.
    public var localAddress: SocketAddress?
    /// The certificate it proved, already verified by the server's TLS context; nil without one.
    public var certificate: Certificate?
    /// The certificate's URI SAN, when it has exactly one.
    public var uriSAN: String?
    /// The certificate's subject organizations (`O`): the groups of a Kubernetes user.
    public var organizations: [String]
    /// The certificate's subject common name (`CN`): the name of a Kubernetes user.
    public var commonName: String?

    /// A peer known by its address alone.
    public init(address: SocketAddress) {
        self.address = address
        organizations = []
    }

    /// A peer with a verified certificate, or nil for none.
    init(address: SocketAddress, localAddress: SocketAddress?, certificate: Certificate?, uriSAN: String?) {
        self.address = address
        self.localAddress = localAddress
        self.certificate = certificate
        self.uriSAN = uriSAN
        organizations = certificate?.organizations ?? []
        commonName = certificate?.commonName
    }
}
