import Foundation
import Testing

/// What the tree promises a newcomer.
@Suite struct LayoutTests {
    @Test func topLevelHoldsOnlyWhatIsAgreed() throws {
        let agreed: Set<String> = [
            "Package.swift", "Sources", "Tests", "samples", "charts", "README.md", "LICENSE", "CHANGELOG.md",
            "CONTRIBUTING.md", "SECURITY.md",
        ]
        let found = try FileManager.default.contentsOfDirectory(atPath: House.root)
            .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
        #expect(Set(found).subtracting(agreed).isEmpty)
        #expect(agreed.subtracting(found).isEmpty)
    }

    @Test func packageHasNoDependencies() throws {
        let manifest = try House.text(of: "Package.swift")
        #expect(manifest.contains("dependencies: [],\n    targets:"))
        #expect(!manifest.contains(".package(url"))
        #expect(!manifest.contains(".package(path"))
    }

    @Test func sourceFilesStayReadable() throws {
        // One machine or one table may be longer; those files say so in their first lines.
        for file in try House.swiftFiles(under: "Sources") + House.swiftFiles(under: "Tests") {
            let text = try House.text(of: file)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            // Made by tools, not read.
            if file.contains("/CRDs/") || file.hasSuffix("/ProtobufFields.swift") { continue }
            #expect(lines <= 520, "\(file) has \(lines) lines")
        }
    }
}
