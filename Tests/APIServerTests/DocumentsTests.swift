import Document
import HTTPCodec
import HTTPService
import Resources
import Testing

@testable import APIServer

/// Discovery and OpenAPI.
@Suite struct DocumentsTests {
    static let aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

    @Test func aggregatedDiscoveryHasItsExactType() async throws {
        let server = try TestServer()
        for path in ["/api", "/apis"] {
            let response = try await server.send("GET", path, accept: Self.aggregated)
            #expect(
                response.headers["content-type"]
                    == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
            #expect(try response.json()["kind"]?.string == "APIGroupDiscoveryList")
            // kubectl up to 1.29 knows only the beta: it gets the legacy form.
            let old =
                "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
            let legacy = try await server.send("GET", path, accept: old)
            #expect(legacy.headers["content-type"] == "application/json")
            #expect(try legacy.json()["kind"]?.string == (path == "/api" ? "APIVersions" : "APIGroupList"))
        }
        await server.close()
    }

    @Test func coreIsDescribedAsKubernetesDoes() throws {
        let resources = try #require(
            DiscoveryDocuments.aggregated(core: true)["items"]?[0]?["versions"]?[0]?["resources"]?.array)
        let services = try #require(resources.first { $0["resource"]?.string == "services" })
        let expected = """
            {"resource":"services","responseKind":{"group":"","version":"v1","kind":"Service"},"scope":"Namespaced",
            "singularResource":"service","verbs":["create","delete","deletecollection","get","list","patch","update",
            "watch"],"shortNames":["svc"],"categories":["all"],"subresources":[{"subresource":"status","responseKind":
            {"group":"","version":"v1","kind":"Service"},"verbs":["get","patch","update"]}]}
            """
        #expect(services == (try JSON.parse(expected)))
    }

    @Test func groupsAndVersionsAreInOrderOfPreference() throws {
        let items = try #require(DiscoveryDocuments.aggregated(core: false)["items"]?.array)
        #expect(
            items.map { $0.at("metadata", "name")?.string } == [
                "apps", "discovery.k8s.io", "authorization.k8s.io", "authentication.k8s.io",
                "apiextensions.k8s.io",
                "federation.maistra.io", "maistra.io", "networking.istio.io",
            ])
        #expect(DiscoveryDocuments.versions(of: "networking.istio.io") == ["v1", "v1beta1", "v1alpha3"])
        #expect(DiscoveryDocuments.versions(of: "maistra.io") == ["v2", "v1"])
    }

    @Test func legacyResourcesListSubresources() throws {
        let expected = """
            {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[
            {"name":"deployments","singularName":"deployment","namespaced":true,"kind":"Deployment","verbs":["create",
            "delete","deletecollection","get","list","patch","update","watch"],"shortNames":["deploy"],
            "categories":["all"]},
            {"name":"deployments/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1",
            "kind":"Scale","verbs":["get","patch","update"]},
            {"name":"deployments/status","singularName":"","namespaced":true,"kind":"Deployment",
            "verbs":["get","patch","update"]}]}
            """
        #expect(DiscoveryDocuments.legacyResources("apps", "v1") == (try JSON.parse(expected)))
        #expect(DiscoveryDocuments.legacyResources("apps", "v2") == nil)
        #expect(DiscoveryDocuments.legacyGroup("federation.maistra.io")?["kind"]?.string == "APIGroup")
        #expect(DiscoveryDocuments.legacyGroup("example.com") == nil)
    }

    @Test func everyTypeIsFoundUnderItsPath() {
        for type in ResourceType.all {
            for version in type.versions {
                let base = type.group.isEmpty ? ["api", version] : ["apis", type.group, version]
                let place = type.isNamespaced ? ["namespaces", "n"] : []
                let route = RequestRoute(base + place + [type.plural, "x"])
                let target = RequestRoute.Target(
                    type: type, version: version, namespace: type.isNamespaced ? "n" : "", name: "x")
                #expect(route == .objects(target))
            }
        }
        #expect(RequestRoute(["api", "v1", "namespaces", "n"]) != .unknown)
        #expect(RequestRoute(["api", "v1", "namespaces", "n", "namespaces", "m"]) == .unknown)
        #expect(RequestRoute(["api", "v1", "pods", "x"]) == .unknown)
        #expect(RequestRoute(["api", "v1", "namespaces", "n", "pods", "x", "log"]) == .unknown)
        #expect(RequestRoute(["api", "v1", "namespaces", "n", "pods", "x", "status", "y"]) == .unknown)
        #expect(RequestRoute([]) == .unknown)
    }

    @Test func openAPILeadsFromTheIndexToEveryKind() async throws {
        let server = try TestServer()
        let index = try await server.ask("GET", "/openapi/v3").node
        var kinds: Set<String> = []
        for member in index["paths"]?.object?.members ?? [] {
            let url = try #require(member.value["serverRelativeURL"]?.string)
            #expect(url.contains("?hash="))
            let document = try await server.ask("GET", url).node
            for path in document["paths"]?.object?.members ?? [] {
                let patch = try #require(path.value["patch"])
                #expect(patch["parameters"]?[0]?["name"]?.string == "fieldValidation")
                let kind = try #require(patch["x-kubernetes-group-version-kind"])
                kinds.insert(
                    "\(kind["group"]?.string ?? "")/\(kind["version"]?.string ?? "")/\(kind["kind"]?.string ?? "")"
                )
            }
        }
        #expect(kinds.contains("federation.maistra.io/v1/ServiceMeshPeer"))
        #expect(kinds.contains("networking.istio.io/v1alpha3/VirtualService"))
        #expect(kinds.contains("/v1/ConfigMap"))
        let empty = try await server.send("GET", "/openapi/v2")
        #expect(empty.status == 200)
        #expect(empty.bytes.isEmpty)
        await server.close()
    }

    @Test func onlyHealthAndVersionAreOpen() async throws {
        let server = try TestServer()
        for path in ["/healthz", "/livez", "/readyz"] {
            #expect(try await server.send("GET", path, token: nil).text == "ok")
        }
        #expect(
            try await server.send("GET", "/livez?verbose", token: nil).text.hasSuffix("livez check passed\n"))
        #expect(try await server.send("GET", "/version", token: nil).json()["minor"]?.string == "32")
        for path in ["/api", "/apis", "/metrics", "/openapi/v2", "/api/v1/secrets", "/nothing"] {
            #expect(try await server.send("GET", path, token: nil).status == 401, "\(path)")
            #expect(try await server.send("GET", path, token: "wrong").status == 401, "\(path)")
        }
        #expect(try await server.send("GET", "/metrics").text.contains("hanse_apiserver_objects"))
        #expect(try await server.send("GET", "/nothing").text == "404 page not found\n")
        await server.close()
    }

    @Test func reviewsAreAnswered() async throws {
        let server = try TestServer()
        let access = try await server.ask(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            #"{"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}"#)
        #expect(access.status == 201)
        #expect(access.node.at("status", "allowed") == true)
        let who = try await server.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}")
        #expect(who.node.at("status", "userInfo", "username")?.string == "admin")
        await server.close()
    }

    @Test func definitionsCanBeReadOnly() async throws {
        let server = try TestServer()
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        let list = try await server.ask("GET", path)
        #expect(list.node["items"]?.array?.count == ResourceType.all.count { $0.isCustom })
        let one = try await server.ask("GET", "\(path)/servicemeshpeers.federation.maistra.io")
        #expect(one.node["kind"]?.string == "CustomResourceDefinition")
        #expect(
            try await server.ask("DELETE", "\(path)/servicemeshpeers.federation.maistra.io").status == 405)
        #expect(try await server.ask("GET", "\(path)/none").status == 404)
        await server.close()
    }
}
