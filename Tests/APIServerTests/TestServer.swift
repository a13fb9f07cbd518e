import Bytes
import Document
import Foundation
import HTTPCodec
import HTTPService
import Reactor
import Resources
import Synchronization
import Testing

@testable import APIServer

/// A server without sockets in a directory of its own.
final class TestServer: Sendable {
    let directory: String
    let store: ObjectStore
    let service: ObjectService
    let handler: APIHandler
    let client: any ResourceClient
    private let janitor: Janitor
    static let schemas: SchemaRegistry? = try? SchemaRegistry.embedded()
    static let token = "0123456789abcdef0123456789abcdef"
    static let now = WallTime(seconds: 1_780_000_000)

    init(limits: ObjectStore.Limits = ObjectStore.Limits(), directory: String? = nil) throws {
        self.directory = try directory ?? FileSystem.makeTemporaryDirectory(prefix: "hanse-api-")
        store = try ObjectStore(directory: self.directory, limits: limits)
        service = ObjectService(store: store, schemas: try #require(Self.schemas), clock: { Self.now })
        handler = APIHandler(service: service, token: Array(Self.token.utf8), address: "127.0.0.1:6443")
        client = InProcessClient(service: service)
        janitor = Janitor(service: service)
        janitor.start()
    }

    deinit { if removes.withLock({ $0 }) { try? FileSystem.removeTree(directory) } }

    private let removes = Mutex(true)

    /// Closes and opens again.
    func reopened() async throws -> TestServer {
        await close()
        return try TestServer(directory: keepDirectory())
    }

    /// Leaves the directory to another server.
    func keepDirectory() -> String {
        removes.withLock { $0 = false }
        return directory
    }

    func sweepEvents() async { await janitor.sweepEvents() }

    func close() async {
        janitor.stop()
        await store.close()
    }

    /// Makes a namespace.
    func makeNamespace(_ name: String = "lab") async throws {
        _ = try await client.create(Resource(type: .namespace, name: name))
    }

    func send(
        _ method: String, _ target: String, _ body: String = "", type: String = "application/json",
        accept: String = "application/json", token: String? = token
    ) async throws -> HTTPResponse {
        var headers = HTTPHeaders()
        if !type.isEmpty { headers.set("Content-Type", type) }
        if !accept.isEmpty { headers.set("Accept", accept) }
        if let token { headers.set("Authorization", "Bearer \(token)") }
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        let request = try #require(
            HTTPRequest(
                method: method, target: target, headers: headers, body: Array(body.utf8),
                peer: PeerInfo(address: address)))
        return await handler.handle(request)
    }

    /// Sends and reads the JSON answer.
    func ask(
        _ method: String, _ target: String, _ body: String = "", type: String = "application/json",
        accept: String = "application/json"
    ) async throws -> (status: Int, node: Node, warnings: [String]) {
        let response = try await send(method, target, body, type: type, accept: accept)
        return (response.status, try response.json(), response.headers.all("warning"))
    }
}

extension HTTPResponse {
    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { return bytes }
        return []
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func json() throws -> Node { try JSON.parse(bytes) }
}

/// A ConfigMap body.
func configMap(_ name: String, _ data: [String: String] = [:], namespace: String = "lab") -> Resource {
    var resource = Resource(type: .configMap, namespace: namespace, name: name)
    if !data.isEmpty { resource.node["data"] = Node(data) }
    return resource
}

func key(_ name: String, _ namespace: String = "lab") -> ObjectKey {
    ObjectKey(namespace: namespace, name: name)
}

/// Waits for something another task does; fails after half a minute.
func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ isTrue: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(30)
    while try await !isTrue() {
        guard ContinuousClock.now < end else {
            Issue.record("\(what) did not happen", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
