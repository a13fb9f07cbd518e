import Bytes
import Document
import Foundation
import HTTPCodec
import HTTPService
import KubernetesClient
import Resources
import Testing

@Suite struct HTTPTransportTests {
    func serve<T: Sendable>(
        _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
        _ body: (HTTPTransport, HTTPServer) async throws -> T,
        credential: ClusterConnection.Credential = .none
    ) async throws -> T {
        let server = HTTPServer(address: try #require(SocketAddress("127.0.0.1:0")), handler: handler)
        try server.start()
        let url = try #require(ServerURL("http://\(server.boundAddress)/base"))
        let transport = try HTTPTransport(ClusterConnection(server: url, credential: credential))
        do {
            let result = try await body(transport, server)
            transport.shutdown()
            await server.stop()
            return result
        } catch {
            transport.shutdown()
            await server.stop()
            throw error
        }
    }

    @Test func requestsCarryWhatTheServerNeeds() async throws {
        try await serve(
            { request in
                let text =
                    "\(request.method) \(request.target) \(request.headers["accept"] ?? "") \(request.headers["authorization"] ?? "") \(String(decoding: request.body, as: UTF8.self))"
                return .json(JSON.bytes(Node(text)), status: 201)
            },
            { transport, _ in
                let response = try await transport.send(
                    APIRequest(
                        method: "POST", target: "/api/v1/x?y=1", contentType: "application/json",
                        body: Array("{}".utf8)))
                #expect(response.status == 201)
                #expect(
                    try JSON.parse(response.body) == "POST /base/api/v1/x?y=1 application/json Bearer abc {}")
            }, credential: .token("abc"))
    }

    @Test func tokensOfFilesAreTrimmed() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        try Data("file-token\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await serve(
            { .json(JSON.bytes(Node($0.headers["authorization"] ?? ""))) },
            { transport, _ in
                let response = try await transport.send(APIRequest(target: "/"))
                #expect(try JSON.parse(response.body) == "Bearer file-token")
            }, credential: .tokenFile(file.path))
    }

    @Test func watchesAreStreams() async throws {
        try await serve(
            { _ in
                .stream(contentType: "application/json") { writer in
                    for version in 1...3 {
                        let event: Node = [
                            "type": "ADDED",
                            "object": ["metadata": ["name": "a", "resourceVersion": Node(String(version))]],
                        ]
                        do { try await writer.write(JSON.serialize(event) + "\n") } catch { return }
                    }
                }
            },
            { transport, _ in
                let watch = try await KubernetesClient(transport).watch(
                    .configMap, namespace: nil, from: ResourceVersion(0))
                var count = 0
                while try await watch.next() != nil { count += 1 }
                #expect(count == 3)
            })
    }

    @Test func aDeadServerIsNamed() async throws {
        let place = try await serve({ _ in .text("x") }, { transport, _ in transport.place })
        let transport = try HTTPTransport(
            ClusterConnection(server: try #require(ServerURL("http://\(place)"))))
        await #expect(throws: APIError.refused(place: place)) {
            try await transport.send(APIRequest(target: "/api"))
        }
        transport.shutdown()
    }
}
