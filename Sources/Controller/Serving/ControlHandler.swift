internal import Bytes
internal import Document
public import HTTPService
internal import Reactor
public import Resources
public import XDS

/// Port 15012: configuration and certificates for this mesh's gateways, by bearer token over TLS.
///
/// `GET /v1/identities/NAME` answers `{"spiffeID"}`; `POST /v1/certificates {"gateway", "csr"}` answers `{"chain"}`,
/// PEM certificates, leaf first; `POST /v3/discovery:KIND` is xDS over REST.
public struct ControlHandler: Sendable {
    /// Signs a certificate request for an identity; throws a sentence for the gateway's log.
    public typealias Sign =
        @Sendable (_ csr: String, _ identity: SPIFFEID) async throws(RefusedRequest) -> [String]

    /// A certificate request that is not granted.
    public struct RefusedRequest: Error {
        /// Why, for the gateway's log.
        public var reason: String

        /// A refusal with its reason.
        public init(_ reason: String) { self.reason = reason }
    }

    private let tokens: GatewayTokens
    private let xds: XDSHandler
    private let identity: @Sendable (String) async -> SPIFFEID?
    private let sign: Sign
    private static let maxCSR = 16 * 1024

    /// A handler; `identity` knows who a gateway of this mesh is.
    public init(
        tokens: GatewayTokens, hub: DeliveryHub, identity: @escaping @Sendable (String) async -> SPIFFEID?,
        sign: @escaping Sign
    ) {
        self.tokens = tokens
        self.xds = XDSHandler(hub: hub) { tokens.authorize($0) }
        self.identity = identity
        self.sign = sign
    }

    /// Answers one request.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        if XDSHandler.answers(request.path) { return await xds.handle(request) }
        let segments = request.pathSegments
        if request.method == "GET", segments.count == 3, segments[0] == "v1", segments[1] == "identities" {
            return await withGateway(segments[2], request) { identity in
                .json(JSON.bytes(["spiffeID": Node("\(identity)")]))
            }
        }
        if request.method == "POST", request.path == "/v1/certificates" { return await issue(request) }
        return .text("404 page not found\n", status: 404)
    }

    private func issue(_ request: HTTPRequest) async -> HTTPResponse {
        guard tokens.authorize(request.bearerToken ?? "") != nil else { return Self.unauthorized }
        guard let body = try? JSON.parse(request.body), let gateway = body["gateway"]?.string,
            let csr = body["csr"]?.string, csr.utf8.count <= Self.maxCSR
        else {
            return .text("the body is {\"gateway\": NAME, \"csr\": PEM of 16 KiB at the most}\n", status: 400)
        }
        return await withGateway(gateway, request) { identity in
            do throws(RefusedRequest) {
                let chain = try await sign(csr, identity)
                Log.info("ca", "certificate issued", ["gateway": gateway, "identity": "\(identity)"])
                return .json(JSON.bytes(["chain": Node(.array(chain.map { Node($0) }))]))
            } catch {
                Log.warning("ca", "certificate refused", ["gateway": gateway, "reason": error.reason])
                return .text("\(error.reason)\n", status: 403)
            }
        }
    }

    private func withGateway(
        _ name: String, _ request: HTTPRequest, _ body: (SPIFFEID) async -> HTTPResponse
    ) async -> HTTPResponse {
        guard let who = tokens.authorize(request.bearerToken ?? "") else { return Self.unauthorized }
        guard who.gateways.contains(name) else {
            return .text("this token is not for gateway \(name)\n", status: 403)
        }
        guard let identity = await identity(name) else {
            return .text("this mesh has no gateway \(name)\n", status: 404)
        }
        return await body(identity)
    }

    private static let unauthorized = HTTPResponse.text(
        "a bearer token of this mesh is required\n", status: 401)
}
