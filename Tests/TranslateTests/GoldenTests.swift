import Document
import EnvoyConfig
import Foundation
import Testing
import Translate

@Suite struct GoldenTests {
    /// What is compared: the snapshot as it is delivered, the routes and the warnings.
    static func document(_ result: TranslateResult) -> Node {
        var node: Node = [:]
        node["warnings"] = Node(.array(result.warnings.map { Node(.string($0.description)) }))
        node["routes"] = Node(
            .array(
                result.routes.map { route in
                    let shares = route.destinations.map {
                        "\($0.host):\($0.port)/\($0.subset)@\($0.peer) \($0.weight)->\($0.effectiveWeight)"
                    }
                    return Node(
                        .string(
                            "\(route.gateway) \(route.host):\(route.port) \(route.name): \(shares) \(route.mirrors)"
                        ))
                }))
        var snapshot = result.snapshot.node
        snapshot["version"] = nil
        node["snapshot"] = snapshot
        return node
    }

    @Test(arguments: InputLoader.names) func translatesAsExpected(_ name: String) throws {
        let result = translate(try InputLoader.input(name))
        let text = JSON.serialize(Self.document(result), style: .pretty2) + "\n"
        let file = InputLoader.folder.appending(path: "\(name)/expected.json")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(text == expected, "\(name): run with UPDATE_GOLDEN=1 and read the diff")
    }

    @Test(arguments: InputLoader.names) func orderOfInputNeverMatters(_ name: String) throws {
        let result = translate(try InputLoader.input(name))
        for _ in 0..<5 {
            #expect(translate(try InputLoader.input(name, shuffled: true)) == result)
        }
    }

    @Test(arguments: InputLoader.names) func everyResourceReadsStrictly(_ name: String) throws {
        let snapshot = translate(try InputLoader.input(name)).snapshot
        #expect(try Snapshot.read(JSON.parse(JSON.bytes(snapshot.node))) == snapshot)
        for kind in ResourceKind.allCases {
            let response = DiscoveryResponse(
                versionInfo: "1", kind: kind, resources: snapshot.resources(of: kind))
            #expect(try DiscoveryResponse.read(response.node, expecting: kind) == response)
        }
        let inline = translate(try InputLoader.input(name, delivery: .inline)).snapshot
        #expect(inline.routes.isEmpty && inline.endpoints.isEmpty)
        let bootstrap = inline.staticBootstrap(identity: NodeIdentity(id: "n", cluster: "n"))
        #expect(try Bootstrap.read(bootstrap.node) == bootstrap)
    }
}
