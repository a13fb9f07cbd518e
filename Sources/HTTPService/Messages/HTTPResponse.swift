public import HTTPCodec

/// A handler's answer.
///
/// The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`.
public struct HTTPResponse: Sendable {
    /// What follows the head.
    public enum Body: Sendable {
        /// All of it.
        case bytes([UInt8])
        /// Written piece by piece; the response ends when the closure returns.
        ///
        /// Its task is cancelled when the client leaves or the server stops.
        case stream(@Sendable (HTTPBodyWriter) async -> Void)
    }

    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: Body

    /// Makes a response.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document already serialized.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        content(bytes, "application/json", status)
    }

    /// A JSON document already serialized.
    public static func json(_ text: String, status: Int = 200) -> HTTPResponse {
        json(Array(text.utf8), status: status)
    }

    /// Plain text in UTF-8.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        content(Array(text.utf8), "text/plain; charset=utf-8", status)
    }

    /// A stream of pieces, each sent as it is written.
    public static func stream(
        status: Int = 200, contentType: String, _ body: @escaping @Sendable (HTTPBodyWriter) async -> Void
    ) -> HTTPResponse {
        var response = HTTPResponse(status: status, body: .stream(body))
        response.headers.set("Content-Type", contentType)
        return response
    }

    private static func content(_ bytes: [UInt8], _ type: String, _ status: Int) -> HTTPResponse {
        var response = HTTPResponse(status: status, body: .bytes(bytes))
        response.headers.set("Content-Type", type)
        return response
    }
}
