import Bytes
import Document
import HTTPService
import Reactor
import Resources
import Testing

@testable import APIServer

/// The rules every write follows, asked over REST.
@Suite struct RuleTests {
    static let configMaps = "/api/v1/namespaces/lab/configmaps"
    static let peers = "/apis/federation.maistra.io/v1/namespaces/lab/servicemeshpeers"
    static let merge = "application/merge-patch+json"

    static func peer(_ name: String, version: String? = nil, extra: String = "") -> String {
        let version = version.map { #","resourceVersion":"\#($0)""# } ?? ""
        return """
            {"apiVersion":"federation.maistra.io/v1","kind":"ServiceMeshPeer","metadata":{"name":"\(name)"\(version)},
            "spec":{"remote":{"addresses":["127.0.0.1"]},"gateways":{"ingress":{"name":"i"},"egress":{"name":"e"}},
            "security":{"trustDomain":"x.local","clientID":"x.local/ns/a/sa/b"}\(extra)}}
            """
    }

    func make() async throws -> TestServer {
        let server = try TestServer()
        try await server.makeNamespace()
        return server
    }

    @Test func creationStampsWhatOnlyTheServerKnows() async throws {
        let server = try await make()
        let body = """
            {"metadata":{"name":"c","uid":"mine","generation":9,"creationTimestamp":"1999-01-01T00:00:00Z",
            "deletionTimestamp":"1999-01-01T00:00:00Z","managedFields":[{"manager":"x"}],"labels":{}},"data":{"a":"1"}}
            """
        let (status, node, _) = try await server.ask("POST", Self.configMaps, body)
        #expect(status == 201)
        #expect(node["apiVersion"]?.string == "v1")
        #expect(node["kind"]?.string == "ConfigMap")
        let metadata = try #require(node["metadata"])
        #expect(
            Set(metadata.object?.keys ?? []) == [
                "name", "namespace", "uid", "creationTimestamp", "resourceVersion",
            ])
        #expect(metadata["creationTimestamp"]?.string == TestServer.now.rfc3339)
        #expect(metadata["uid"]?.string?.utf8.count == 36)
        let again = try await server.ask("GET", "\(Self.configMaps)/c")
        #expect(again.node == node)
        await server.close()
    }

