import Bytes
import Discovery
import Federation
import HTTPCodec
import HTTPService
import Reactor
import Resources
import TLS
import Testing

/// The certificate that really is on the connection decides, not a header and not the path.
@Suite(.timeLimit(.minutes(1)))
struct SecureDiscoveryTests {
    /// A mesh's certificate authority, made for one test.
    private struct Authority {
        let root: Certificate
        private let key: PrivateKey

        init() throws {
            key = try .generateP256()
            let now = Clock.wall()
            root = try CertificateAuthority.selfSigned(
                CertificateTemplate(
                    subjectCommonName: "root", notBefore: now - .seconds(60), notAfter: now + .seconds(3600),
                    isCA: true),
                key: key)
        }

        func leaf(_ uri: String) throws -> TLSIdentity {
            let leafKey = try PrivateKey.generateP256()
            let now = Clock.wall()
            let leaf = try CertificateAuthority.issue(
                CertificateTemplate(
                    subjectCommonName: "leaf", uriSANs: [uri], ipSANs: ["127.0.0.1"],
                    notBefore: now - .seconds(60), notAfter: now + .seconds(600)),
                publicKey: leafKey.publicKey, issuer: root, issuerKey: key)
            return try TLSIdentity(chain: [leaf], key: leafKey)
        }
    }

    @Test func onlyTheIngressGatewaysCertificateOpensTheDoor() async throws {
        let ours = try Authority()
        let foreign = try Authority()
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        let serverTLS = try TLSServerContext(
            configuration: TLSServerConfiguration(
                identity: try ours.leaf("spiffe://east.local/ns/mesh/sa/controller"),
                verification: PeerVerification(
                    mode: .spiffe(["east.local": [ours.root]]), requireClientCertificate: true),
                alpn: ["http/1.1"]))
        let discovery = exporter.server
        let server = HTTPServer(address: anyPort, tls: serverTLS) { await discovery.handle($0) }
        try server.start()
        let http = HTTPClient()

        func status(_ identity: TLSIdentity?) async -> Int? {
            let client = try? TLSClientContext(
                configuration: TLSClientConfiguration(
                    identity: identity,
                    verification: PeerVerification(mode: .roots([ours.root]), serverName: "127.0.0.1")))
            var request = HTTPClientRequest(
                address: server.boundAddress, tls: client, target: "/v1/services/west")
            request.headers.set("X-Forwarded-Client-Cert", "URI=\(gateway)")
            return try? await http.request(request).status
        }
        let workload = "spiffe://east.local/ns/bookinfo/sa/default"
        #expect(await status(try ours.leaf(gateway.description)) == 200)
        #expect(await status(try ours.leaf(workload)) == 403)
        #expect(await status(nil) == nil, "no handshake without a certificate")
        #expect(
            await status(try foreign.leaf(gateway.description)) == nil, "another authority's word is void")
        http.shutdown()
        await server.stop()
    }
}
