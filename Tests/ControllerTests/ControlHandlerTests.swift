import Bytes
import Document
import EnvoyConfig
import HTTPCodec
import HTTPService
import Resources
import TLS
import Testing
import Trust
import XDS

@testable import Controller

/// Port 15012 as a gateway, or somebody who is none, sees it.
@Suite struct ControlHandlerTests {
    private let token = GatewayTokens.make()
    private let tokens = GatewayTokens()
    private let hub = DeliveryHub(holdTime: .milliseconds(1))

    private func handler() throws -> ControlHandler {
        tokens.set(token, AuthorizedNode(node: "east", gateways: ["west-ingress"]))
        let domain = try #require(TrustDomain("east.local"))
        let identity = try #require(
            SPIFFEID(trustDomain: domain, namespace: "m", serviceAccount: "west-ingress-service-account"))
        let ca = try MeshCA.make(
            trustDomain: domain, key: try PrivateKey.generateP256(),
            now: WallTime(seconds: 1_780_000_000, nanoseconds: 0))
        return ControlHandler(tokens: tokens, hub: hub) {
            $0 == "west-ingress" ? identity : nil
        } sign: {
            csr, id throws(ControlHandler.RefusedRequest) in
            do {
                return try ca.issueLeaf(
                    request: csr, for: id, now: WallTime(seconds: 1_780_000_100, nanoseconds: 0)
                ).map(\.pem)
            } catch {
                throw ControlHandler.RefusedRequest("\(error)")
            }
        }
    }

    private func request(
        _ method: String, _ target: String, token: String?, body: Node? = nil
    ) throws -> HTTPRequest {
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        var request = try #require(
            HTTPRequest(
                method: method, target: target, body: body.map { JSON.bytes($0) } ?? [],
                peer: PeerInfo(address: address)))
        if let token { request.headers.set("Authorization", "Bearer \(token)") }
        return request
    }

    private func csr(_ identity: String) throws -> Node {
        Node(try CSR.make(key: try PrivateKey.generateP256(), uri: identity))
    }

    private static let own = "spiffe://east.local/ns/m/sa/west-ingress-service-account"

    @Test func aGatewayGetsACertificateForItsOwnKey() async throws {
        let body: Node = ["gateway": "west-ingress", "csr": try csr(Self.own)]
        let response = try await handler().handle(
            try request("POST", "/v1/certificates", token: token, body: body))
        #expect(response.status == 200)
        guard case .bytes(let bytes) = response.body else { return #expect(Bool(false), "no body") }
        let chain = try #require(try JSON.parse(bytes)["chain"]?.array?.first?.string)
        #expect(try Certificate(pem: chain).uriSANs == [Self.own])
    }

    @Test(arguments: [nil, "", "wrong", "0000000000000000000000000000000000000000000000000000000000000000"])
    func withoutTheTokenThereIsNothing(_ token: String?) async throws {
        let handler = try handler()
        let body: Node = ["gateway": "west-ingress", "csr": try csr(Self.own)]
        for request in [
            try request("POST", "/v1/certificates", token: token, body: body),
            try request("GET", "/v1/identities/west-ingress", token: token),
            try request("POST", "/v3/discovery:clusters", token: token, body: ["node": ["id": "east"]]),
        ] {
            #expect(await handler.handle(request).status == 401)
        }
    }

    @Test func anotherGatewaysCertificateIsRefused() async throws {
        let body: Node = ["gateway": "east-egress", "csr": try csr(Self.own)]
        let response = try await handler().handle(
            try request("POST", "/v1/certificates", token: token, body: body))
        #expect(response.status == 403)
    }

    @Test func anotherIdentityInTheRequestIsRefused() async throws {
        let body: Node = [
            "gateway": "west-ingress", "csr": try csr("spiffe://east.local/ns/m/sa/somebody-else"),
        ]
        let response = try await handler().handle(
            try request("POST", "/v1/certificates", token: token, body: body))
        #expect(response.status == 403)
    }

    @Test func configurationIsForTheTokensNodeOnly() async throws {
        let handler = try handler()
        func poll(_ id: String) throws -> HTTPRequest {
            try request(
                "POST", "/v3/discovery:clusters", token: token,
                body: [
                    "node": ["id": Node(id), "cluster": "c"], "type_url": Node(ResourceKind.clusters.typeURL),
                ])
        }
        #expect(await handler.handle(try poll("west")).status == 403)
        #expect(await handler.handle(try poll("east/other-gateway")).status == 403)
        #expect(await handler.handle(try poll("east")).status == 304)
        #expect(await handler.handle(try poll("east/west-ingress")).status == 304)
    }

    @Test(arguments: ["[]", "{", "{\"node\": 5}", ""])
    func nonsenseIsABadRequest(_ text: String) async throws {
        var request = try request("POST", "/v3/discovery:clusters", token: token)
        request.body = Array(text.utf8)
        let status = try await handler().handle(request).status
        #expect(status == 400 || status == 403)
    }

    @Test func tokensAreRandomAndToldApart() {
        #expect(GatewayTokens.make() != GatewayTokens.make())
        let tokens = GatewayTokens()
        tokens.set("a", AuthorizedNode(node: "one", gateways: []))
        tokens.set("b", AuthorizedNode(node: "two", gateways: []))
        tokens.update(node: "two", gateways: ["g"])
        #expect(tokens.authorize("a")?.node == "one")
        #expect(tokens.authorize("b")?.gateways == ["g"])
        #expect(tokens.authorize("c") == nil)
    }
}
