import Bytes
import Document
import Foundation
import HTTPCodec
import HTTPService
import Reactor
import Resources
import TLS
import Testing

@testable import APIServer

/// The server on a socket: who gets in, and what watches send.
@Suite struct EmbeddedServerTests {
    /// A running server, and a client that trusts it.
    final class Running: Sendable {
        let server: EmbeddedAPIServer
        let directory: String
        let http = HTTPClient()

        init(directory: String? = nil) async throws {
            let directory = try directory ?? FileSystem.makeTemporaryDirectory(prefix: "hanse-api-")
            self.directory = directory
            server = try EmbeddedAPIServer(
                EmbeddedAPIServer.Configuration(
                    stateDirectory: directory, address: try #require(SocketAddress(ip: "127.0.0.1", port: 0)),
                    name: "rosa", schemas: try #require(TestServer.schemas)))
            try await server.start()
            if try await server.client.list(.namespace, namespace: nil, selector: nil).items.count == 1 {
                _ = try await server.client.create(Resource(type: .namespace, name: "lab"))
            }
        }

        func stop(removes: Bool = true) async throws {
            await server.stop()
            http.shutdown()
            if removes { try FileSystem.removeTree(directory) }
        }

        func context(_ identity: TLSIdentity? = nil) throws -> TLSClientContext {
            try TLSClientContext(
                configuration: TLSClientConfiguration(
                    identity: identity,
                    verification: PeerVerification(mode: .roots([server.authority]), serverName: "127.0.0.1"))
            )
        }

        func administrator() throws -> TLSIdentity {
            func text(_ name: String) throws -> String {
                String(decoding: try FileSystem.read("\(directory)/admin/\(name)"), as: UTF8.self)
            }
            return try TLSIdentity(chainPEM: try text("admin.crt"), keyPEM: try text("admin.key"))
        }

        func request(_ target: String, _ identity: TLSIdentity?, token: String? = nil) throws
            -> HTTPClientRequest
        {
            var request = HTTPClientRequest(
                host: "127.0.0.1", port: server.boundAddress.port, tls: try context(identity), target: target,
                timeout: .seconds(30))
            if let token { request.headers.set("Authorization", "Bearer \(token)") }
            return request
        }

        /// A watch as it arrives, line by line.
        func watch(_ target: String, accept: String = "application/json") async throws -> Lines {
            var request = try request(target, try administrator())
            request.headers.set("Accept", accept)
            return Lines(stream: try await http.stream(request))
        }
    }

    /// The lines of a stream.
    final class Lines {
        let stream: HTTPClientStream
        private var rest: [UInt8] = []

        init(stream: HTTPClientStream) { self.stream = stream }

        /// The next line as JSON; `nil` at the end.
        func next() async throws -> Node? {
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = Array(rest[..<end])
                    rest.removeFirst(end + 1)
                    return try JSON.parse(line)
                }
                guard let piece = try await stream.next() else { return nil }
                rest += piece
            }
        }

        /// The next event's type and object name.
        func brief() async throws -> String {
            guard let event = try await next() else { return "end" }
            return "\(event["type"]?.string ?? "") \(event["object"]?.at("metadata", "name")?.string ?? "")"
        }
    }

    static let configMaps = "/api/v1/namespaces/lab/configmaps"

