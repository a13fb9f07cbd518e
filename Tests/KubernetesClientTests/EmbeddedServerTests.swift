import APIServer
import Bytes
import Document
import Foundation
import KubernetesClient
import Resources
import Testing

/// The client against the embedded server over TLS: both sides must mean the same.
@Suite struct EmbeddedServerTests {
    static func with(_ body: (EmbeddedAPIServer, KubernetesClient) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "hanse-client-\(UUID().uuidString)"
        ).path
        let server = try EmbeddedAPIServer(
            EmbeddedAPIServer.Configuration(
                stateDirectory: directory, address: #require(SocketAddress("127.0.0.1:0")), name: "rosa",
                schemas: .embedded()))
        try await server.start()
        let connection = try ConfigurationLoader.connection(kubeconfig: server.kubeconfigPath, context: nil)
        let transport = try HTTPTransport(connection)
        var failure: (any Error)?
        do { try await body(server, KubernetesClient(transport)) } catch { failure = error }
        transport.shutdown()
        await server.stop()
        try? FileManager.default.removeItem(atPath: directory)
        if let failure { throw failure }
    }

    static func configMap(_ name: String, _ data: Node) -> Resource {
        var resource = Resource(type: .configMap, namespace: "default", name: name)
        resource.node["data"] = data
        return resource
    }

    @Test func objectsLiveAndDie() async throws {
        try await Self.with { _, client in
            let stored = try await client.create(Self.configMap("a", ["k": "v"]))
            #expect(!stored.uid.isEmpty)
            #expect(try await client.get(.configMap, stored.key) == stored)
            let again = await #expect(throws: ResourceError.self) {
                try await client.create(Self.configMap("a", [:]))
            }
            #expect(again?.isAlreadyExists == true)

            var changed = stored
            changed.node["data"] = ["k": "w"]
            let updated = try await client.update(changed)
            #expect(updated.node.at("data", "k") == "w")
            let stale = await #expect(throws: ResourceError.self) {
                changed.node["data"] = ["k": "x"]
                return try await client.update(changed)
            }
            #expect(stale?.isConflict == true)

            let patched = try await client.patch(
                .configMap, stored.key, kind: .merge, patch: ["data": ["k": .null, "n": "1"]])
            #expect(patched.node["data"] == ["n": "1"])
            let list = try await client.list(.configMap, namespace: "default", selector: nil)
            #expect(list.items == [patched])
            #expect(list.resourceVersion >= patched.resourceVersion ?? .zero)

            let wrong = await #expect(throws: ResourceError.self) {
                try await client.delete(.configMap, stored.key, preconditionUID: "other")
            }
            #expect(wrong?.isConflict == true)
            try await client.delete(.configMap, stored.key, preconditionUID: stored.uid)
            let gone = await #expect(throws: ResourceError.self) {
                try await client.get(.configMap, stored.key)
            }
            #expect(gone?.isNotFound == true)
        }
    }

    @Test func watchesReportChangesInOrder() async throws {
        try await Self.with { server, client in
            let list = try await client.list(.configMap, namespace: "default", selector: nil)
            let watch = try await client.watch(.configMap, namespace: "default", from: list.resourceVersion)
            let inProcess = server.client
            let first = try await inProcess.create(Self.configMap("a", [:]))
            let second = try await inProcess.patch(
                .configMap, first.key, kind: .merge, patch: ["data": ["k": "v"]])
            try await inProcess.delete(.configMap, first.key, preconditionUID: nil)
            #expect(try await watch.next() == .added(first))
            #expect(try await watch.next() == .modified(second))
            guard case .deleted(let last) = try await watch.next() else {
                Issue.record("expected the deletion")
                return
            }
            #expect(last.key == first.key)
            watch.cancel()
            #expect(try await watch.next() == nil)
        }
    }

    @Test func aStatusIsWrittenByItself() async throws {
        try await Self.with { _, client in
            var peer = Resource(type: .serviceMeshPeer, namespace: "default", name: "west")
            peer.node["spec"] = [
                "remote": ["addresses": ["127.0.12.3"]],
                "gateways": ["ingress": ["name": "in"], "egress": ["name": "out"]],
            ]
            let stored = try await client.create(peer)
            var reported = stored
            reported.node["spec"] = ["remote": ["addresses": ["ignored"]]]
            reported.status = [
                "discoveryStatus": ["inactive": [["pod": "p", "watch": ["connected": false]]]]
            ]
            do {
                let result = try await client.updateStatus(reported)
                #expect(result.spec == stored.spec)
                #expect(result.status?.at("discoveryStatus", "inactive")?[0]?["pod"] == "p")
                #expect(result.generation == stored.generation)
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func invalidObjectsNameTheirFields() async throws {
        try await Self.with { _, client in
            var set = Resource(type: .exportedServiceSet, namespace: "default", name: "bad")
            set.node["spec"] = ["exportRules": [["nameSelector": ["namespace": 5]]]]
            let error = await #expect(throws: ResourceError.self) { try await client.create(set) }
            #expect(error?.code == 422)
            #expect(error?.causes.contains { $0.field.hasPrefix("spec.exportRules[0]") } == true)
        }
    }

    @Test func aForeignCertificateIsRefused() async throws {
        try await Self.with { server, _ in
            var connection = try ConfigurationLoader.connection(
                kubeconfig: server.kubeconfigPath, context: nil)
            connection.serverName = "elsewhere.example"
            let transport = try HTTPTransport(connection)
            let error = await #expect(throws: APIError.self) {
                try await transport.send(APIRequest(target: "/api"))
            }
            guard case .connection = error else {
                Issue.record("expected a failed connection, got \(String(describing: error))")
                return
            }
            transport.shutdown()
        }
    }
}
