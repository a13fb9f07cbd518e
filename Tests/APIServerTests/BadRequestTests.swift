import Bytes
import Document
import Foundation
import HTTPCodec
import HTTPService
import Resources
import Testing

@testable import APIServer

/// Malformed and hostile requests: each has its one clear message, and the server goes on.
///
/// `Fixtures/bad-requests.json`: `body` is text, an object, `{"repeat": [TEXT, COUNT]}` for long ones (also inside
/// an object) or `{"hex": BYTES}`; `message` is how the answer's message begins.
@Suite struct BadRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let node: Node
        var testDescription: String { node["name"]?.string ?? "" }
    }

    static let cases: [Case] = {
        let path =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/bad-requests.json"
        guard let data = FileManager.default.contents(atPath: path), let node = try? JSON.parse(Array(data))
        else {
            return []
        }
        return (node.array ?? []).map(Case.init)
    }()

    static func expand(_ node: Node) -> Node {
        switch node.value {
        case .object(let object):
            if let repeated = object["repeat"]?.array, object.count == 1 {
                return Node(
                    String(repeating: repeated[0].string ?? "", count: Int(repeated[1].int ?? 0)))
            }
            return Node(
                Object(members: object.members.map { Object.Member(key: $0.key, value: expand($0.value)) }))
        case .array(let items): return Node(items.map(expand))
        default: return node
        }
    }

    static func body(_ node: Node?) -> [UInt8] {
        guard let node else { return [] }
        if let hex = node["hex"]?.string { return Hex.decode(hex) ?? [] }
        let expanded = expand(node)
        return expanded.string.map { Array($0.utf8) } ?? JSON.bytes(expanded)
    }

    @Test func thereAreEnoughCases() { #expect(Self.cases.count >= 60) }

    @Test func everyBadRequestHasItsMessageAndTheServerGoesOn() async throws {
        let server = try TestServer()
        try await server.makeNamespace()
        let there = try await server.client.create(configMap("there", ["a": "1"]))
        let count = server.store.count
        for item in Self.cases {
            let node = item.node
            let name = try #require(node["name"]?.string)
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
            let method = try #require(node["method"]?.string)
            let path = try #require(node["path"]?.string)
            var request = try #require(
                HTTPRequest(method: method, target: path, peer: PeerInfo(address: address)))
            request.headers.set("Authorization", "Bearer \(TestServer.token)")
            request.headers.set("Content-Type", node["type"]?.string ?? "application/json")
            request.headers.set("Accept", "application/json")
            request.body = Self.body(node["body"])
            let response = await server.handler.handle(request)
            #expect(response.status == Int(node["status"]?.int ?? 0), "\(name): \(response.text)")
            let status = try? response.json()
            let message = status?["message"]?.string ?? response.text
            let expected = try #require(node["message"]?.string)
            #expect(message.hasPrefix(expected), "\(name): \(message)")
            if let status {
                #expect(status["kind"]?.string == "Status", "\(name)")
                #expect(status["status"]?.string == "Failure", "\(name)")
                #expect(status["code"]?.int == Int64(response.status), "\(name)")
                #expect(status["reason"]?.string?.isEmpty == false, "\(name)")
            }
        }
        #expect(server.store.count == count)
        #expect(try await server.client.get(.configMap, key("there")) == there)
        _ = try await server.client.create(configMap("after"))
        #expect(try await server.send("GET", "/readyz").text == "ok")
        await server.close()
    }
}