    @Test func certificatesAndTokensLetIn() async throws {
        let running = try await Running()
        let token = String(decoding: try FileSystem.read(running.server.tokenPath), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let path = "/api/v1/namespaces"
        let identity = try running.administrator()
        #expect(try await running.http.request(running.request(path, identity)).status == 200)
        #expect(try await running.http.request(running.request(path, nil, token: token)).status == 200)
        #expect(try await running.http.request(running.request(path, nil)).status == 401)
        #expect(try await running.http.request(running.request(path, nil, token: "\(token)x")).status == 401)
        // A valid certificate wins over any token.
        #expect(try await running.http.request(running.request(path, identity, token: "x")).status == 200)
        try await running.stop()
    }

    @Test func foreignCertificatesAreRefusedInTheHandshake() async throws {
        let running = try await Running()
        let key = try PrivateKey.generateP256()
        let now = Clock.wall()
        let root = try CertificateAuthority.selfSigned(
            CertificateTemplate(
                subjectCommonName: "admin", organizations: ["system:masters"], notBefore: now - .seconds(60),
                notAfter: now + .seconds(3600)), key: key)
        let identity = try TLSIdentity(chain: [root], key: key)
        let request = try running.request("/api/v1/namespaces", identity)
        await #expect(throws: HTTPClientError.self) { try await running.http.request(request) }
        try await running.stop()
    }

    @Test func whoIsNoAdministratorIsForbidden() async throws {
        let running = try await Running()
        let key = try PrivateKey.generateP256()
        let now = Clock.wall()
        func text(_ name: String) throws -> String {
            String(decoding: try FileSystem.read("\(running.directory)/admin/\(name)"), as: UTF8.self)
        }
        let leaf = try CertificateAuthority.issue(
            CertificateTemplate(
                subjectCommonName: "guest", organizations: ["visitors"], notBefore: now - .seconds(60),
                notAfter: now + .seconds(3600), serverAuth: false), publicKey: key.publicKey,
            issuer: running.server.authority, issuerKey: try PrivateKey(pem: try text("ca.key")))
        let guest = try TLSIdentity(chain: [leaf], key: key)
        let answer = try await running.http.request(running.request("\(Self.configMaps)/x", guest))
        #expect(answer.status == 403)
        let message = try JSON.parse(answer.body)["message"]?.string
        #expect(
            message
                == #"configmaps "x" is forbidden: User "guest" cannot get resource "configmaps" in API group "" "#
                + #"in the namespace "lab""#)
        try await running.stop()
    }

    @Test func theKubeconfigIsPrivateAndOutlivesARestart() async throws {
        var running = try await Running()
        let path = running.server.kubeconfigPath
        #expect(FileSystem.info(path)?.mode == 0o600)
        let config = try #require(try YAML.parse(try FileSystem.read(path)).first)
        #expect(config["current-context"]?.string == "rosa")
        #expect(config["contexts"]?[0]?["name"]?.string == "rosa")
        #expect(
            config["clusters"]?[0]?.at("cluster", "server")?.string
                == "https://\(running.server.boundAddress)")
        let user = try #require(config["users"]?[0]?["user"])
        let authority = running.server.authority
        let directory = running.directory
        try await running.stop(removes: false)
        running = try await Running(directory: directory)
        #expect(running.server.authority == authority)
        let next = try #require(try YAML.parse(try FileSystem.read(path)).first)
        #expect(next["users"]?[0]?["user"] == user)
        try await running.stop()
    }

    @Test func aSecondServerOfTheSameStateIsRefused() async throws {
        let running = try await Running()
        let error = #expect(throws: EmbeddedAPIServerError.self) {
            try EmbeddedAPIServer(
                EmbeddedAPIServer.Configuration(
                    stateDirectory: running.directory,
                    address: try #require(SocketAddress(ip: "127.0.0.1", port: 0)), name: "rosa",
                    schemas: try #require(TestServer.schemas)))
        }
        #expect(error?.description == "\(running.directory) is in use by another controller")
        try await running.stop()
    }

    // MARK: Watches

    @Test func aWatchFromZeroBeginsWithWhatIsThere() async throws {
        let running = try await Running()
        let client = running.server.client
        _ = try await client.create(configMap("a"))
        _ = try await client.create(configMap("b"))
        let lines = try await running.watch("\(Self.configMaps)?watch=true&fieldSelector=metadata.name%3Da")
        #expect(lines.stream.headers["content-type"] == "application/json")
        #expect(try await lines.brief() == "ADDED a")
        _ = try await client.patch(.configMap, key("b"), kind: .merge, patch: ["data": ["x": "1"]])
        _ = try await client.patch(.configMap, key("a"), kind: .merge, patch: ["data": ["x": "1"]])
        #expect(try await lines.brief() == "MODIFIED a")
        try await client.delete(.configMap, key("a"), preconditionUID: nil)
        let last = try #require(try await lines.next())
        #expect(last["type"]?.string == "DELETED")
        #expect(last["object"]?["kind"]?.string == "ConfigMap")
        #expect(
            last["object"]?.at("metadata", "resourceVersion")?.string
                == (try await client.list(.configMap, namespace: nil, selector: nil).resourceVersion
                    .description))
        lines.stream.cancel()
        try await running.stop()
    }

    @Test func changesAreReplayedFromAVersion() async throws {
        let running = try await Running()
        let client = running.server.client
        let start = try await client.create(configMap("a")).resourceVersion?.description ?? ""
        _ = try await client.create(configMap("b"))
        try await client.delete(.configMap, key("a"), preconditionUID: nil)
        let lines = try await running.watch(
            "\(Self.configMaps)?watch=1&resourceVersion=\(start)&timeoutSeconds=1")
        #expect(try await lines.brief() == "ADDED b")
        #expect(try await lines.brief() == "DELETED a")
        // The time is over: a clean end.
        #expect(try await lines.brief() == "end")
        try await running.stop()
    }

