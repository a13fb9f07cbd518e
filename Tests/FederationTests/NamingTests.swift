import Bytes
import Document
import Federation
import Foundation
import Resources
import Testing

/// One case of `Fixtures/naming.json`; `row` is the rule of the naming table it belongs to.
struct NamingCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Service: Decodable {
        var namespace: String
        var name: String
        var labels: [String: String]?
    }

    var row: Int
    var name: String
    var peer: String?
    var clusterDomain: String?
    var services: [Service]?
    var expect: [String]
    var warnings: [String]?
    /// The spec of either set, as the manifest has it.
    var spec: Node?
    var isImport = false

    enum CodingKeys: String, CodingKey {
        case row, name, peer, clusterDomain, services, expect, warnings
    }

    var testDescription: String { "row \(row): \(name)" }

    static let all: [NamingCase] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/naming.json")
        guard let data = try? Data(contentsOf: file),
            var cases = try? JSONDecoder().decode([NamingCase].self, from: data),
            let nodes = (try? JSON.parse(Array(data)))?.array
        else { return [] }
        for (index, node) in nodes.enumerated() {
            if let rules = node["exportRules"] { cases[index].spec = ["exportRules": rules] }
            if let spec = node["import"] {
                cases[index].spec = spec
                cases[index].isImport = true
            }
        }
        return cases
    }()

    static let bookinfo = [
        Service(namespace: "bookinfo", name: "ratings", labels: ["app": "ratings", "tier": "be"]),
        Service(
            namespace: "bookinfo", name: "reviews",
            labels: ["app": "reviews", "tier": "fe", "export": "true"]),
        Service(namespace: "other", name: "ratings", labels: ["app": "ratings"]),
        Service(namespace: "db", name: "mongodb"),
    ]

    var localServices: [LocalService] {
        (services ?? Self.bookinfo).map {
            LocalService(
                name: $0.name, namespace: $0.namespace,
                hostname: "\($0.name).\($0.namespace).svc.cluster.local", labels: $0.labels ?? [:])
        }
    }

    var messages: [ServiceMessage] {
        (services ?? Self.bookinfo).map {
            ServiceMessage(
                name: $0.name, namespace: $0.namespace,
                hostname: "\($0.name).\($0.namespace).svc.mesh2-exports.local")
        }
    }

    func resource(_ type: ResourceType) -> Resource? {
        spec.map {
            Resource(
                type: type,
                node: [
                    "apiVersion": Node(type.apiVersion), "kind": Node(type.kind),
                    "metadata": ["name": "mesh", "namespace": "mesh"], "spec": $0,
                ])
        }
    }
}

@Suite struct NamingTests {
    @Test func tableHasEveryRow() {
        #expect(Set(NamingCase.all.map(\.row)) == Set(1...45))
    }

    @Test(arguments: NamingCase.all) func namesAsTheTableSays(_ row: NamingCase) {
        let warnings: [FederationWarning]
        let names: [String]
        if row.isImport {
            let result = importedServices(
                peer: row.peer ?? "mesh1",
                set: row.resource(.importedServiceSet).map { ImportedServiceSetSpec($0) },
                list: row.messages, clusterDomain: row.clusterDomain ?? "cluster.local")
            names = result.imports.compactMap { $0.localName?.hostname }
            warnings = result.warnings
            #expect(result.imports.count == row.messages.count)
        } else {
            let result = exportedServices(
                peer: row.peer ?? "mesh2",
                set: row.resource(.exportedServiceSet).map { ExportedServiceSetSpec($0) },
                services: row.localServices, context: ExportContext(controlPlaneNamespace: "mesh"))
            names = result.exports.map(\.exportedHostname)
            warnings = result.warnings
            #expect(result.exports.allSatisfy { $0.message.hostname == $0.exportedHostname })
        }
        #expect(names.sorted() == row.expect.sorted())
        let expected = row.warnings ?? []
        #expect(warnings.count == expected.count, "\(warnings)")
        for (warning, text) in zip(warnings, expected) {
            #expect(warning.description.contains(text), "\(warning)")
        }
    }
}
