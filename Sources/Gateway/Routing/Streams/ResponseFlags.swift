/// Why a stream ended as it did, in Envoy's short words.
struct ResponseFlags: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    /// No healthy upstream.
    static let noHealthyUpstream = ResponseFlags(rawValue: 1 << 0)
    /// Could not connect upstream.
    static let upstreamConnectionFailure = ResponseFlags(rawValue: 1 << 1)
    /// The upstream closed before a response.
    static let upstreamConnectionTermination = ResponseFlags(rawValue: 1 << 2)
    /// A circuit breaker is open.
    static let upstreamOverflow = ResponseFlags(rawValue: 1 << 3)
    /// No route, or no filter chain.
    static let noRoute = ResponseFlags(rawValue: 1 << 4)
    /// The route's cluster does not exist.
    static let noCluster = ResponseFlags(rawValue: 1 << 5)
    /// The route's or the try's timeout.
    static let upstreamRequestTimeout = ResponseFlags(rawValue: 1 << 6)
    /// The stream's idle timeout.
    static let streamIdleTimeout = ResponseFlags(rawValue: 1 << 7)
    /// The upstream's response is malformed.
    static let upstreamProtocolError = ResponseFlags(rawValue: 1 << 8)
    /// The client's request is malformed.
    static let downstreamProtocolError = ResponseFlags(rawValue: 1 << 9)
    /// The client left.
    static let downstreamTermination = ResponseFlags(rawValue: 1 << 10)
    /// Retries are used up.
    static let retryLimitExceeded = ResponseFlags(rawValue: 1 << 11)
    /// Aborted by the fault filter.
    static let faultInjected = ResponseFlags(rawValue: 1 << 12)
    /// Delayed by the fault filter.
    static let delayInjected = ResponseFlags(rawValue: 1 << 13)
    /// The request took longer than its duration limit.
    static let durationTimeout = ResponseFlags(rawValue: 1 << 14)
    /// The upstream reset the stream after the response had begun.
    static let upstreamRemoteReset = ResponseFlags(rawValue: 1 << 15)

    private static let names: [(ResponseFlags, String)] = [
        (.noHealthyUpstream, "UH"), (.upstreamConnectionFailure, "UF"), (.upstreamOverflow, "UO"),
        (.noRoute, "NR"), (.retryLimitExceeded, "URX"), (.noCluster, "NC"), (.durationTimeout, "DT"),
        (.downstreamTermination, "DC"), (.upstreamRemoteReset, "UR"), (.upstreamConnectionTermination, "UC"),
        (.delayInjected, "DI"), (.faultInjected, "FI"), (.upstreamRequestTimeout, "UT"),
        (.streamIdleTimeout, "SI"), (.downstreamProtocolError, "DPE"), (.upstreamProtocolError, "UPE"),
    ]

    /// `-`, or a comma list.
    var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text of `text`.
    func append(to text: inout [UInt8]) {
        guard !isEmpty else {
            text.append(UInt8(ascii: "-"))
            return
        }
        var isFirst = true
        for (flag, name) in Self.names where contains(flag) {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            text += name.utf8
        }
    }
}