    @Test func selectionsTurnChangesIntoComingAndGoing() async throws {
        let running = try await Running()
        let client = running.server.client
        _ = try await client.create(configMap("a"))
        let lines = try await running.watch("\(Self.configMaps)?watch=true&labelSelector=app%3Dx")
        func label(_ value: Node) async throws {
            let patch: Node = ["metadata": ["labels": ["app": value]]]
            _ = try await client.patch(.configMap, key("a"), kind: .merge, patch: patch)
        }
        try await label("y")
        try await label("x")
        #expect(try await lines.brief() == "ADDED a")
        try await label(.null)
        let gone = try #require(try await lines.next())
        #expect(gone["type"]?.string == "DELETED")
        // The old content with the new version.
        #expect(gone["object"]?.at("metadata", "labels", "app")?.string == "x")
        let current = try await client.get(.configMap, key("a")).resourceVersion?.description
        #expect(gone["object"]?.at("metadata", "resourceVersion")?.string == current)
        lines.stream.cancel()
        try await running.stop()
    }

    @Test func tablesHaveTheirColumnsOnce() async throws {
        let running = try await Running()
        let client = running.server.client
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        let lines = try await running.watch("\(Self.configMaps)?watch=true", accept: accept)
        _ = try await client.create(configMap("a"))
        _ = try await client.create(configMap("b"))
        let first = try #require(try await lines.next()?["object"])
        #expect(first["kind"]?.string == "Table")
        #expect(first["columnDefinitions"]?.array?.count == 3)
        #expect(first["rows"]?.array?.count == 1)
        let second = try #require(try await lines.next()?["object"])
        #expect(second["columnDefinitions"]?.isNull == true)
        #expect(second.at("metadata", "resourceVersion")?.string?.isEmpty == false)
        lines.stream.cancel()
        try await running.stop()
    }

    @Test func aVersionFromBeforeTheStartIsGone() async throws {
        var running = try await Running()
        _ = try await running.server.client.create(configMap("a"))
        let directory = running.directory
        try await running.stop(removes: false)
        running = try await Running(directory: directory)
        let lines = try await running.watch("\(Self.configMaps)?watch=true&resourceVersion=1")
        let event = try #require(try await lines.next())
        #expect(event["type"]?.string == "ERROR")
        #expect(event["object"]?["reason"]?.string == "Expired")
        #expect(event["object"]?["code"] == 410)
        #expect(event["object"]?["message"]?.string?.hasPrefix("too old resource version: 1 (") == true)
        #expect(try await lines.next() == nil)
        try await running.stop()
    }

    @Test func bookmarksCloseInitialEventsAndStreams() async throws {
        let running = try await Running()
        _ = try await running.server.client.create(configMap("a"))
        let query =
            "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1"
        let lines = try await running.watch("\(Self.configMaps)?\(query)")
        #expect(try await lines.brief() == "ADDED a")
        let bookmark = try #require(try await lines.next())
        #expect(bookmark["type"]?.string == "BOOKMARK")
        #expect(
            bookmark["object"]?.at("metadata", "annotations", "k8s.io/initial-events-end")?.string == "true")
        let last = try #require(try await lines.next())
        #expect(last["type"]?.string == "BOOKMARK")
        #expect(last["object"]?["kind"]?.string == "ConfigMap")
        #expect(try await lines.next() == nil)
        try await running.stop()
    }

    @Test func aClientThatLeavesTakesItsWatchAlong() async throws {
        let running = try await Running()
        let identity = try running.administrator()
        func watches() async throws -> String {
            let answer = try await running.http.request(running.request("/metrics", identity))
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            return lines.first { $0.hasPrefix("hanse_apiserver_watches ") }.map(String.init) ?? "none"
        }
        var streams: [Lines] = []
        for _ in 0..<20 { streams.append(try await running.watch("\(Self.configMaps)?watch=true")) }
        try await eventually("all are open") { try await watches() == "hanse_apiserver_watches 20" }
        for stream in streams.dropLast() { stream.stream.cancel() }
        try await eventually("all but one are closed") { try await watches() == "hanse_apiserver_watches 1" }
        streams.last?.stream.cancel()
        try await eventually("the last is closed") { try await watches() == "hanse_apiserver_watches 0" }
        #expect(try await watches() == "hanse_apiserver_watches 0", "and none is opened again")
        try await running.stop()
    }

    @Test func aStopEndsWatchesAtOnce() async throws {
        let running = try await Running()
        let lines = try await running.watch("\(Self.configMaps)?watch=true")
        async let end = lines.next()
        let clock = ContinuousClock()
        let start = clock.now
        await running.server.stop()
        _ = try? await end
        #expect(clock.now - start < .seconds(4))
        running.http.shutdown()
        try FileSystem.removeTree(running.directory)
    }
}
