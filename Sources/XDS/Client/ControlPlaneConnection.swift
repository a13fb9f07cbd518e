internal import Bytes
internal import Document
internal import EnvoyConfig
internal import HTTPCodec
internal import HTTPService
internal import Reactor
public import TLS

/// How a gateway reaches its controller: whose certificate must chain to `roots` and be made for the URL's host.
public struct ControlPlaneEndpoint: Sendable {
    /// `https://HOST:PORT`.
    public var url: String
    /// The roots that the controller's certificate must chain to.
    public var roots: [Certificate]
    /// The bootstrap token.
    public var token: String

    /// An endpoint from its parts.
    public init(url: String, roots: [Certificate], token: String) {
        self.url = url
        self.roots = roots
        self.token = token
    }
}

/// Why the controller could not be asked; texts never hold the token.
public struct ControlPlaneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status of a refusal; nil when there was no answer.
    public var status: Int?
    /// What happened.
    public var description: String
}

/// Polls and certificate requests to the controller, over TLS with its CA pinned.
public final class ControlPlaneConnection: Sendable {
    private let url: String
    private let token: String
    private let tls: TLSClientContext
    private let roots: [Certificate]
    private let client = HTTPClient()
    private static let maxBody = 256 << 20
    private static let limits = ParseLimits(maxBytes: maxBody, maxNodes: 32_000_000)

    /// A connection to `endpoint`; nothing is sent yet.
    public init(_ endpoint: ControlPlaneEndpoint) throws(TLSError) {
        url = endpoint.url.hasSuffix("/") ? String(endpoint.url.dropLast()) : endpoint.url
        token = endpoint.token
        roots = endpoint.roots
        // Read as http: the parser wants a TLS context for https, and this one is made for the host it finds.
        guard url.lowercased().hasPrefix("https://"),
            let parsed = HTTPClientRequest(url: "http" + url.dropFirst("https".count))
        else { throw TLSError(.invalidInput, "\(url) is not an https URL") }
        let host = parsed.host.hasPrefix("[") ? String(parsed.host.dropFirst().dropLast()) : parsed.host
        // The mesh's CA signs gateways too: only the host's name tells the controller from them.
        tls = try TLSClientContext(
            configuration: TLSClientConfiguration(
                verification: PeerVerification(mode: .roots(endpoint.roots), serverName: host)))
    }

    /// True when a chain, leaf first, ends in the mesh's roots: a CA that was replaced is nobody's any more.
    func isIssuer(of chain: [Certificate]) -> Bool {
        guard let last = chain.last else { return false }
        let links = zip(chain, chain.dropFirst()).allSatisfy { $0.isSigned(by: $1) }
        return links && (roots.contains(last) || roots.contains { last.isSigned(by: $0) })
    }

    /// One poll: the answer, or nil when there is nothing new.
    ///
    /// An answer that breaks the rules is thrown as `ConfigError`, to be refused.
    func poll(
        _ kind: ResourceKind, _ request: DiscoveryRequest
    ) async throws(ControlPlaneError) -> Result<DiscoveryResponse, ConfigError>? {
        let (status, body) = try await post(kind.path, JSON.bytes(request.node), timeout: .seconds(60))
        if status == 304 { return nil }
        let node = try parse(body)
        do throws(ConfigError) {
            return .success(try DiscoveryResponse.read(node, expecting: kind))
        } catch {
            return .failure(error)
        }
    }

    /// Has a certificate request signed: the chain as PEM, leaf first.
    func certificate(gateway: String, csr: String) async throws(ControlPlaneError) -> [String] {
        let question: Node = ["gateway": Node(gateway), "csr": Node(csr)]
        let (_, body) = try await post("/v1/certificates", JSON.bytes(question), timeout: .seconds(10))
        let chain = try parse(body)["chain"]?.array?.compactMap(\.string) ?? []
        guard !chain.isEmpty else {
            throw ControlPlaneError(status: 200, description: "the controller answered without a certificate")
        }
        return chain
    }

    /// The identities the controller has for a gateway's name: its SPIFFE ID.
    func identity(gateway: String) async throws(ControlPlaneError) -> String {
        let (_, body) = try await send("GET", "/v1/identities/\(gateway)", [], timeout: .seconds(10))
        guard let identity = try parse(body)["spiffeID"]?.string else {
            throw ControlPlaneError(status: 200, description: "the controller answered without an identity")
        }
        return identity
    }

    private func post(
        _ path: String, _ body: [UInt8], timeout: Duration
    ) async throws(ControlPlaneError) -> (Int, [UInt8]) {
        try await send("POST", path, body, timeout: timeout)
    }

    private func send(
        _ method: String, _ path: String, _ body: [UInt8], timeout: Duration
    ) async throws(ControlPlaneError) -> (Int, [UInt8]) {
        guard var request = HTTPClientRequest(method: method, url: url + path, tls: tls) else {
            throw ControlPlaneError(description: "\(url) is not an https URL")
        }
        request.headers.set("Authorization", "Bearer \(token)")
        if !body.isEmpty { request.headers.set("Content-Type", "application/json") }
        request.body = body
        request.timeout = timeout
        request.maxBody = Self.maxBody
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.request(request)
        } catch {
            throw ControlPlaneError(description: error.description)
        }
        guard response.status == 200 || response.status == 304 else {
            let said = String(decoding: response.body.prefix(300), as: UTF8.self)
            throw ControlPlaneError(
                status: response.status, description: "\(url) answered \(response.status): \(said)")
        }
        return (response.status, response.body)
    }

    private func parse(_ body: [UInt8]) throws(ControlPlaneError) -> Node {
        do throws(DocumentError) {
            return try JSON.parse(body, limits: Self.limits)
        } catch {
            throw ControlPlaneError(
                status: 200, description: "not JSON: \(error.findings.first?.description ?? "")")
        }
    }
}
