internal import Bytes
internal import HTTPCodec
internal import Reactor

/// Where a request comes from and its answer goes: an HTTP/1.1 connection, or one stream of HTTP/2.
///
/// The body is pushed into the exchange while it takes any; bytes it does not take wait, and stop the client by
/// back-pressure. Nothing the exchange sends ends the stream inside the call: a lost client is told later.
protocol ClientStream: AnyObject {
    var connection: ClientConnection { get }
    var settings: HTTPSettings { get }
    var stats: HTTPStats { get }
    var clock: StreamClock { get }
    var isHTTP2: Bool { get }
    /// For `x-forwarded-client-cert`; made once a connection.
    var clientCertText: [UInt8]? { get }
    /// Whether the answer under way is to be the last on its connection.
    var closesAfterResponse: Bool { get }

    /// Goes on pushing the body; stops reading when the exchange takes none.
    func pushBody()
    /// Answers `Expect: 100-continue`.
    func sendContinue()
    /// Queues the head of the answer; nothing follows when the body is empty.
    func sendHead(_ status: Int, _ head: borrowing HeadView, body: AnswerBody, closes: Bool)
    func sendBody(_ bytes: Span<UInt8>)
    /// Ends an answer that was not sent with an empty body.
    func sendEnd(trailers: HeadView?)
    /// Sends what is queued.
    func flush()
    /// Whether the client is slower than the answer: `clientDrained` follows.
    var isBehind: Bool { get }
    /// The exchange is over, with its answer whole or cut.
    func exchangeEnded(keepsAlive: Bool, isWhole: Bool)
    /// The connection itself, for a tunnel after an upgrade; nil where a stream is not a connection.
    var wire: Wire { get }
}

/// What follows the head of an answer.
enum AnswerBody {
    /// Nothing.
    case none
    /// As many bytes as `content-length` says.
    case sized
    /// An unknown number of bytes.
    case streamed
}

extension ClientStream {
    var worker: Worker { connection.worker }
    var isTLS: Bool { wire.session != nil }
}
