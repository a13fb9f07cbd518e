import Bytes
import HTTPCodec
import HTTPService
import Reactor
import TLS
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SecureTests {
    private func who(_ request: HTTPRequest) -> HTTPResponse {
        let peer = request.peer
        return .text(
            "\(peer.commonName ?? "-") \(peer.organizations.joined(separator: ",")) \(peer.uriSAN ?? "-") \(request.body.count)"
        )
    }

    @Test func servesCurlOverTLS() async throws {
        let authority = try Authority()
        let directory = try FileSystem.makeTemporaryDirectory(prefix: "hanse-tls")
        defer { try? FileSystem.removeTree(directory) }
        let admin = try authority.leaf(name: "admin", organizations: ["system:masters"])
        try FileSystem.writeAtomically(directory + "/ca.pem", Array(authority.root.pem.utf8))
        try FileSystem.writeAtomically(directory + "/cert.pem", Array(admin.leaf.pem.utf8))
        try FileSystem.writeAtomically(directory + "/key.pem", Array(admin.key.pem().utf8))
        try FileSystem.writeAtomically(directory + "/big", [UInt8](repeating: 65, count: 2_000_000))
        try await withServer(tls: authority.server(.optional([authority.root])), { who($0) }) { server in
            let url = "https://\(server.boundAddress)/"
            let anonymous = try await curl(["--cacert", directory + "/ca.pem", url, url])
            #expect(text(anonymous.output) == "-  - 0-  - 0", "\(anonymous.errors)")
            let known = try await curl([
                "--cacert", directory + "/ca.pem", "--cert", directory + "/cert.pem", "--key",
                directory + "/key.pem",
                "--data-binary", "@\(directory)/big", url,
            ])
            #expect(text(known.output) == "admin system:masters - 2000000", "\(known.errors)")
            let distrusted = try await curl([url])
            #expect(distrusted.code == .exited(60))
        }
    }

    @Test func requiresClientCertificates() async throws {
        let authority = try Authority()
        let other = try Authority()
        try await withServer(tls: authority.server(.roots([authority.root]), requires: true), { who($0) }) {
            server in
            try await withClient { client in
                let uri = "spiffe://east.local/ns/a/sa/b"
                let known = try authority.client(authority.leaf(name: "known", uri: uri))
                for _ in 0..<3 {
                    let response = try await client.request(.init(address: server.boundAddress, tls: known))
                    #expect(text(response.body) == "known  \(uri) 0")
                    #expect(response.peerCertificate?.commonName == "server")
                }
                for identity in [nil, try other.leaf()] {
                    let context = try authority.client(identity)
                    let error = await #expect(throws: HTTPClientError.self) {
                        try await client.request(.init(address: server.boundAddress, tls: context))
                    }
                    #expect(error?.kind == .tls, "\(String(describing: error))")
                }
                let distrusting = try other.client()
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.request(.init(address: server.boundAddress, tls: distrusting))
                }
                #expect(error?.kind == .tls)
            }
        }
    }

    @Test func carriesBigBodiesAndStreams() async throws {
        let authority = try Authority()
        try await withServer(tls: authority.server()) { request in
            guard request.method == "GET" else { return .json(request.body) }
            return .stream(contentType: "text/plain") { writer in
                for i in 0..<500 { try? await writer.write([UInt8](repeating: UInt8(i % 256), count: 5000)) }
            }
        } _: { server in
            try await withClient { client in
                let context = try authority.client()
                let body = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
                for _ in 0..<3 {
                    let echoed = try await client.request(
                        .init(method: "POST", address: server.boundAddress, tls: context, body: body))
                    #expect(echoed.body == body)
                }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            let stream = try await client.stream(
                                .init(address: server.boundAddress, tls: context))
                            var total = 0
                            while let piece = try await stream.next() { total += piece.count }
                            return total
                        }
                    }
                    for try await total in group { #expect(total == 2_500_000) }
                }
            }
        }
    }

    @Test func servesNewConnectionsWithANewContext() async throws {
        let first = try Authority()
        let second = try Authority()
        try await withServer(tls: first.server(), { who($0) }) { server in
            try await withClient { client in
                let old = try first.client()
                let new = try second.client()
                #expect(try await client.request(.init(address: server.boundAddress, tls: old)).status == 200)
                server.updateTLS(try second.server())
                // The kept connection goes on; a new one sees the new certificate.
                #expect(try await client.request(.init(address: server.boundAddress, tls: old)).status == 200)
                #expect(try await client.request(.init(address: server.boundAddress, tls: new)).status == 200)
            }
        }
    }

    @Test func endsConnectionsThatDoNotSpeakTLS() async throws {
        let authority = try Authority()
        try await withServer(tls: authority.server(), { who($0) }) { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await client.read().isEnded)
            #expect(await eventually { await server.connectionCount() == 0 })
        }
    }

    @Test func cutsOffHandshakesThatDoNotEnd() async throws {
        let authority = try Authority()
        try await withServer(
            tls: authority.server(), limits: HTTPLimits(headerTimeout: .milliseconds(50)), { who($0) }
        ) { server in
            let client = try RawClient(server.boundAddress)
            await client.send([0x16, 0x03, 0x01])
            #expect(await client.read().isEnded)
        }
    }
}
