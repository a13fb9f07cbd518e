import Foundation

/// Programs run as a user would, off the cooperative threads.
enum Shell {
    struct Result: Sendable {
        var status: Int32
        var output: String
        var error: String
    }

    static func run(_ program: String, _ arguments: [String], input: String? = nil) async -> Result {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = [program] + arguments
                let (out, err, stdin) = (Pipe(), Pipe(), Pipe())
                process.standardOutput = out
                process.standardError = err
                process.standardInput = input == nil ? FileHandle.nullDevice : stdin
                do {
                    try process.run()
                    if let input {
                        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                        try stdin.fileHandleForWriting.close()
                    }
                } catch {
                    continuation.resume(returning: Result(status: -1, output: "", error: "\(error)"))
                    return
                }
                let errors = Task.detached { err.fileHandleForReading.readDataToEndOfFile() }
                _ = errors
                let output = out.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(
                    returning: Result(
                        status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
                        error: ""))
            }
        }
    }

    /// curl with a time limit; `-s` keeps it quiet.
    static func curl(_ arguments: String...) async -> Result {
        await run("curl", ["-s", "-m", "10", "--noproxy", "*"] + arguments)
    }
}
