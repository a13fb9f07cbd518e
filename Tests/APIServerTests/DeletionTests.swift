import Bytes
import Document
import Resources
import Testing

@testable import APIServer

/// Deletion: finalizers, owners, namespaces.
@Suite struct DeletionTests {
    static let configMaps = "/api/v1/namespaces/lab/configmaps"
    static let merge = "application/merge-patch+json"

    func make() async throws -> TestServer {
        let server = try TestServer()
        try await server.makeNamespace()
        return server
    }

    func dependent(_ name: String, of owner: Resource, more: [Node] = []) -> Resource {
        var resource = configMap(name)
        let reference: Node = [
            "apiVersion": "v1", "kind": "ConfigMap", "name": Node(owner.name), "uid": Node(owner.uid),
        ]
        resource.node.set(["metadata", "ownerReferences"], to: Node([reference] + more))
        return resource
    }

    @Test func deletionAnswersWithTheStatusKubectlWants() async throws {
        let server = try await make()
        let made = try await server.client.create(configMap("c"))
        let (status, node, _) = try await server.ask(
            "DELETE", "\(Self.configMaps)/c", #"{"propagationPolicy":"Background"}"#)
        #expect(status == 200)
        #expect(
            node == [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                "details": ["name": "c", "kind": "configmaps", "uid": Node(made.uid)],
            ])
        await server.close()
    }

    @Test func finalizersHoldAndLetGo() async throws {
        let server = try await make()
        var resource = configMap("c")
        resource.finalizers = ["example.com/a", "example.com/b"]
        _ = try await server.client.create(resource)
        let watch = try await server.client.watch(
            .configMap, namespace: "lab", from: ResourceVersion(server.store.version))
        let path = "\(Self.configMaps)/c"
        let deleted = try await server.ask("DELETE", path)
        #expect(deleted.node["kind"]?.string == "ConfigMap")
        #expect(deleted.node.at("metadata", "deletionTimestamp") != nil)
        #expect(deleted.node.at("metadata", "deletionGracePeriodSeconds") == 0)
        // A second deletion answers the same and changes nothing.
        #expect(try await server.ask("DELETE", path).node == deleted.node)
        let more = #"{"metadata":{"finalizers":["example.com/a","example.com/new"]}}"#
        let refused = try await server.ask("PATCH", path, more, type: Self.merge)
        #expect(refused.status == 422)
        #expect(refused.node["message"]?.string?.contains("no new finalizers can be added") == true)
        let fewer = #"{"metadata":{"finalizers":["example.com/b"]}}"#
        #expect(try await server.ask("PATCH", path, fewer, type: Self.merge).status == 200)
        let last = try await server.ask("PATCH", path, #"{"metadata":{"finalizers":null}}"#, type: Self.merge)
        #expect(last.status == 200)
        #expect(last.node.at("metadata", "name")?.string == "c")
        #expect(try await server.ask("GET", path).status == 404)
        var changes: [String] = []
        for _ in 0..<3 {
            switch try await watch.next() {
            case .modified: changes.append("modified")
            case .deleted: changes.append("deleted")
            default: changes.append("other")
            }
        }
        #expect(changes == ["modified", "modified", "deleted"])
        await server.close()
    }

    @Test func preconditionsProtectTheSuccessor() async throws {
        let server = try await make()
        let first = try await server.client.create(configMap("c"))
        try await server.client.delete(.configMap, key("c"), preconditionUID: first.uid)
        _ = try await server.client.create(configMap("c"))
        let error = await #expect(throws: ResourceError.self) {
            try await server.client.delete(.configMap, key("c"), preconditionUID: first.uid)
        }
        #expect(error?.isConflict == true)
        await server.close()
    }

    @Test func dependentsGoWithTheirLastOwner() async throws {
        let server = try await make()
        let one = try await server.client.create(configMap("one"))
        let two = try await server.client.create(configMap("two"))
        let second: Node = ["apiVersion": "v1", "kind": "ConfigMap", "name": "two", "uid": Node(two.uid)]
        _ = try await server.client.create(dependent("both", of: one, more: [second]))
        _ = try await server.client.create(dependent("child", of: one))
        let child = try await server.client.get(.configMap, key("child"))
        _ = try await server.client.create(dependent("grandchild", of: child))
        try await server.client.delete(.configMap, key("one"), preconditionUID: nil)
        try await eventually("the chain is collected") {
            server.store.get(ObjectID(.configMap, key("grandchild"))) == nil
        }
        #expect(server.store.get(ObjectID(.configMap, key("child"))) == nil)
        #expect(server.store.get(ObjectID(.configMap, key("both"))) != nil)
        try await server.client.delete(.configMap, key("two"), preconditionUID: nil)
        try await eventually("the last owner is gone") {
            server.store.get(ObjectID(.configMap, key("both"))) == nil
        }
        await server.close()
    }

