import Document
import EnvoyConfig
import Testing

@Suite struct RefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var kind: ResourceKind
        var resource: Node
        var findings: [String]
    }

    static let cases: [Case] = {
        guard let table = try? FixtureFiles.json("refusals.json").array else { return [] }
        return table.compactMap { row in
            guard let name = row["name"]?.string,
                let kind = row["kind"]?.string.flatMap(ResourceKind.init(rawValue:)),
                let resource = row["resource"], let findings = row["findings"]?.array?.compactMap(\.string)
            else { return nil }
            return Case(testDescription: name, kind: kind, resource: resource, findings: findings)
        }
    }()

    @Test func theTableIsRead() throws {
        #expect(Self.cases.count == (try FixtureFiles.json("refusals.json").array?.count))
    }

    @Test(arguments: cases) func namesResourceFieldAndReason(_ row: Case) throws {
        var resource: Node = ["@type": Node(.string(row.kind.typeURL))]
        for member in row.resource.object?.members ?? [] { resource[member.key] = member.value }
        let answer: Node = ["version_info": "1", "resources": [resource]]
        let error = #expect(throws: ConfigError.self) {
            try DiscoveryResponse.read(answer, expecting: row.kind)
        }
        #expect(error?.findings.map(\.description) == row.findings)
    }

    @Test func answersHoldOnlyWhatWasAskedFor() throws {
        let routes = RouteConfiguration(name: "other", virtualHosts: []).anyNode
        let cluster = Cluster(name: "c", loadAssignment: .init(name: "c", endpoints: [])).anyNode
        let answer: Node = [
            "resources": [routes, routes, cluster], "type_url": Node(.string(Cluster.typeURL)),
        ]
        let error = #expect(throws: ConfigError.self) {
            try DiscoveryResponse.read(answer, expecting: .routes, names: ["dyn"])
        }
        #expect(
            error?.description
                == "DiscoveryResponse 'routes': type_url: must be \(RouteConfiguration.typeURL)"
                + "; RouteConfiguration 'other': name: was not asked for"
                + "; RouteConfiguration 'other': name: is given twice"
                + "; RouteConfiguration 'other': name: was not asked for"
                + "; Cluster 'c': @type: is not one of routes; Cluster 'c': name: was not asked for")
    }

    @Test func aggregatesNameClustersThatExistAndHaveEndpoints() throws {
        func bootstrap(_ clusters: [Cluster], isDynamic: Bool = false) throws -> Bootstrap {
            var bootstrap: Node = [
                "node": ["id": "n", "cluster": "c"],
                "static_resources": ["clusters": Node(.array(clusters.map(\.node)))],
            ]
            if isDynamic {
                bootstrap["dynamic_resources"] = [
                    "cds_config": [
                        "resource_api_version": "V3", "path_config_source": ["path": "./cds.json"],
                    ]
                ]
            }
            return try Bootstrap.read(bootstrap)
        }
        let late = Cluster(name: "whole", aggregate: ["later"])
        let unknown = #expect(throws: ConfigError.self) { _ = try bootstrap([late]) }
        #expect(unknown?.description == "Cluster 'whole': cluster_type: names an unknown cluster 'later'")
        #expect(try bootstrap([late], isDynamic: true).clusters == [late])
        let nested = #expect(throws: ConfigError.self) {
            _ = try bootstrap([late, Cluster(name: "more", aggregate: ["whole"])], isDynamic: true)
        }
        #expect(
            nested?.description == "Cluster 'more': cluster_type: must not name an aggregate cluster: 'whole'"
        )
    }

    @Test func twoListenersOnOneAddressAreRefused() throws {
        func listener(_ name: String) -> Node {
            Listener(
                name: name, address: Address("127.0.0.1", port: 80),
                filterChains: [
                    FilterChain(name: "c", filters: [.tcpProxy(TCPProxy(statPrefix: "s", cluster: "c"))])
                ]
            ).anyNode
        }
        let error = #expect(throws: ConfigError.self) {
            try DiscoveryResponse.read(["resources": [listener("a"), listener("b")]], expecting: .listeners)
        }
        #expect(error?.description == "Listener 'b': address: is the address of listener 'a'")
    }

    @Test func bootstrapRefusesUnknownClustersAndDuplicates() throws {
        var node = try FixtureFiles.json("gateway.json")
        let clusters = try #require(node.at("static_resources", "clusters")?.array)
        node["static_resources"]?["clusters"] = Node(.array(Array(clusters.dropFirst()) + [clusters[1]]))
        node["admin"]?["address"]?["socket_address"]?["address"] = "192.0.2.1"
        node["node"] = nil
        let error = #expect(throws: ConfigError.self) { try Bootstrap.read(node) }
        let lines = Set(error?.findings.map(\.description) ?? [])
        #expect(
            lines.contains("Listener 'front': route_config 'front' names an unknown cluster 'details-v1'"))
        #expect(lines.contains("Cluster 'details-v2': name: is given twice"))
        #expect(lines.contains("Bootstrap '': admin.address: must be a loopback address"))
        #expect(lines.contains("Bootstrap '': node.id: is required when anything is dynamic"))
    }

    @Test func findingsAreBounded() throws {
        let members = (0..<500).map { ("f\($0)", Node(.int(1))) }
        var node: Node = ["name": "a"]
        for (key, value) in members { node[key] = value }
        var reader = ConfigReader()
        _ = Cluster(reading: node, reader: &reader)
        #expect(reader.findings.count == ConfigReader.maxFindings + 1)
        #expect(reader.findings.last?.reason == "300 more faults are not listed")
    }

    @Test func rulesNestedTooDeepAreRefused() throws {
        var rule: Node = ["any": true]
        for _ in 0..<300 { rule = ["not_rule": rule] }
        var reader = ConfigReader()
        _ = Permission(reading: rule, reader: &reader)
        #expect(reader.findings.first?.reason == "is nested deeper than 100 messages")
    }

    @Test func requestsOfOtherImplementationsAreRead() throws {
        let node: Node = [
            "node": ["id": "n", "cluster": "c", "user_agent_name": "envoy", "extensions": [["name": "x"]]],
            "type_url": Node(.string(Cluster.typeURL)), "version_info": "3",
            "error_detail": ["code": 13, "message": "no"],
        ]
        let request = try DiscoveryRequest.read(node)
        #expect(request.identity.id == "n")
        #expect(ResourceKind(typeURL: request.typeURL) == .clusters)
        #expect(request.errorDetail?.message == "no")
        #expect(throws: ConfigError.self) { try DiscoveryRequest.read(["type_url": 3]) }
    }
}
