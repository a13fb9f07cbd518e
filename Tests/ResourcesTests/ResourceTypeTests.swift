import Document
import Resources
import Testing

@Suite struct ResourceTypeTests {
    @Test(arguments: [
        ("vs", "virtualservices.networking.istio.io"), ("svc", "services"), ("Service", "services"),
        ("servicemeshpeers.federation.maistra.io", "servicemeshpeers.federation.maistra.io"),
        ("ServiceMeshPeer", "servicemeshpeers.federation.maistra.io"),
        ("smmr", "servicemeshmemberrolls.maistra.io"), ("deploy", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"), ("pods.v1", "pods"), ("ep", "endpoints"),
        ("gateways", "gateways.networking.istio.io"),
        ("virtualservices.v1alpha3.networking.istio.io", "virtualservices.networking.istio.io"),
        ("crd", "customresourcedefinitions.apiextensions.k8s.io"),
    ])
    func findsTypesByWhatUsersWrite(_ name: String, _ expected: String) {
        #expect(ResourceType.find(name: name)?.qualifiedPlural == expected)
    }

    @Test(arguments: ["", "x", "services.apps", "virtualservices.v2.networking.istio.io", "maistra.io"])
    func knowsNothingElse(_ name: String) {
        #expect(ResourceType.find(name: name) == nil)
    }

    @Test func findsDocumentsInServedVersionsOnly() {
        #expect(
            ResourceType.find(apiVersion: "networking.istio.io/v1alpha3", kind: "VirtualService")
                == .virtualService)
        #expect(ResourceType.find(apiVersion: "networking.istio.io/v2", kind: "VirtualService") == nil)
        #expect(ResourceType.find(apiVersion: "v1", kind: "Deployment") == nil)
    }

    @Test func namesAreUnique() {
        let names = ResourceType.all.map(\.qualifiedPlural)
        #expect(Set(names).count == names.count)
        let short = ResourceType.all.flatMap(\.shortNames)
        #expect(Set(short).count == short.count)
    }

    @Test func agreesWithTheDefinitions() throws {
        let registry = try Support.registry.get()
        #expect(registry.definitions.count == ResourceType.all.filter(\.isCustom).count)
        for definition in registry.definitions {
            let spec = try #require(definition.spec)
            let kind = spec.at("names", "kind")?.string ?? ""
            let type = try #require(ResourceType.find(group: spec["group"]?.string ?? "", kind: kind))
            #expect(definition.name == type.qualifiedPlural)
            #expect(spec.at("names", "plural")?.string == type.plural)
            #expect(spec.at("names", "singular")?.string == type.singular)
            #expect(spec.at("names", "listKind")?.string == type.listKind)
            #expect((spec.at("names", "shortNames")?.strings ?? []) == type.shortNames)
            #expect((spec.at("names", "categories")?.strings ?? []) == type.categories)
            let versions = spec["versions"]?.array ?? []
            #expect(versions.compactMap { $0["name"]?.string } == type.versions)
            #expect(versions.filter { $0["storage"]?.bool == true }.count == 1)
            #expect(
                versions.allSatisfy { $0["served"]?.bool == true && $0.at("subresources", "status") != nil })
        }
    }
}
