internal import Bytes
internal import HTTPCodec

/// One request at an endpoint: a leased HTTP/1.1 connection, or one stream of a shared HTTP/2 connection.
protocol UpstreamStream: AnyObject {
    var address: SocketAddress { get }
    var localAddress: SocketAddress? { get }
    var isHTTP2: Bool { get }
    /// Whether the connection carried nothing before this request.
    var isFresh: Bool { get }

    /// Queues the head; `endsStream` when no body follows.
    ///
    /// `attempt` is sent as x-envoy-attempt-count unless 0.
    func sendHead(_ head: borrowing HeadView, endsStream: Bool, attempt: Int, upgrades: Bool)
    func sendBody(_ bytes: Span<UInt8>)
    /// Ends a body; not after a head that ended the stream.
    func sendEnd(trailers: HeadView?)
    /// Sends what is queued.
    func flush()
    /// Whether the endpoint is slower than the request: `upstreamDrained` follows.
    var isBehind: Bool { get }
    /// Goes on delivering the answer, after the handler did not take any.
    func readOn()
    /// Gives the request up; the handler hears nothing more.
    func cancel()
    /// The connection itself after a 101.
    var wire: Wire? { get }
}

/// Who asked: an exchange or a mirror.
protocol UpstreamHandler: AnyObject {
    /// The stream is yours.
    func upstreamOpened(_ stream: any UpstreamStream)
    /// No connection could be made; nothing was sent.
    func upstreamUnavailable(_ failure: UpstreamFailure)
    /// The final head is here; a 101 when one was asked for.
    func upstreamHead(_ head: inout HeadView)
    /// Whether body bytes may be delivered now; a handler that refuses calls `readOn` later.
    var takesAnswer: Bool { get }
    func upstreamBody(_ bytes: Span<UInt8>)
    /// The bytes that were there are delivered.
    func upstreamPaused()
    /// The answer is whole; the stream is gone.
    func upstreamEnded(trailers: HeadView?)
    /// The stream is gone before that.
    func upstreamBroken(_ failure: StreamFailure)
    /// The endpoint takes more of the request.
    func upstreamDrained()
    /// Bytes of a tunnel after a 101, or their end.
    func upstreamTunnelReadable()
    /// Whether the request is a HEAD, whose answer has no body.
    var isHEAD: Bool { get }
    /// Whether a 101 was asked for.
    var asksUpgrade: Bool { get }
    /// Memory for the head of the answer.
    var spareHeads: HeadPool { get }
}

/// How a stream ended before its answer was whole.
enum StreamFailure: Equatable {
    /// The answer is malformed.
    case malformed
    /// The connection ended.
    case closed
    /// TLS refused us, or broke; in OpenSSL's words.
    case tls(String)
    /// The endpoint reset the stream.
    case reset
    /// The endpoint did not look at the request: another try is safe.
    case refused
}
