import Bytes
import Document
import EnvoyConfig
import Foundation
import HTTPService
import Reactor
import Synchronization
import TLS
import Testing

@testable import XDS

/// A gateway's certificates, from its controller's CA to its files.
@Suite struct IdentityAgentTests {
    /// Answers identities and certificate requests as the controller does.
    final class Issuer: Sendable {
        let root: Certificate
        let server: HTTPServer
        let issued = Mutex<[CSRInfo]>([])
        let lifetime = Mutex(Duration.seconds(3_600))

        init() throws {
            let now = WallTime(seconds: Int64(Date().timeIntervalSince1970))
            let key = try PrivateKey.generateP256()
            let root = try CertificateAuthority.selfSigned(
                CertificateTemplate(
                    subjectCommonName: "root", notBefore: now - .seconds(60), notAfter: now + .seconds(600),
                    isCA: true),
                key: key)
            self.root = root
            let leafKey = try PrivateKey.generateP256()
            let leaf = try CertificateAuthority.issue(
                CertificateTemplate(
                    ipSANs: ["127.0.0.1"], notBefore: now - .seconds(60), notAfter: now + .seconds(600)),
                publicKey: leafKey.publicKey, issuer: root, issuerKey: key)
            let tls = try TLSServerContext(
                configuration: TLSServerConfiguration(
                    identity: TLSIdentity(chain: [leaf], key: leafKey), verification: .none))
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            let answer = Mutex<(@Sendable (HTTPRequest) throws -> HTTPResponse)?>(nil)
            server = HTTPServer(address: address, tls: tls) { request in
                let handle = answer.withLock { $0 }
                return (try? handle?(request)) ?? .text("no\n", status: 500)
            }
            answer.withLock { handler in
                handler = { [weak self] request in
                    guard let self else { return .text("gone\n", status: 500) }
                    return try self.handle(request, root: root, key: key)
                }
            }
            try server.start()
        }

        private func handle(_ request: HTTPRequest, root: Certificate, key: PrivateKey) throws -> HTTPResponse
        {
            guard request.bearerToken == "token" else { return .text("no\n", status: 401) }
            if request.path == "/v1/identities/ingress" {
                return .json(JSON.bytes(["spiffeID": "spiffe://west.example/ns/mesh/sa/ingress"]))
            }
            guard request.path == "/v1/certificates" else { return .text("no\n", status: 404) }
            let body = try JSON.parse(request.body)
            let info = try CSR.parse(pem: body["csr"]?.string ?? "")
            issued.withLock { $0.append(info) }
            let now = WallTime(seconds: Int64(Date().timeIntervalSince1970))
            let leaf = try CertificateAuthority.issue(
                CertificateTemplate(
                    uriSANs: info.uriSANs, notBefore: now, notAfter: now + lifetime.withLock { $0 }),
                publicKey: info.publicKey, issuer: root, issuerKey: key)
            return .json(JSON.bytes(["chain": Node(.array([Node(leaf.pem)]))]))
        }

        func connection(roots: [Certificate]? = nil) throws -> ControlPlaneConnection {
            try ControlPlaneConnection(
                ControlPlaneEndpoint(
                    url: "https://127.0.0.1:\(server.boundAddress.port)", roots: roots ?? [root],
                    token: "token"))
        }
    }

