import Bytes
import Document
import Resources
import Testing

@testable import APIServer

/// What `kubectl get` prints.
@Suite struct TableTests {
    @Test(
        arguments: [
            (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"), (10_799, "179m"), (10_800, "3h"), (11_100, "3h5m"), (28_799, "7h59m"),
            (28_800, "8h"),
            (172_799, "47h"), (172_800, "2d"), (180_000, "2d2h"), (691_199, "7d23h"), (691_200, "8d"),
            (63_071_999, "729d"), (63_072_000, "2y"), (66_000_000, "2y33d"), (252_288_000, "8y"),
        ] as [(Int64, String)]) func agesAreShort(seconds: Int64, text: String)
    {
        #expect(AgeText.text(seconds: seconds) == text)
    }

    @Test func anUnreadableTimeIsUnknown() {
        #expect(AgeText.text(since: nil, now: TestServer.now) == "<unknown>")
        #expect(AgeText.text(since: "yesterday", now: TestServer.now) == "<unknown>")
    }

    static let object: Node = [
        "metadata": ["name": "x"],
        "spec": ["hosts": ["a", "b"], "n": 5],
        "status": [
            "conditions": [["type": "Ready", "status": "True"], ["type": "Other", "status": "False"]]
        ],
    ]

    @Test(arguments: [
        (".metadata.name", "\"x\""), (".spec.hosts", "[\"a\",\"b\"]"), (".spec.hosts[1]", "\"b\""),
        (".spec.hosts[-1]", "\"b\""), (".spec.n", "5"), (".spec['n']", "5"), (".spec.hosts[*]", "\"a\""),
        (".status.conditions[?(@.type==\"Ready\")].status", "\"True\""),
        (".status.conditions[?(@.type=='Other')].status", "\"False\""), (".spec.none", "-"),
        (".spec.hosts[9]", "-"),
        (".status.conditions[?(@.type==\"None\")].status", "-"),
    ]) func columnPathsRead(path: String, value: String) throws {
        let path = try #require(ColumnPath(path))
        #expect(path.first(in: Self.object).map { JSON.serialize($0) } ?? "-" == value)
    }

    @Test(arguments: ["", "a", ".a[", ".a[?(@.b>1)]", ".a[1:2]", "..a", ".a[x]"])
    func otherPathsAreNotUnderstood(path: String) {
        #expect(ColumnPath(path) == nil)
    }

    func cells(_ kind: String, _ json: String) throws -> [String] {
        let table = Table(kind: kind).node(
            of: [try JSON.parse(json)], metadata: [:], include: .none, now: TestServer.now)
        let cells = try #require(table["rows"]?[0]?["cells"]?.array)
        return cells.map { $0.string ?? JSON.serialize($0) }
    }

    @Test func servicesShowTheirPortsAndAddresses() throws {
        let created = (TestServer.now - .seconds(90)).rfc3339
        let text = """
            {"metadata":{"name":"web","creationTimestamp":"\(created)"},"spec":{"type":"LoadBalancer",
            "clusterIP":"127.0.1.3","ports":[{"port":80,"protocol":"TCP"},{"port":443,"nodePort":30443}],
            "selector":{"b":"2","a":"1"}},"status":{"loadBalancer":{"ingress":[{"ip":"127.0.1.3"}]}}}
            """
        #expect(
            try cells("Service", text) == [
                "web", "LoadBalancer", "127.0.1.3", "127.0.1.3", "80/TCP,443:30443/TCP", "90s", "a=1,b=2",
            ])
        let pending = text.replacing(#"[{"ip":"127.0.1.3"}]"#, with: "[]")
        #expect(try cells("Service", pending)[3] == "<pending>")
    }

    @Test func longListsAreCutShort() throws {
        let addresses = (1...5).map { #"{"ip":"10.0.0.\#($0)"}"# }.joined(separator: ",")
        let text =
            #"{"metadata":{"name":"e"},"subsets":[{"addresses":[\#(addresses)],"ports":[{"port":80}]}]}"#
        #expect(try cells("Endpoints", text)[1] == "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...")
        #expect(try cells("Endpoints", #"{"metadata":{"name":"e"}}"#)[1] == "<none>")
    }

    @Test func customColumnsComeFromTheDefinition() throws {
        let schemas = try #require(TestServer.schemas)
        let columns = schemas.printerColumns(for: .virtualService, version: "v1")
        let table = Table(printerColumns: columns)
        #expect(table.columns.map(\.name).first == "Name")
        #expect(table.columns.map(\.name).contains("Age"))
        #expect(table.columns.count { $0.name == "Age" } == 1)
        let node = table.node(of: [Self.object], metadata: [:], include: .metadata, now: TestServer.now)
        #expect(node["rows"]?[0]?["object"]?["kind"]?.string == "PartialObjectMetadata")
        #expect(node["rows"]?[0]?["cells"]?.array?.count == table.columns.count)
    }

    @Test func definitionsAreSentOnce() {
        let table = Table(kind: "ConfigMap")
        let first = table.node(of: [], metadata: [:], include: .none, now: TestServer.now)
        let next = table.node(
            of: [], metadata: [:], include: .none, now: TestServer.now, withDefinitions: false)
        #expect(first["columnDefinitions"]?.array?.count == 3)
        #expect(next["columnDefinitions"]?.isNull == true)
    }
}
