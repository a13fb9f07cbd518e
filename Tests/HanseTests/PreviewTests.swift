import Document
import Foundation
import Testing

@testable import hanse

@Suite struct PreviewTests {
    static let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "samples/bookinfo").path

    /// A folder of files that lives as long as the test.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "hanse-preview-\(UUID().uuidString)")

        init(_ files: [String: String]) throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, text) in files { try Data(text.utf8).write(to: url.appending(path: name)) }
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        func path(_ name: String) -> String { url.appending(path: name).path }
    }

    static let list = """
        {"services": [
          {"name": "details", "namespace": "bookinfo", "hostname": "details.bookinfo.svc.lubeck-exports.local",
           "servicePorts": [{"name": "http", "port": 9080, "protocol": "HTTP"}],
           "serviceAccounts": ["spiffe://bergen.local/ns/bergen-mesh/sa/lubeck-ingress-service-account"]},
          {"name": "ratings", "namespace": "bookinfo", "hostname": "ratings.bookinfo.svc.lubeck-exports.local",
           "servicePorts": [{"name": "http", "port": 9080, "protocol": "HTTP"}], "serviceAccounts": []}]}
        """

    static func lubeck(_ folder: Folder) throws -> Preview {
        let names = [
            "mesh", "bookinfo", "peer-bergen", "peer-riga", "import-bergen", "import-riga", "details-split",
            "gateway",
        ]
        return try PreviewCommand.make(
            names.map { "\(samples)/lubeck/\($0).yaml" }, peerFiles: ["bergen": folder.path("bergen.json")])
    }

    @Test func everyServiceOfAPeersListIsListedWithItsLocalName() throws {
        let folder = try Folder(["bergen.json": Self.list])
        let imports = try #require(try Self.lubeck(folder).node["imports"]?.array)
        #expect(
            imports.map { $0["exportedName"]?.string } == [
                "details.bookinfo.svc.lubeck-exports.local", "ratings.bookinfo.svc.lubeck-exports.local",
            ])
        #expect(
            imports[0].at("localService", "hostname")?.string
                == "details-v2.bookinfo.svc.bergen-imports.local")
        #expect(imports[1].at("localService", "hostname")?.string == "")
    }

    @Test func routesTellWhereCallsGo() throws {
        let folder = try Folder(["bergen.json": Self.list])
        let routes = try #require(try Self.lubeck(folder).node["routes"]?.array)
        let details = try #require(routes.first { $0["virtualService"]?.string == "bookinfo/details" })
        let destinations = try #require(details["destinations"]?.array)
        #expect(destinations.map { $0["weight"]?.int } == [60, 20, 20])
        #expect(destinations.map { $0["peer"]?.string } == ["", "bergen", ""])
        #expect(!routes.contains { $0["host"]?.string?.contains("gateway") == true })
    }

    @Test func exportsFollowTheSets() throws {
        let preview = try PreviewCommand.make(["\(Self.samples)/bergen"])
        #expect(
            preview.node["exports"] == [
                [
                    "peer": "lubeck",
                    "localService": [
                        "name": "details", "namespace": "bookinfo",
                        "hostname": "details.bookinfo.svc.cluster.local",
                    ], "exportedName": "details.bookinfo.svc.lubeck-exports.local",
                ]
            ])
    }

    @Test func setsAloneAreEnough() throws {
        let folder = try Folder([
            "set.yaml": """
            apiVersion: federation.maistra.io/v1
            kind: ExportedServiceSet
            metadata: {name: west, namespace: mesh}
            spec:
              exportRules:
                - type: NameSelector
                  nameSelector: {namespace: shop}
                  colour: blue
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: cart, namespace: shop}
            spec: {ports: [{name: http, port: 80}]}
            ---
            apiVersion: example.com/v1
            kind: Unknown
            metadata: {name: x}
            """
        ])
        let node = try PreviewCommand.make([folder.url.path]).node
        #expect(node.at("exports")?[0]?["exportedName"]?.string == "cart.shop.svc.west-exports.local")
        let warnings = try #require(node["warnings"]?.array)
        #expect(
            warnings.contains {
                $0["object"]?.string == "ExportedServiceSet mesh/west"
                    && $0["path"]?.string == "spec.exportRules[0].colour"
                    && $0["message"]?.string == "unknown field"
            })
        #expect(warnings.contains { $0["object"]?.string == "ServiceMeshPeer mesh/west" })
        #expect(warnings.contains { $0["message"]?.string?.contains("passed over") == true })
        #expect(warnings.count == 3, "\(warnings)")
    }

    @Test func faultsNameFileLineAndField() throws {
        let folder = try Folder([
            "a.yaml": """
            apiVersion: v1
            kind: Service
            metadata: {name: cart, namespace: shop}
            spec:
              ports:
                - {name: http, port: 99999}
            """,
            "b.yaml": "a: [",
        ])
        let error = #expect(throws: PreviewError.self) {
            try PreviewCommand.make([folder.path("a.yaml"), folder.path("b.yaml"), folder.path("c.yaml")])
        }
        let lines = try #require(error?.lines)
        #expect(
            lines.contains {
                $0.hasPrefix(folder.path("a.yaml") + ":6:") && $0.contains("spec.ports[0].port")
            })
        #expect(lines.contains { $0.hasPrefix(folder.path("b.yaml") + ":") })
        #expect(lines.contains { $0 == folder.path("c.yaml") + ": does not exist" })
    }

    @Test func previewsAreTheSameEveryTime() throws {
        let folder = try Folder(["bergen.json": Self.list])
        let first = try Self.lubeck(folder)
        for _ in 0..<3 {
            let again = try Self.lubeck(folder)
            #expect(JSON.serialize(again.bootstrap) == JSON.serialize(first.bootstrap))
            #expect(again.tables == first.tables)
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["HANSE_ENVOY"] != nil))
    func envoyAcceptsThePreviewedBootstrap() throws {
        let folder = try Folder(["bergen.json": Self.list])
        for preview in [try Self.lubeck(folder), try PreviewCommand.make(["\(Self.samples)/bergen"])] {
            try Data(JSON.bytes(preview.bootstrap)).write(to: folder.url.appending(path: "bootstrap.json"))
            let process = Process()
            process.executableURL = URL(filePath: ProcessInfo.processInfo.environment["HANSE_ENVOY"] ?? "")
            process.arguments = [
                "--mode", "validate", "-c", folder.path("bootstrap.json"), "--log-level", "error",
            ]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
    }
}
