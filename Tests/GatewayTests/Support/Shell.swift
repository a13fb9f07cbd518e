import Foundation

/// Programs run as a user would, off the cooperative threads.
enum Shell {
    struct Result: Sendable {
        var status: Int32
        var output: String
    }

    static func run(_ program: String, _ arguments: [String], input: String? = nil) async -> Result {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = [program] + arguments
                let (out, stdin) = (Pipe(), Pipe())
                process.standardOutput = out
                process.standardError = FileHandle.nullDevice
                process.standardInput = input == nil ? FileHandle.nullDevice : stdin
                do {
                    try process.run()
                    if let input {
                        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                        try stdin.fileHandleForWriting.close()
                    }
                } catch {
                    continuation.resume(returning: Result(status: -1, output: "\(error)"))
                    return
                }
                let output = out.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(
                    returning: Result(
                        status: process.terminationStatus, output: String(decoding: output, as: UTF8.self)))
            }
        }
    }

    /// curl with a time limit; `-s` keeps it quiet.
    static func curl(_ arguments: String...) async -> Result {
        await run("curl", ["-s", "-m", "10", "--noproxy", "*"] + arguments)
    }
}
