import Document
import Foundation
import Resources
import Testing

/// Manifests shaped like those published for this federation API, quirks included.
@Suite struct WalkthroughTests {
    static func resources(_ file: String) throws -> [Resource] {
        let path = "Tests/ResourcesTests/Fixtures/walkthrough/\(file)"
        return try YAML.parse(try Support.bytes(path), file: file).map { try Resource(reading: $0) }
    }

    static func only(_ file: String) throws -> Resource {
        let resources = try resources(file)
        #expect(resources.count == 1)
        return try #require(resources.first)
    }

    @Test func everyManifestAppliesStrictlyAndUnchanged() throws {
        let registry = try Support.registry.get()
        let folder = Support.folder.appendingPathComponent("Fixtures/walkthrough").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count >= 8)
        for file in files {
            for resource in try Self.resources(file) {
                let result = registry.validate(resource, mode: .strict)
                #expect(result.error == nil, "\(file): \(result.error?.message ?? "")")
                #expect(result.resource == resource, "\(file): \(resource.displayName) changed")
                let expected =
                    file == "bergen-ess-lubeck.yaml"
                    ? ["spec.exportRules[0].labelSelector.alias is deprecated: has no effect; use aliases."]
                    : []
                #expect(result.warnings == expected, "\(file)")
            }
        }
    }

    @Test func readsTheControlPlane() throws {
        let spec = MeshControlPlaneSpec(try Self.only("lubeck-smcp.yaml"))
        #expect(spec.clusterName == "LUBECK-prod-cluster")
        #expect(spec.trustDomain?.name == "lubeck-prod-mesh.local")
        #expect(spec.version == "v2.3")
        #expect(spec.accessLogFile == "/dev/stdout")
        #expect(!spec.requiresMutualTLS)
        #expect(spec.ingress.isEnabled && spec.ingress.name == "istio-ingressgateway")
        #expect(
            spec.additionalGateways.map(\.name) == [
                "bergen-stg-ingress", "visby-dev-ingress", "bergen-stg-egress", "visby-dev-egress",
            ])
        let ingress = spec.additionalGateways[0]
        #expect(ingress.direction == .ingress && ingress.serviceType == "LoadBalancer")
        #expect(ingress.ports.map(\.port) == [15443, 8188])
        #expect(ingress.ports.map(\.name) == ["tls", "https-discovery"])
        #expect(ingress.serviceLabels["federation.maistra.io/ingress-for"] == "bergen-stg-mesh")
        #expect(ingress.serviceAccountName == "bergen-stg-ingress-service-account")
        #expect(spec.additionalGateways[2].requestedNetworkView == ["network-bergen-stg-mesh"])
    }

    @Test func readsPeersWithAndWithoutSchemeAndDefaults() throws {
        let long = ServiceMeshPeerSpec(try Self.only("lubeck-smp-bergen.yaml"))
        #expect(long.addresses == ["bergen-stg-ingress-url"])
        #expect(long.trustDomain?.name == "bergen-stg-mesh.local")
        #expect(long.clientID?.spiffeID.serviceAccount == "lubeck-prod-egress-service-account")
        #expect(long.rootConfigMapName(peer: "bergen-stg-mesh") == "bergen-stg-mesh-ca-root-cert")
        let short = ServiceMeshPeerSpec(try Self.only("bergen-remote-address.yaml"))
        #expect((short.discoveryPort, short.servicePort) == (8188, 15443))
        #expect(short.clientID?.spiffeID.trustDomain.name == "lubeck-prod-mesh.local")
        #expect(short.certificateChain == nil)
        #expect(short.rootConfigMapName(peer: "x") == "x-ca-root-cert")
    }

    @Test func ignoresTheMisspeltAlias() throws {
        let spec = ExportedServiceSetSpec(try Self.only("bergen-ess-lubeck.yaml"))
        #expect(
            spec.rules == [
                .label(
                    .init(
                        namespace: "stg-bookinfo", selector: LabelSelector(matchLabels: ["app": "details"]),
                        aliases: [])),
                .name(NameSelector(namespace: "stg-bookinfo", name: "reviews")),
            ])
    }

    @Test func readsImports() throws {
        let spec = ImportedServiceSetSpec(try Self.only("lubeck-iss-bergen.yaml"))
        let alias = NameSelector.Alias(namespace: "prod-bookinfo", name: "details-v2")
        #expect(
            spec.rules == [
                .name(.init(selector: NameSelector(namespace: "stg-bookinfo", name: "details", alias: alias)))
            ])
        #expect(spec.locality == nil && spec.domainSuffix.isEmpty)
    }

    @Test func readsSplitsAndMirrors() throws {
        let routes = try Self.resources("lubeck-routes.yaml").map { VirtualServiceSpec($0) }
        #expect(routes.count == 2)
        #expect(routes[0].http[0].destinations.map(\.weight) == [60, 20, 20])
        #expect(routes[0].http[0].destinations.map(\.destination.subset) == ["v1", "", ""])
        #expect(routes[0].appliesToMesh)
        let mirror = try #require(routes[1].http[0].mirrors.first)
        #expect(mirror.destination.host == "details-v2.prod-bookinfo.svc.bergen-stg-mesh-imports.local")
        #expect(mirror.percent == 100)
    }

    @Test func readsTheApplication() throws {
        let all = try Self.resources("lubeck-bookinfo.yaml")
        #expect(
            all.map(\.type) == [
                .service, .serviceAccount, .deployment, .gateway, .virtualService, .destinationRule,
            ])
        let service = ServiceSpec(all[0])
        #expect(service.ports.map(\.applicationProtocol) == [.http])
        #expect(service.ports.first?.targetNumber == 9080)
        let gateway = IstioGatewaySpec(all[3])
        #expect(gateway.selector == ["istio": "ingressgateway"] && gateway.servers.first?.hosts == ["*"])
        let routes = VirtualServiceSpec(all[4])
        #expect(!routes.appliesToMesh && routes.gateways == ["bookinfo-gateway"])
        #expect(
            routes.http[0].matches.map(\.uri) == [
                .exact("/productpage"), .prefix("/static"), .regex("/api/v1/products/[0-9]+"),
            ])
        #expect(routes.http[0].destinations[0].destination.port == 9080)
        #expect(routes.http[0].destinations[0].weight == nil)
        #expect(DestinationRuleSpec(all[5]).subset("v2")?.labels == ["version": "v2"])
    }
}
