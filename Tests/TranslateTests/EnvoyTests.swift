import Document
import EnvoyConfig
import Foundation
import Testing
import Translate

/// What stock Envoy says of the configuration; runs where HANSE_ENVOY names its binary.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HANSE_ENVOY"] != nil)) struct EnvoyTests {
    @Test(arguments: InputLoader.names) func envoyAccepts(_ name: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "hanse-envoy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var input = try InputLoader.input(name, delivery: .inline)
        input.secretsDirectory = folder.path
        for gateway in input.gateways {
            try Data(#"{"resources": []}"#.utf8).write(to: folder.appending(path: "\(gateway.name).json"))
        }
        let bootstrap = translate(input).snapshot.staticBootstrap(
            identity: NodeIdentity(id: "n", cluster: "n"))
        let file = folder.appending(path: "bootstrap.json")
        try Data(JSON.bytes(bootstrap.node)).write(to: file)

        let process = Process()
        process.executableURL = URL(filePath: ProcessInfo.processInfo.environment["HANSE_ENVOY"] ?? "")
        process.arguments = ["--mode", "validate", "-c", file.path, "--log-level", "error"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
