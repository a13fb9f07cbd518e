public import Bytes

/// Reads requests out of a connection's bytes, for the control plane.
public struct RequestParser: Sendable {
    /// What was read.
    public enum Event: Hashable, Sendable {
        /// A request began.
        case head(HTTPRequestHead)
        /// Some of its body.
        case body([UInt8])
        /// It is complete; `trailers` is nil without any.
        case end(trailers: HTTPHeaders?)
    }

    private let limits: HTTP1Limits
    private var scanner = HeadScanner()
    private var view = HeadView()
    private var body: BodyDecoder?

    /// A parser at the start of a connection.
    public init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
    }

    /// Whether the next byte would begin a request: an end of the connection loses nothing.
    public private(set) var isBetweenMessages = true

    /// Whether the request being read waits for `100 Continue`.
    public var expectsContinue: Bool { body != nil && view.expectsContinue }

    /// Takes the next event out of `input`; nil when more bytes are needed.
    ///
    /// After an error the connection is lost.
    public mutating func next(_ input: inout ByteQueue) throws(HTTPError) -> Event? {
        guard var decoder = body else { return try nextHead(&input) }
        let step = try input.withReadable { (span) throws(HTTPError) -> BodyStep in try decoder.next(span) }
        body = decoder
        switch step {
        case .data(let range):
            input.discard(range.lowerBound)
            return .body(input.read(range.count))
        case .needMore(let consumed):
            input.discard(consumed)
            return nil
        case .end(let consumed):
            input.discard(consumed)
            body = nil
            scanner = HeadScanner()
            isBetweenMessages = true
            return .end(trailers: decoder.trailers)
        }
    }

    /// Tells that the connection ended; throws when that cut a request.
    public func finish() throws(HTTPError) {
        guard isBetweenMessages else { throw HTTPError(.truncated) }
    }

    private mutating func nextHead(_ input: inout ByteQueue) throws(HTTPError) -> Event? {
        if !input.isEmpty { isBetweenMessages = false }
        let end = try input.withReadable { (span) throws(HTTPError) -> Int? in
            guard let range = try scanner.scan(span, limit: limits.maxHeadBytes) else { return nil }
            try view.parseRequest(span.extracting(range), limits: limits)
            return range.upperBound
        }
        guard let end else { return nil }
        input.discard(end)
        body = try BodyDecoder(view.framing, limits: limits)
        return .head(
            HTTPRequestHead(
                method: view.text(view.method), target: view.text(view.target), headers: view.headers,
                minorVersion: view.minorVersion))
    }
}
