internal import Bytes

/// What a log may ask of the connection that a record belongs to; found out when it is asked.
protocol ConnectionFacts: AnyObject {
    /// Our address and port.
    var localAddress: SocketAddress? { get }
    /// SHA-256 of the client's certificate.
    var peerFingerprint: [UInt8]? { get }
    /// The URI SAN of our own certificate.
    var ownURISAN: String? { get }
    /// `TLSv1.3`; nil in the clear.
    var tlsVersion: String? { get }
    /// Unique in the process.
    var number: UInt64 { get }
}
