import Document
import Foundation

/// Files beside the tests.
enum FixtureFiles {
    static func json(_ name: String) throws -> Node {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
        return try JSON.parse([UInt8](try Data(contentsOf: file)), file: name)
    }
}
