import Bytes
import HTTPCodec
import HTTPService
public import Reactor
import Synchronization
import TLS

/// Requests to an API server over HTTPS.
public final class HTTPTransport: APITransport {
    private let connection: ClusterConnection
    private let client: HTTPClient
    private let context: TLSClientContext?
    private let token = Mutex<(text: String, readAt: Instant)?>(nil)

    /// A token file is read again after this time; Kubernetes renews the tokens of pods in place.
    private static let tokenLifetime = Duration.seconds(10)

    /// A transport to one server; without a loop it runs one of its own.
    public init(_ connection: ClusterConnection, loop: EventLoop? = nil) throws(ConfigurationError) {
        self.connection = connection
        do {
            context = try connection.tls.map { (configuration) throws(TLSError) in
                try TLSClientContext(configuration: configuration)
            }
        } catch {
            throw ConfigurationError(error.message)
        }
        client = HTTPClient(loop: loop)
    }

    /// The server's host and port.
    public var place: String { connection.server.authority }

    /// Sends a request and reads the whole answer.
    public func send(_ request: APIRequest) async throws(APIError) -> APIResponse {
        let prepared = try await prepare(request)
        do {
            let response = try await client.request(prepared)
            return APIResponse(status: response.status, headers: response.headers, body: response.body)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Sends a request and returns when the head of the answer is there.
    ///
    /// A stream on which nothing came for six minutes counts as dead: servers end watches before that.
    public func open(_ request: APIRequest) async throws(APIError) -> any APIStream {
        var prepared = try await prepare(request)
        prepared.idleTimeout = .seconds(360)
        do {
            return HTTPTransportStream(try await client.stream(prepared))
        } catch {
            throw Self.failure(error)
        }
    }

    /// Closes the connections that are kept open.
    public func shutdown() {
        client.shutdown()
    }

    private func prepare(_ request: APIRequest) async throws(APIError) -> HTTPClientRequest {
        let server = connection.server
        var headers = HTTPHeaders()
        headers.set("Accept", request.accept)
        headers.set("User-Agent", "hanse")
        if let contentType = request.contentType { headers.set("Content-Type", contentType) }
        if let authorization = try await authorization() { headers.set("Authorization", authorization) }
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        return HTTPClientRequest(
            method: request.method, host: host, port: server.port, tls: context,
            serverName: connection.serverName, target: server.basePath + request.target, headers: headers,
            body: request.body, timeout: request.timeout, connectTimeout: .seconds(10), maxBody: 256 << 20)
    }

    private func authorization() async throws(APIError) -> String? {
        switch connection.credential {
        case .none: return nil
        case .token(let token): return "Bearer \(token)"
        case .basic(let username, let password):
            return "Basic " + Base64.encode(Array("\(username):\(password)".utf8))
        case .tokenFile(let path):
            let now = Clock.monotonic()
            if let cached = token.withLock({ $0 }), now - cached.readAt < Self.tokenLifetime {
                return "Bearer \(cached.text)"
            }
            let bytes: [UInt8]
            do {
                bytes = try await BlockingPool.run { () throws(FileError) in
                    try FileSystem.read(path, limit: 1 << 20)
                }
            } catch {
                throw APIError.configuration("token file: \(error)")
            }
            let text = ASCII.trimmed(String(decoding: bytes, as: UTF8.self))
            token.withLock { $0 = (text, now) }
            return "Bearer \(text)"
        }
    }

    static func failure(_ error: HTTPClientError) -> APIError {
        switch error.kind {
        case .connect(.connectionRefused): .refused(place: error.target)
        case .timeout: .timeout(place: error.target)
        case .cancelled: .cancelled
        default: .connection(place: error.target, error.message)
        }
    }
}

/// A streamed answer of the HTTP client.
private final class HTTPTransportStream: APIStream {
    private let stream: HTTPClientStream

    init(_ stream: HTTPClientStream) {
        self.stream = stream
    }

    var status: Int { stream.status }
    var headers: HTTPHeaders { stream.headers }

    func next() async throws(APIError) -> [UInt8]? {
        do {
            return try await stream.next()
        } catch {
            throw HTTPTransport.failure(error)
        }
    }

    func cancel() {
        stream.cancel()
    }
}
