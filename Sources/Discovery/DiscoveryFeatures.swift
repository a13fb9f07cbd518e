internal import HTTPCodec

/// What two Hanse controllers agree on beyond the protocol of OSSM 2.
///
/// The importer lists what it understands in the header `x-hanse-features`; the exporter answers with those of
/// them that it will use. A peer that does not know the header neither sends it nor notices it.
enum DiscoveryFeatures {
    static let header = "x-hanse-features"
    /// Signs of life, with the checksum of the list.
    static let heartbeat = "heartbeat"
    /// `resync` messages in place of a stream that ends.
    static let resync = "resync"
    static let all = "\(heartbeat), \(resync)"

    static func hasHeartbeats(_ headers: HTTPHeaders) -> Bool { headers.hasToken(heartbeat, in: header) }

    static func hasMarks(_ headers: HTTPHeaders) -> Bool {
        hasHeartbeats(headers) && headers.hasToken(resync, in: header)
    }
}
