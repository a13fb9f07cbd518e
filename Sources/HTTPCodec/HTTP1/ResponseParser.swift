public import Bytes

/// Reads responses out of a connection's bytes, for the control plane.
public struct ResponseParser: Sendable {
    /// What was read.
    public enum Event: Hashable, Sendable {
        /// A response began. One with a status below 200 is interim: another head follows, no `end`.
        case head(HTTPResponseHead)
        /// Some of its body.
        case body([UInt8])
        /// It is complete; `trailers` is nil without any.
        case end(trailers: HTTPHeaders?)
    }

    private let limits: HTTP1Limits
    private var scanner = HeadScanner()
    private var view = HeadView()
    private var body: BodyDecoder?

    /// Whether the response read next answers a HEAD, and so has no body.
    public var answersHEAD: Bool

    /// Whether a `101` was read: what follows is no longer HTTP and stays in the input.
    public private(set) var isUpgraded = false

    /// Whether the next byte would begin a response.
    public private(set) var isBetweenMessages = true

    /// A parser at the start of a connection.
    public init(limits: HTTP1Limits = HTTP1Limits(), answersHEAD: Bool = false) {
        self.limits = limits
        self.answersHEAD = answersHEAD
    }

    /// Takes the next event out of `input`; nil when more bytes are needed.
    ///
    /// After an error the connection is lost.
    public mutating func next(_ input: inout ByteQueue) throws(HTTPError) -> Event? {
        guard !isUpgraded else { return nil }
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
            return endMessage(decoder.trailers)
        }
    }

    /// Tells that the connection ended: completes a body that ends with it, throws when a response was cut.
    ///
    /// Call it once `next` has returned nil.
    public mutating func finish() throws(HTTPError) -> Event? {
        if isBetweenMessages || isUpgraded { return nil }
        guard var decoder = body else { throw HTTPError(.truncated) }
        try decoder.finish()
        return endMessage(nil)
    }

    private mutating func endMessage(_ trailers: HTTPHeaders?) -> Event {
        body = nil
        scanner = HeadScanner()
        isBetweenMessages = true
        return .end(trailers: trailers)
    }

    private mutating func nextHead(_ input: inout ByteQueue) throws(HTTPError) -> Event? {
        if !input.isEmpty { isBetweenMessages = false }
        let end = try input.withReadable { (span) throws(HTTPError) -> Int? in
            guard let range = try scanner.scan(span, limit: limits.maxHeadBytes) else { return nil }
            try view.parseResponse(span.extracting(range), answersHEAD: answersHEAD, limits: limits)
            return range.upperBound
        }
        guard let end else { return nil }
        input.discard(end)
        if view.status == 101 {
            isUpgraded = true
        } else if view.status < 200 {
            scanner = HeadScanner()
            isBetweenMessages = input.isEmpty
        } else {
            body = try BodyDecoder(view.framing, limits: limits)
        }
        return .head(
            HTTPResponseHead(
                status: view.status, reason: view.text(view.reason), headers: view.headers,
                minorVersion: view.minorVersion))
    }
}

extension HeadView {
    /// The fields as text, with names in lower case.
    public var headers: HTTPHeaders {
        var headers = HTTPHeaders()
        for field in fields { headers.add(text(field.name), text(field.value)) }
        return headers
    }
}
