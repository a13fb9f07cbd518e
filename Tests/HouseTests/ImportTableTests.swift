import Foundation
import Testing

/// The direction of imports: every room may import what its row names and nothing else.
@Suite struct ImportTableTests {
    static let system: Set<String> = ["Swift", "Synchronization", "_Concurrency"]

    static let table: [String: Set<String>] = [
        "Bytes": [],
        "Document": ["CYAML", "Bytes"],
        "TLS": ["COpenSSL", "Bytes"],
        "HTTPCodec": ["Bytes"],
        "Reactor": ["CSystem", "Glibc", "Bytes"],
        "HTTPService": ["TLS", "HTTPCodec", "Reactor", "Bytes"],
        "Resources": ["Document", "Bytes"],
        "Trust": ["Resources", "TLS", "Document", "Bytes"],
        "Federation": ["Resources", "Document", "Bytes"],
        "EnvoyConfig": ["Document", "Bytes"],
        "Translate": ["Resources", "Trust", "Federation", "EnvoyConfig", "Bytes"],
        "APIServer": ["HTTPService", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"],
        "KubernetesClient": ["HTTPService", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"],
        "Discovery": [
            "HTTPService", "Federation", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes",
        ],
        "XDS": ["HTTPService", "EnvoyConfig", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"],
        "Controller": [
            "HTTPService", "Resources", "Trust", "Federation", "Translate", "EnvoyConfig", "Discovery", "XDS",
            "TLS", "Reactor", "Document", "Bytes",
        ],
        "Gateway": ["EnvoyConfig", "XDS", "HTTPCodec", "TLS", "Reactor", "Bytes"],
    ]

    /// Modules that exist but that nothing which ships may import.
    static let banned: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch",
    ]

    @Test func everyRoomImportsOnlyWhatItsRowAllows() throws {
        for (room, allowed) in Self.table.sorted(by: { $0.key < $1.key }) {
            for file in try House.swiftFiles(under: "Sources/\(room)") {
                for module in try House.imports(of: file) where !Self.system.contains(module) {
                    #expect(
                        allowed.contains(module),
                        "\(file): room \(room) may not import \(module); allowed: \(allowed.sorted())")
                }
            }
        }
    }

    @Test func everySourceFolderHasARow() throws {
        let rooms = try FileManager.default.contentsOfDirectory(atPath: House.root + "/Sources")
            .filter { !$0.hasPrefix("C") || Self.table[$0] != nil }
        for room in rooms where room != "hanse" {
            #expect(Self.table[room] != nil, "Sources/\(room) has no row in the import table")
        }
    }

    @Test func nothingThatShipsImportsFoundation() throws {
        for file in try House.swiftFiles(under: "Sources") + House.swiftFiles(under: "samples") {
            let found = Set(try House.imports(of: file)).intersection(Self.banned)
            #expect(found.isEmpty, "\(file) imports \(found.sorted())")
        }
    }

    @Test func uncheckedSendableStaysRare() throws {
        var places: [String] = []
        for file in try House.swiftFiles(under: "Sources") {
            let lines = try House.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated()
            where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") { continue }
                places.append("\(file):\(index + 1)")
            }
        }
        let outside = places.filter { !$0.hasPrefix("Sources/Reactor/") && !$0.hasPrefix("Sources/TLS/") }
        #expect(outside.isEmpty, "unchecked sendability lives in Reactor and TLS only: \(outside)")
        #expect(places.count <= 10, "too many unchecked places: \(places)")
    }
}

/// The tree these tests look at.
enum House {
    static let root: String = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static func swiftFiles(under folder: String) throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: root + "/" + folder) else { return [] }
        return walk.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map { folder + "/" + $0 }
            .sorted()
    }

    static func text(of file: String) throws -> String {
        try String(contentsOfFile: root + "/" + file, encoding: .utf8)
    }

    static func imports(of file: String) throws -> [String] {
        try text(of: file).split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first,
                ["public", "internal", "private", "fileprivate", "package", "@testable"].contains(first)
                    || first.hasPrefix("@")
            {
                words.removeFirst()
            }
            guard words.count >= 2, words[0] == "import" else { return nil }
            let name =
                ["struct", "class", "enum", "func", "protocol", "var", "let"].contains(words[1])
                ? words.dropFirst(2).first : words[1]
            return name.flatMap { $0.split(separator: ".").first.map(String.init) }
        }
    }
}