    @Test func generatedNamesAreFreshAndKeepTheirBeginning() async throws {
        let server = try await make()
        var names: Set<String> = []
        for _ in 0..<20 {
            let (status, node, _) = try await server.ask(
                "POST", Self.configMaps, #"{"metadata":{"generateName":"run-"}}"#)
            #expect(status == 201)
            names.insert(try #require(node.at("metadata", "name")?.string))
        }
        #expect(names.count == 20)
        #expect(names.allSatisfy { $0.hasPrefix("run-") && $0.utf8.count == 9 })
        let (status, _, _) = try await server.ask(
            "POST", Self.configMaps, #"{"metadata":{"generateName":"Not OK"}}"#)
        #expect(status == 422)
        await server.close()
    }

    @Test func generationCountsChangesOfTheSpecOnly() async throws {
        let server = try await make()
        func generation(_ answer: (status: Int, node: Node, warnings: [String])) -> Int64? {
            #expect((200...201).contains(answer.status), "\(answer.node)")
            return answer.node.at("metadata", "generation")?.int
        }
        #expect(try await generation(server.ask("POST", Self.peers, Self.peer("p"))) == 1)
        let path = "\(Self.peers)/p"
        let labels = #"{"metadata":{"labels":{"a":"b"}}}"#
        #expect(try await generation(server.ask("PATCH", path, labels, type: Self.merge)) == 1)
        let port = #"{"spec":{"remote":{"discoveryPort":8189}}}"#
        #expect(try await generation(server.ask("PATCH", path, port, type: Self.merge)) == 2)
        let version = server.store.version
        #expect(try await generation(server.ask("PATCH", path, port, type: Self.merge)) == 2)
        #expect(server.store.version == version)
        let status = #"{"status":{"discoveryStatus":{}}}"#
        #expect(try await generation(server.ask("PATCH", "\(path)/status", status, type: Self.merge)) == 2)
        #expect(server.store.version == version + 1)
        await server.close()
    }

    @Test func statusAndSpecAreWrittenApart() async throws {
        let server = try await make()
        let roll = "/apis/maistra.io/v1/namespaces/lab/servicemeshmemberrolls"
        let body = """
            {"apiVersion":"maistra.io/v1","kind":"ServiceMeshMemberRoll","metadata":{"name":"default"},
            "spec":{"members":["a"]},"status":{"members":["forged"]}}
            """
        let made = try await server.ask("POST", roll, body)
        #expect(made.status == 201)
        #expect(made.node.at("status", "members") == nil)
        let patch =
            #"{"spec":{"members":["x","y"]},"status":{"members":["a"]},"metadata":{"labels":{"l":"1"}}}"#
        let byStatus = try await server.ask("PATCH", "\(roll)/default/status", patch, type: Self.merge)
        #expect(byStatus.node.at("spec", "members")?.strings == ["a"])
        #expect(byStatus.node.at("status", "members")?.strings == ["a"])
        #expect(byStatus.node.at("metadata", "labels") == nil)
        let bySpec = try await server.ask(
            "PATCH", "\(roll)/default", #"{"spec":{"members":["b"]},"status":null}"#, type: Self.merge)
        #expect(bySpec.node.at("spec", "members")?.strings == ["b"])
        #expect(bySpec.node.at("status", "members")?.strings == ["a"])
        await server.close()
    }

    @Test func customReplacementsMustNameTheirVersion() async throws {
        let server = try await make()
        let made = try await server.ask("POST", Self.peers, Self.peer("p"))
        let version = try #require(made.node.at("metadata", "resourceVersion")?.string)
        let without = try await server.ask("PUT", "\(Self.peers)/p", Self.peer("p"))
        #expect(without.status == 422)
        #expect(without.node["message"]?.string?.contains("must be specified for an update") == true)
        let with = try await server.ask("PUT", "\(Self.peers)/p", Self.peer("p", version: version))
        #expect(with.status == 200)
        // Built-in kinds overwrite.
        _ = try await server.ask("POST", Self.configMaps, #"{"metadata":{"name":"c"},"data":{"a":"1"}}"#)
        let built = try await server.ask(
            "PUT", "\(Self.configMaps)/c", #"{"metadata":{"name":"c"},"data":{"b":"1"}}"#)
        #expect(built.status == 200)
        #expect(built.node["data"] == ["b": "1"])
        await server.close()
    }

    @Test func dryRunStoresNothing() async throws {
        let server = try await make()
        let version = server.store.version
        let made = try await server.ask(
            "POST", "\(Self.configMaps)?dryRun=All", #"{"metadata":{"name":"c"}}"#)
        #expect(made.status == 201)
        #expect(made.node.at("metadata", "uid") != nil)
        #expect(made.node.at("metadata", "resourceVersion") == nil)
        #expect(server.store.version == version)
        _ = try await server.ask("POST", Self.peers, Self.peer("p"))
        let patch = #"{"spec":{"remote":{"discoveryPort":8189}}}"#
        let patched = try await server.ask("PATCH", "\(Self.peers)/p?dryRun=All", patch, type: Self.merge)
        #expect(patched.node.at("metadata", "generation") == 2)
        let deleted = try await server.ask("DELETE", "\(Self.peers)/p?dryRun=All")
        #expect(deleted.node["status"]?.string == "Success")
        let now = try await server.ask("GET", "\(Self.peers)/p")
        #expect(now.node.at("metadata", "generation") == 1)
        await server.close()
    }

    @Test func unknownFieldsArePrunedAndSaid() async throws {
        let server = try await make()
        let extra = #","colour":"blue""#
        let warned = try await server.ask("POST", Self.peers, Self.peer("a", extra: extra))
        #expect(warned.status == 201)
        #expect(warned.warnings == [#"299 - "unknown field \"spec.colour\"""#])
        #expect(warned.node.at("spec", "colour") == nil)
        let ignored = try await server.ask(
            "POST", "\(Self.peers)?fieldValidation=Ignore", Self.peer("b", extra: extra))
        #expect(ignored.warnings.isEmpty)
        #expect(ignored.node.at("spec", "colour") == nil)
        let strict = try await server.ask(
            "POST", "\(Self.peers)?fieldValidation=Strict", Self.peer("c", extra: extra))
        #expect(strict.status == 400)
        #expect(server.store.get(ObjectID(.serviceMeshPeer, key("c"))) == nil)
        await server.close()
    }

    @Test func theAliasFieldIsTakenEvenStrictly() async throws {
        let server = try await make()
        let body = """
            {"apiVersion":"federation.maistra.io/v1","kind":"ExportedServiceSet","metadata":{"name":"e"},
            "spec":{"exportRules":[{"type":"LabelSelector","labelSelector":{"namespace":"a",
            "selector":{"matchLabels":{"x":"y"}},"alias":{"namespace":"b","name":"c"}}}]}}
            """
        let path = "/apis/federation.maistra.io/v1/namespaces/lab/exportedservicesets?fieldValidation=Strict"
        let (status, node, warnings) = try await server.ask("POST", path, body)
        #expect(status == 201, "\(node)")
        #expect(warnings.contains { $0.contains("labelSelector.alias") })
        await server.close()
    }

    @Test func servicesGetTheirDefaultsAndKeepTheirAddress() async throws {
        let server = try await make()
        let services = "/api/v1/namespaces/lab/services"
        let body = #"{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"clusterIP":"127.0.1.9"}}"#
        let made = try await server.ask("POST", services, body)
        #expect(made.node.at("spec", "type")?.string == "ClusterIP")
        #expect(made.node.at("spec", "sessionAffinity")?.string == "None")
        #expect(made.node.at("spec", "clusterIPs")?.strings == ["127.0.1.9"])
        #expect(made.node.at("spec", "ports")?[0] == ["port": 80, "protocol": "TCP", "targetPort": 80])
        #expect(made.node.at("status", "loadBalancer") == [:])
        let replaced = try await server.ask(
            "PUT", "\(services)/s", #"{"metadata":{"name":"s"},"spec":{"ports":[{"port":81}]}}"#)
        #expect(replaced.node.at("spec", "clusterIP")?.string == "127.0.1.9")
        let moved = try await server.ask(
            "PATCH", "\(services)/s", #"{"spec":{"clusterIP":"127.0.1.10"}}"#, type: Self.merge)
        #expect(moved.status == 422)
        #expect(moved.node["message"]?.string?.contains("field is immutable") == true)
        await server.close()
    }

    @Test func secretsFoldTheirTexts() async throws {
        let server = try await make()
        let body = #"{"metadata":{"name":"s"},"data":{"a":"MQ=="},"stringData":{"b":"2","a":"3"}}"#
        let (status, node, _) = try await server.ask("POST", "/api/v1/namespaces/lab/secrets", body)
        #expect(status == 201)
        #expect(node["type"]?.string == "Opaque")
        #expect(node["stringData"] == nil)
        #expect(node["data"] == ["a": "Mw==", "b": "Mg=="])
        await server.close()
    }

    @Test func immutableDataStays() async throws {
        let server = try await make()
        _ = try await server.ask(
            "POST", Self.configMaps, #"{"metadata":{"name":"c"},"data":{"a":"1"},"immutable":true}"#)
        let path = "\(Self.configMaps)/c"
        #expect(try await server.ask("PATCH", path, #"{"data":{"a":"2"}}"#, type: Self.merge).status == 422)
        #expect(try await server.ask("PATCH", path, #"{"immutable":null}"#, type: Self.merge).status == 422)
        #expect(
            try await server.ask("PATCH", path, #"{"metadata":{"labels":{"x":"y"}}}"#, type: Self.merge)
                .status == 200)
        await server.close()
    }

    @Test func namespacesHaveTheirShape() async throws {
        let server = try await make()
        let (_, node, _) = try await server.ask("GET", "/api/v1/namespaces/lab")
        #expect(node.at("spec", "finalizers")?.strings == ["kubernetes"])
        #expect(node.at("status", "phase")?.string == "Active")
        #expect(node.at("metadata", "labels", "kubernetes.io/metadata.name")?.string == "lab")
        let patched = try await server.ask(
            "PATCH", "/api/v1/namespaces/lab", #"{"spec":{"finalizers":[]}}"#, type: Self.merge)
        #expect(patched.node.at("spec", "finalizers")?.strings == ["kubernetes"])
        await server.close()
    }

    @Test func oneStorageServesAllVersions() async throws {
        let server = try await make()
        func path(_ version: String) -> String {
            "/apis/networking.istio.io/\(version)/namespaces/lab/destinationrules"
        }
        let body = """
            {"apiVersion":"networking.istio.io/v1alpha3","kind":"DestinationRule","metadata":{"name":"d"},
            "spec":{"host":"ratings","subsets":[{"name":"v1","labels":{"version":"v1"}}]}}
            """
        let made = try await server.ask("POST", path("v1alpha3"), body)
        #expect(made.node["apiVersion"]?.string == "networking.istio.io/v1alpha3")
        for version in ["v1", "v1beta1", "v1alpha3"] {
            let one = try await server.ask("GET", "\(path(version))/d")
            #expect(one.node["apiVersion"]?.string == "networking.istio.io/\(version)")
            let list = try await server.ask("GET", path(version))
            #expect(list.node["items"]?[0] == one.node)
            #expect(list.node["apiVersion"]?.string == "networking.istio.io/\(version)")
        }
        let patched = try await server.ask(
            "PATCH", "\(path("v1beta1"))/d", #"{"spec":{"host":"details"}}"#, type: Self.merge)
        #expect(patched.status == 200)
        #expect(patched.node["apiVersion"]?.string == "networking.istio.io/v1beta1")
        await server.close()
    }

    @Test func listsSelect() async throws {
        let server = try await make()
        for (name, labels) in [("a", #"{"app":"x","tier":"front"}"#), ("b", #"{"app":"y"}"#), ("c", "{}")] {
            _ = try await server.ask(
                "POST", Self.configMaps, #"{"metadata":{"name":"\#(name)","labels":\#(labels)}}"#)
        }
        func names(_ query: String) async throws -> [String] {
            let list = try await server.ask("GET", "\(Self.configMaps)?\(query)")
            return (list.node["items"]?.array ?? []).compactMap { $0.at("metadata", "name")?.string }
        }
        #expect(try await names("labelSelector=app%3Dx") == ["a"])
        #expect(try await names("labelSelector=app!%3Dx") == ["b", "c"])
        #expect(try await names("labelSelector=app%20in%20(x,y),!tier") == ["b"])
        #expect(try await names("labelSelector=!app") == ["c"])
        #expect(try await names("fieldSelector=metadata.name%3Db") == ["b"])
        #expect(try await names("fieldSelector=metadata.name!%3Db,metadata.namespace%3Dlab") == ["a", "c"])
        #expect(try await names("limit=500&resourceVersion=0&timeout=32s&pretty=true") == ["a", "b", "c"])
        let elsewhere = try await server.ask("GET", "/api/v1/namespaces/nowhere/configmaps")
        #expect(elsewhere.status == 200)
        #expect(elsewhere.node["items"] == [])
        await server.close()
    }

    @Test func tablesComeOnRequest() async throws {
        let server = try await make()
        _ = try await server.ask("POST", Self.configMaps, #"{"metadata":{"name":"a"},"data":{"x":"1"}}"#)
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        let list = try await server.ask("GET", Self.configMaps, accept: accept)
        #expect(list.node["kind"]?.string == "Table")
        #expect(list.node["rows"]?[0]?["cells"] == ["a", 1, "0s"])
        #expect(list.node.at("metadata", "resourceVersion")?.string == String(server.store.version))
        let one = try await server.ask("GET", "\(Self.configMaps)/a?includeObject=Object", accept: accept)
        #expect(one.node["rows"]?[0]?["object"]?["data"] == ["x": "1"])
        let missing = try await server.ask("GET", "\(Self.configMaps)/b", accept: accept)
        #expect(missing.node["kind"]?.string == "Status")
        #expect(try await server.ask("GET", Self.configMaps, accept: "text/html").status == 406)
        await server.close()
    }

    @Test func scaleIsAViewOfTheDeployment() async throws {
        let server = try await make()
        let deployments = "/apis/apps/v1/namespaces/lab/deployments"
        let body = """
            {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":
            {"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","odd":{"kept":[1,2]}}]}}}}
            """
        let made = try await server.ask("POST", deployments, body)
        #expect(made.node.at("spec", "replicas") == 1)
        #expect(try await server.ask("GET", "\(deployments)/d/scale").node.at("spec", "replicas") == 1)
        let scaled = try await server.ask(
            "PATCH", "\(deployments)/d/scale", #"{"spec":{"replicas":3}}"#, type: Self.merge)
        #expect(scaled.node["kind"]?.string == "Scale")
        #expect(scaled.node.at("spec", "replicas") == 3)
        let deployment = try await server.ask("GET", "\(deployments)/d")
        #expect(deployment.node.at("spec", "replicas") == 3)
        #expect(deployment.node.at("metadata", "generation") == 2)
        await server.close()
    }
}