    /// A configuration whose one listener names the certificate `name` by file.
    private func snapshot(_ name: String, in directory: String) throws -> Snapshot {
        let listener: Node = [
            "name": "l", "address": ["socket_address": ["address": "127.0.0.1", "port_value": 1]],
            "filter_chains": [
                [
                    "filters": [
                        [
                            "name": "envoy.filters.network.tcp_proxy",
                            "typed_config": [
                                "@type":
                                    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                                "stat_prefix": "x", "cluster": "c",
                            ],
                        ]
                    ],
                    "transport_socket": [
                        "name": "envoy.transport_sockets.tls",
                        "typed_config": [
                            "@type":
                                "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                            "common_tls_context": [
                                "tls_certificate_sds_secret_configs": [
                                    [
                                        "name": Node(name),
                                        "sds_config": [
                                            "path_config_source": ["path": Node("\(directory)/\(name).json")],
                                            "resource_api_version": "V3",
                                        ],
                                    ]
                                ]
                            ],
                        ],
                    ],
                ]
            ],
        ]
        return try Snapshot.read(["version": "1", "listeners": Node(.array([listener]))])
    }

    private func files(_ directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    /// The pair the SDS file points at.
    private func pair(_ directory: String) throws -> TLSIdentity {
        let node = try JSON.parse(FileSystem.read(directory + "/ingress.json"))
        let response = try DiscoveryResponse.read(node, expecting: .secrets)
        guard case .secret(let secret)? = response.resources.first,
            case .tlsCertificate(let pair) = secret.content, let chain = pair.certificateChain.path,
            let key = pair.privateKey.path
        else { throw TLSError(.invalidInput, "no pair") }
        return try TLSIdentity(
            chainPEM: String(decoding: FileSystem.read(chain), as: UTF8.self),
            keyPEM: String(decoding: FileSystem.read(key), as: UTF8.self))
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "/hanse-identity-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    @Test func certificateIsFetchedKeptAndUsedAgain() async throws {
        try await withDirectory { directory in
            let issuer = try Issuer()
            let agent = try IdentityAgent(connection: issuer.connection(), directory: directory)
            let snapshot = try snapshot("ingress", in: directory)
            #expect(await agent.prepare(snapshot) == [])
            let first = try pair(directory)
            #expect(first.leaf.uriSANs == ["spiffe://west.example/ns/mesh/sa/ingress"])
            #expect(issuer.issued.withLock { $0.map(\.uriSANs) } == [first.leaf.uriSANs])
            for file in files(directory) {
                let mode =
                    try FileManager.default.attributesOfItem(atPath: directory + "/" + file)[
                        .posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
            #expect(
                try FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions] as? Int
                    == 0o700)
            #expect(await agent.prepare(snapshot) == [])
            await agent.stop()

            // A restart takes what is there, without the controller.
            let restarted = try IdentityAgent(connection: issuer.connection(), directory: directory)
            #expect(await restarted.prepare(snapshot) == [])
            #expect(issuer.issued.withLock { $0.count } == 1)
            #expect(try pair(directory).leaf == first.leaf)
            await restarted.stop()

            // After a change of the CA the old certificate is worth nothing.
            let other = try Issuer()
            let moved = try IdentityAgent(connection: other.connection(), directory: directory)
            #expect(await moved.prepare(snapshot) == [])
            #expect(try pair(directory).leaf.isSigned(by: other.root))
            #expect(files(directory).count == 3, "\(files(directory))")
            await moved.stop()
            await issuer.server.stop()
            await other.server.stop()
        }
    }

    @Test func certificateIsRenewedAtHalfLifeWithAFreshKey() async throws {
        try await withDirectory { directory in
            let issuer = try Issuer()
            issuer.lifetime.withLock { $0 = .seconds(10) }
            let agent = try IdentityAgent(connection: issuer.connection(), directory: directory)
            #expect(await agent.prepare(try snapshot("ingress", in: directory)) == [])
            let first = try pair(directory)
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline, issuer.issued.withLock({ $0.count }) < 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
            var second = try pair(directory)
            while ContinuousClock.now < deadline, second.leaf == first.leaf || files(directory).count != 3 {
                try await Task.sleep(for: .milliseconds(20))
                // Between two of its three files another pair may be put there.
                second = (try? pair(directory)) ?? second
            }
            await agent.stop()
            #expect(second.leaf.notBefore < first.leaf.notAfter, "before the first one ended")
            #expect(second.key.publicKey != first.key.publicKey)
            #expect(files(directory).count == 3, "the old pair is gone: \(files(directory))")
            await issuer.server.stop()
        }
    }

    @Test func whatCannotBeHadIsSaid() async throws {
        try await withDirectory { directory in
            let issuer = try Issuer()
            let agent = try IdentityAgent(connection: issuer.connection(), directory: directory)
            let unknown = await agent.prepare(try snapshot("egress", in: directory))
            #expect(
                unknown.count == 1 && unknown[0].contains("Secret 'egress'") && unknown[0].contains("404"))
            let outside = await agent.prepare(try snapshot("../evil", in: directory))
            #expect(outside == ["Secret '../evil': is not a gateway's name"])
            #expect(files(directory).isEmpty)
            await issuer.server.stop()
            let alone = await agent.prepare(try snapshot("ingress", in: directory))
            #expect(alone.count == 1 && !alone[0].contains("token"))
        }
    }
}