    @Test func anObjectWhoseOwnerNeverWasIsCollected() async throws {
        let server = try await make()
        var ghost = configMap("ghost")
        ghost.uid = "00000000-0000-4000-8000-000000000000"
        let owner = try await server.client.create(configMap("owner"))
        _ = try await server.client.create(dependent("kept", of: owner))
        _ = try await server.client.create(dependent("orphan", of: ghost))
        try await eventually("it is collected") {
            server.store.get(ObjectID(.configMap, key("orphan"))) == nil
        }
        #expect(server.store.get(ObjectID(.configMap, key("kept"))) != nil)
        await server.close()
    }

    @Test func orphansStayAndForegroundWaits() async throws {
        let server = try await make()
        let owner = try await server.client.create(configMap("owner"))
        _ = try await server.client.create(dependent("stays", of: owner))
        _ = try await server.ask("DELETE", "\(Self.configMaps)/owner", #"{"propagationPolicy":"Orphan"}"#)
        try await eventually("the owner is gone") {
            server.store.get(ObjectID(.configMap, key("owner"))) == nil
        }
        #expect(try await server.client.get(.configMap, key("stays")).ownerReferences.isEmpty)

        let parent = try await server.client.create(configMap("parent"))
        var held = dependent("held", of: parent)
        held.finalizers = ["example.com/hold"]
        _ = try await server.client.create(held)
        let answer = try await server.ask(
            "DELETE", "\(Self.configMaps)/parent", #"{"propagationPolicy":"Foreground"}"#)
        #expect(answer.node.at("metadata", "finalizers")?.strings == ["foregroundDeletion"])
        try await eventually("the dependent is being deleted") {
            server.store.get(ObjectID(.configMap, key("held")))?.isTerminating == true
        }
        #expect(server.store.get(ObjectID(.configMap, key("parent"))) != nil)
        _ = try await server.ask(
            "PATCH", "\(Self.configMaps)/held", #"{"metadata":{"finalizers":null}}"#, type: Self.merge)
        try await eventually("the parent follows") {
            server.store.get(ObjectID(.configMap, key("parent"))) == nil
        }
        await server.close()
    }

    @Test func aNamespaceEmptiesAndGoes() async throws {
        let server = try await make()
        for index in 0..<30 { _ = try await server.client.create(configMap("c\(index)")) }
        var held = Resource(type: .serviceAccount, namespace: "lab", name: "held")
        held.finalizers = ["example.com/hold"]
        _ = try await server.client.create(held)
        let answer = try await server.ask("DELETE", "/api/v1/namespaces/lab")
        #expect(answer.node.at("status", "phase")?.string == "Terminating")
        try await eventually("the ConfigMaps go") {
            server.store.list(.configMap, namespace: "lab").objects.isEmpty
        }
        let error = await #expect(throws: ResourceError.self) {
            try await server.client.create(configMap("late"))
        }
        #expect(error?.code == 403)
        #expect(error?.causes.first?.reason == "NamespaceTerminating")
        #expect(server.store.get(.namespace("lab")) != nil)
        _ = try await server.ask(
            "PATCH", "/api/v1/namespaces/lab/serviceaccounts/held", #"{"metadata":{"finalizers":null}}"#,
            type: Self.merge)
        try await eventually("the namespace goes") { server.store.get(.namespace("lab")) == nil }
        try await server.makeNamespace()
        #expect(try await server.client.list(.configMap, namespace: "lab", selector: nil).items.isEmpty)
        await server.close()
    }

    @Test func whatWasBegunIsFinishedAfterARestart() async throws {
        var server = try await make()
        let owner = try await server.client.create(configMap("owner"))
        // The janitor of the first life does nothing any more.
        let directory = server.keepDirectory()
        await server.close()
        let store = try ObjectStore(directory: directory)
        let service = ObjectService(
            store: store, schemas: try #require(TestServer.schemas), clock: { TestServer.now })
        let client = InProcessClient(service: service)
        _ = try await client.create(dependent("child", of: owner))
        try await client.delete(.configMap, key("owner"), preconditionUID: nil)
        _ = try await client.create(Resource(type: .namespace, name: "doomed"))
        _ = try await client.create(configMap("inside", namespace: "doomed"))
        try await client.delete(.namespace, ObjectKey(namespace: "", name: "doomed"), preconditionUID: nil)
        #expect(store.get(ObjectID(.configMap, key("child"))) != nil)
        await store.close()
        server = try TestServer(directory: directory)
        try await eventually("both are finished") { [server] in
            server.store.get(ObjectID(.configMap, key("child"))) == nil
                && server.store.get(.namespace("doomed")) == nil
        }
        await server.close()
    }

    @Test func oldEventsAreForgotten() async throws {
        let server = try await make()
        for (name, age) in [("old", 3700), ("fresh", 60)] {
            var event = Resource(type: .event, namespace: "lab", name: name)
            event.node["involvedObject"] = ["kind": "Pod", "name": "p", "namespace": "lab"]
            event.node["lastTimestamp"] = Node((TestServer.now - .seconds(age)).rfc3339)
            _ = try await server.client.create(event)
        }
        await server.sweepEvents()
        #expect(server.store.list(.event, namespace: nil).objects.map(\.id.key.name) == ["fresh"])
        await server.close()
    }
}
