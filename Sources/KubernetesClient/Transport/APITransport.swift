public import HTTPCodec

/// One request to an API server.
public struct APIRequest: Sendable, Hashable {
    /// The method.
    public var method: String
    /// The path from `/api` on, and the query, percent-encoded.
    public var target: String
    /// What answers are understood.
    public var accept: String
    /// The type of the body; nil for none.
    public var contentType: String?
    /// The body.
    public var body: [UInt8]
    /// How long the whole answer may take; of a stream, its head.
    ///
    /// Nil waits for ever.
    public var timeout: Duration?

    /// Makes a request.
    public init(
        method: String = "GET", target: String, accept: String = "application/json",
        contentType: String? = nil,
        body: [UInt8] = [], timeout: Duration? = .seconds(60)
    ) {
        self.method = method
        self.target = target
        self.accept = accept
        self.contentType = contentType
        self.body = body
        self.timeout = timeout
    }
}

/// The answer of an API server.
public struct APIResponse: Sendable, Hashable {
    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: [UInt8]

    /// Makes an answer.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The body of an answer that does not end by itself.
public protocol APIStream: Sendable {
    /// The status code.
    var status: Int { get }
    /// The header fields.
    var headers: HTTPHeaders { get }
    /// The next bytes; nil at the clean end.
    func next() async throws(APIError) -> [UInt8]?
    /// Ends the request; a waiting `next` throws or returns nil.
    func cancel()
}

/// What carries requests to an API server: HTTP, or a stand-in in tests.
public protocol APITransport: Sendable {
    /// Where requests go: `127.0.11.1:6443`.
    var place: String { get }
    /// Sends a request and returns the whole answer, whatever its status.
    func send(_ request: APIRequest) async throws(APIError) -> APIResponse
    /// Sends a request and returns when the head of the answer is there.
    func open(_ request: APIRequest) async throws(APIError) -> any APIStream
}
