import Document
import Foundation
import Resources
import Testing

@Suite struct EmbeddedCRDTests {
    @Test func embeddedTextsAreTheChartsFiles() throws {
        let folder = "charts/hanse/crds"
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Support.root.appendingPathComponent(folder).path
        ).sorted()
        #expect(files.count == EmbeddedCRDs.all.count)
        for (file, (name, text)) in zip(files, EmbeddedCRDs.all) {
            let plain = try String(decoding: Support.bytes("\(folder)/\(file)"), as: UTF8.self)
            #expect(text + "\n" == plain, "\(name): run Tests/tools/embed-crds.sh")
            #expect(file.hasSuffix("_\(name).yaml"))
        }
    }

    @Test func everyFieldIsDescribed() throws {
        func check(_ schema: Schema, _ path: String) {
            for property in schema.properties where path != "" || property.name != "metadata" {
                let path = "\(path).\(property.name)"
                #expect(!property.schema.description.isEmpty, "\(path) has no description")
                check(property.schema, path)
            }
            if let items = schema.items { check(items, path + "[]") }
            if let additional = schema.additional { check(additional, path + ".*") }
        }
        let registry = try Support.registry.get()
        for type in ResourceType.all where type.isCustom {
            check(try #require(registry.schema(for: type)), "")
        }
    }

    @Test func everyVersionHasASchemaAndColumns() throws {
        let registry = try Support.registry.get()
        for type in ResourceType.all where type.isCustom {
            for version in type.versions {
                #expect(registry.schema(for: type, version: version) != nil)
                #expect(registry.openAPI(for: type, version: version)?["type"]?.string == "object")
                #expect(registry.printerColumns(for: type, version: version).contains { $0.type == "date" })
            }
        }
    }

    @Test func columnsAreTheOnesPeopleKnow() throws {
        let registry = try Support.registry.get()
        #expect(
            registry.printerColumns(for: .serviceMeshMemberRoll).map(\.name) == [
                "Ready", "Status", "Age", "Members",
            ])
        #expect(
            registry.printerColumns(for: .virtualService).map(\.jsonPath) == [
                ".spec.gateways", ".spec.hosts", ".metadata.creationTimestamp",
            ])
    }
}
