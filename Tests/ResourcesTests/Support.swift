import Bytes
import Document
import Foundation
import Resources
import Testing

/// What the tests of this room share.
enum Support {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let root = folder.deletingLastPathComponent().deletingLastPathComponent()

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
    }

    /// Parses YAML indented as the test likes.
    static func documents(_ text: String) throws -> [Node] {
        try YAML.parse(Array(text.utf8), file: "test.yaml")
    }

    static func resource(_ text: String) throws -> Resource {
        let nodes = try documents(text)
        return try Resource(reading: try #require(nodes.first))
    }

    static let registry: Result<SchemaRegistry, DocumentError> = Result { () throws(DocumentError) in
        try SchemaRegistry.embedded()
    }

    static func validate(_ text: String, _ mode: FieldValidation = .strict) throws -> ValidationResult {
        try registry.get().validate(try resource(text), mode: mode)
    }

    /// The causes of a manifest as `field: message`.
    static func causes(_ text: String, _ mode: FieldValidation = .warn) throws -> [String] {
        try validate(text, mode).causes.map(\.description)
    }

    /// A schema from YAML.
    static func schema(_ text: String) throws -> Schema {
        try Schema.read(try #require(try documents(text).first))
    }
}
