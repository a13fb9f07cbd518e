import Document
import Foundation
import Resources
import Testing

@testable import APIServer

/// Kills a writing process over and over; what it said it had stored must be there.
@Suite struct DurabilityTests {
    static var harness: String {
        if let path = ProcessInfo.processInfo.environment["HANSE_APISERVER"] { return path }
        return Bundle.main.bundlePath.hasSuffix(".xctest")
            ? (Bundle.main.bundlePath as NSString).deletingLastPathComponent + "/apiserver-harness"
            : (ProcessInfo.processInfo.arguments[0] as NSString).deletingLastPathComponent
                + "/apiserver-harness"
    }

    /// What the writer said of one object last.
    struct Said {
        var verb: String
        var n: Int
        var version: UInt64
    }

    @Test func noAcknowledgedWriteIsLostToKill9() async throws {
        let kills = ProcessInfo.processInfo.environment["HANSE_KILLS"].flatMap { Int($0) } ?? 100
        let directory = NSTemporaryDirectory() + "hanse-kill-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var random = SystemRandomNumberGenerator()
        var said: [String: Said] = [:]
        var newest: UInt64 = 0
        var total = 0
        for round in 0..<kills {
            let lines = try run(
                directory, seed: round, changes: Int.random(in: 1...60, using: &random),
                microseconds: UInt32.random(in: 0...3000, using: &random))
            for line in lines {
                let parts = line.split(separator: " ")
                if parts.count == 2, parts[0] == "ready", let version = UInt64(parts[1]) {
                    #expect(
                        version >= newest, "round \(round): versions went back from \(newest) to \(version)")
                }
                guard parts.count == 4, let n = Int(parts[2]), let version = UInt64(parts[3]) else {
                    continue
                }
                #expect(version > said[String(parts[1])]?.version ?? 0)
                said[String(parts[1])] = Said(verb: String(parts[0]), n: n, version: version)
                newest = max(newest, version)
                total += 1
            }
            let store = try ObjectStore(directory: directory)
            #expect(store.quarantined.isEmpty, "round \(round): \(store.quarantined)")
            #expect(store.version >= newest, "round \(round)")
            check(said, store, round)
            // The next round goes on from what is there, acknowledged or not.
            for object in store.list(.configMap, namespace: "churn").objects {
                let n = object.node.at("data", "n")?.string.flatMap { Int($0) } ?? 0
                said[object.id.key.name] = Said(verb: "put", n: n, version: object.version)
            }
            for (name, last) in said where store.get(ObjectID(.configMap, key(name, "churn"))) == nil {
                said[name] = Said(verb: "del", n: 0, version: last.version)
            }
            await store.close()
        }
        #expect(total > kills, "the writer hardly wrote: \(total) changes in \(kills) rounds")
    }

    /// Every object is as it was last said to be, or as the one change under way would have made it.
    private func check(_ said: [String: Said], _ store: ObjectStore, _ round: Int) {
        for (name, last) in said {
            let stored = store.get(ObjectID(.configMap, key(name, "churn")))
            let n = stored?.node.at("data", "n")?.string.flatMap { Int($0) }
            if last.verb == "put" {
                // The next change is an increment or a deletion.
                #expect(
                    n == last.n || n == last.n + 1 || stored == nil,
                    "round \(round): \(name) was acknowledged with \(last.n), is \(n.map(String.init) ?? "gone")"
                )
                if n == last.n { #expect(stored?.version == last.version) }
            } else {
                // Deleted is deleted; only a new creation that was under way may be there.
                #expect(n == nil || n == 1, "round \(round): \(name) came back with \(n ?? 0)")
                if let stored { #expect(stored.version > last.version, "round \(round): \(name) came back") }
            }
        }
    }

    /// Lets a writer make `changes` changes, kills it a little later, and gives what it said.
    private func run(
        _ directory: String, seed: Int, changes: Int, microseconds: UInt32
    ) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.harness)
        process.arguments = ["churn", directory, "4", "\(seed)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let handle = output.fileHandleForReading
        var text = Data()
        // The first line says that it is ready.
        while text.count(where: { $0 == UInt8(ascii: "\n") }) <= changes {
            let chunk = handle.availableData
            if chunk.isEmpty { break }
            text += chunk
        }
        usleep(microseconds)
        kill(process.processIdentifier, SIGKILL)
        text += handle.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "the writer ended by itself")
        var lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\n")
        // A line without its end was cut by the kill: it was not said.
        lines.removeLast()
        return lines
    }
}
