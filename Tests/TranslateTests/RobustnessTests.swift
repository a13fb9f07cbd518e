import Document
import EnvoyConfig
import Resources
import Testing
import Translate

/// What one author gets wrong never keeps the others' configuration out.
@Suite struct RobustnessTests {
    static let services = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: web, namespace: shop}
        spec: {address: ADDRESS, labels: {app: web}}
        ---
        """

    static func translated(_ yaml: String, address: String = "127.0.0.9") throws -> TranslateResult {
        let text = services.replacing("ADDRESS", with: address) + "\n" + yaml
        let resources = try YAML.parse([UInt8](text.utf8)).map { try Resource(reading: $0) }
        var input = try InputLoader.input("http")
        input.registry = .build(resources)
        input.virtualServices = resources.filter { $0.type == .virtualService }
            .map { MeshObject<VirtualServiceSpec>($0) }
        input.destinationRules = resources.filter { $0.type == .destinationRule }
            .map { MeshObject<DestinationRuleSpec>($0) }
        let result = translate(input)
        for kind in ResourceKind.allCases {
            let answer = DiscoveryResponse(
                versionInfo: "1", kind: kind, resources: result.snapshot.resources(of: kind))
            _ = try DiscoveryResponse.read(answer.node, expecting: kind)
        }
        return result
    }

    static func route(_ fields: String) -> String {
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: web, namespace: shop}
        spec:
          hosts: [web]
          http:
            - route: [{destination: {host: web}}]
              \(fields)
        """
    }

    @Test(arguments: [
        "rewrite: {uriRegexRewrite: {match: \"/(a)\", rewrite: \"\\\\9\"}}",
        "match: [{queryParams: {\"\": {exact: x}}}]",
        "match: [{headers: {\"a b\": {exact: x}}}]",
        "match: [{uri: {regex: \"[\"}}]",
        "headers: {request: {set: {\":path\": /x}}}",
        "fault: {abort: {httpStatus: 9999, percentage: {value: 100}}}",
        "redirect: {redirectCode: 200}",
    ]) func aBadRouteIsLeftOutWithAWarning(_ fields: String) throws {
        let result = try Self.translated(Self.route(fields))
        if !fields.hasPrefix("fault") { #expect(!result.warnings.isEmpty) }
    }

    @Test func hostNamesOfWorkloadsAreLookedUp() throws {
        let result = try Self.translated("", address: "web.internal")
        let cluster = try #require(result.snapshot.clusters.first { $0.name.hasPrefix("outbound|80|") })
        #expect(cluster.type == .strictDNS)
        #expect(cluster.loadAssignment?.endpoints[0].lbEndpoints[0].address.address == "web.internal")
    }

    @Test func otherAddressesAreNotUsed() throws {
        let result = try Self.translated("", address: "\"unix:///run/web.sock\"")
        #expect(result.warnings.contains { $0.object == "Service shop/web" })
    }

    @Test func hostsThatAreNoneAreNotServed() throws {
        let result = try Self.translated(
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: e, namespace: shop}
            spec: {hosts: ["a*b", "OK.example"], ports: [{number: 80, name: http, protocol: HTTP}]}
            """)
        #expect(result.warnings.map(\.object) == ["ServiceEntry shop/e"])
        #expect(result.routes.map(\.host).contains("ok.example"))
    }

    @Test func ringSizesAreBounded() throws {
        let result = try Self.translated(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: web, namespace: shop}
            spec:
              host: web
              trafficPolicy:
                loadBalancer: {consistentHash: {httpHeaderName: x, minimumRingSize: 99999999999}}
            """)
        #expect(result.snapshot.clusters.contains { $0.minimumRingSize == 8_388_608 })
    }

    /// A text that would end a line on the wire is named by the tenant's own field.
    @Test(arguments: [
        ("rewrite: {uri: \"/a\\r\\nx: y\"}", "spec.http[0].rewrite.uri"),
        ("rewrite: {uri: \"/a b\"}", "spec.http[0].rewrite.uri"),
        ("rewrite: {authority: \"a\\nb\"}", "spec.http[0].rewrite.authority"),
        (
            "rewrite: {uriRegexRewrite: {match: /a, rewrite: \"/b\\0\"}}",
            "spec.http[0].rewrite.uriRegexRewrite.rewrite"
        ),
        ("redirect: {uri: \"/a\\r\\nx: y\"}", "spec.http[0].redirect.uri"),
        ("redirect: {authority: \"a\\r\\nx: y\"}", "spec.http[0].redirect.authority"),
        ("corsPolicy: {allowMethods: [\"GET\\r\\nx: y\"]}", "spec.http[0].corsPolicy.allowMethods"),
        ("corsPolicy: {allowHeaders: [\"a\\nb\"]}", "spec.http[0].corsPolicy.allowHeaders"),
        ("corsPolicy: {exposeHeaders: [\"a\\0b\"]}", "spec.http[0].corsPolicy.exposeHeaders"),
        ("headers: {request: {set: {host: \"a\\nb\"}}}", "spec.http[0].rewrite.authority"),
    ]) func routesThatWouldEndALineAnswer503(_ fields: String, _ path: String) throws {
        let result = try Self.translated(Self.route(fields))
        let warning = try #require(result.warnings.first)
        #expect(warning.path == path)
        #expect(warning.message.contains("allowed: printable"))
        #expect(warning.message.hasSuffix("the route answers 503"))
        let routes = result.snapshot.routes.flatMap(\.virtualHosts).flatMap(\.routes)
        let answers = routes.compactMap { route in
            if case .directResponse(let response) = route.action { response.status } else { nil }
        }
        #expect(answers.contains(503))
    }

    @Test(arguments: [
        ("name: \"a\\r\\nb\"", "spec.http[0].name"),
        ("headers: {response: {set: {x-a: \"a\\x7fb\"}}}", "spec.http[0].headers.response.set"),
        ("mirror: {host: \"a\\nb\"}", "spec.http[0].mirror[0]"),
        ("mirror: {host: web, subset: \"a\\nb\"}", "spec.http[0].mirror[0]"),
    ]) func otherTextsAreLeftOutWithAWarning(_ fields: String, _ path: String) throws {
        let result = try Self.translated(Self.route(fields))
        #expect(result.warnings.map(\.path).contains(path))
    }

    @Test func subsetsAndHashedHeadersThatAreNoNamesAreLeftOut() throws {
        let result = try Self.translated(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: web, namespace: shop}
            spec:
              host: web
              trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: "x\\r\\ny"}}}
              subsets: [{name: "v1\\nv2", labels: {version: v1}}]
            """)
        #expect(
            Set(result.warnings.map(\.path)) == [
                "spec.subsets[0].name", "spec.trafficPolicy.loadBalancer.consistentHash.httpHeaderName",
            ])
        #expect(!result.snapshot.clusters.contains { $0.lbPolicy == .ringHash })
    }
}
