import CSystem
import Foundation
import Glibc

/// A process we started: it dies with us, and we measure it.
final class Child {
    let pid: Int32
    private let pidfd: Int32
    private var status: Int32?

    /// Starts `arguments[0]`, an absolute path, with its output going to the files named.
    init(_ arguments: [String], output: String, error: String) throws {
        let outputFile = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        let errorFile = open(error, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer {
            close(outputFile)
            close(errorFile)
        }
        var pid: Int32 = 0
        var pidfd: Int32 = 0
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let code = arguments[0].withCString { path in
            pointers.withUnsafeMutableBufferPointer { list in
                var spawn = csystem_spawn(
                    path: path, argv: list.baseAddress, envp: csystem_environment(), directory: nil,
                    input: -1,
                    output: outputFile, error: errorFile, death_signal: SIGKILL)
                return csystem_start(&spawn, &pid, &pidfd)
            }
        }
        guard code == 0 else { throw BenchError("cannot start \(arguments[0]): errno \(code)") }
        self.pid = pid
        self.pidfd = pidfd
    }

    deinit {
        stop()
        close(pidfd)
    }

    /// Whether it is still there.
    var isRunning: Bool {
        if status != nil { return false }
        var code: Int32 = 0
        if csystem_reap(pid, &code) != 0 { status = code }
        return status == nil
    }

    /// Ends it; returns when it is gone.
    func stop() {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        let deadline = monotonicNow() + 5_000_000_000
        while isRunning && monotonicNow() < deadline { usleep(2000) }
    }

    /// Nanoseconds on a processor, all its threads together.
    var processorTime: UInt64 {
        let folder = "/proc/\(pid)/task"
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return tasks.reduce(0) { sum, task in
            let text = (try? String(contentsOfFile: "\(folder)/\(task)/schedstat", encoding: .utf8)) ?? ""
            return sum + (text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0)
        }
    }

    /// Bytes of memory that are resident.
    var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return 1024
                * (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap {
                    Int($0)
                } ?? 0)
        }
        return 0
    }
}

/// Runs a command to its end.
enum Shell {
    /// Throws when the command fails; its output goes to our standard error when `isLoud`, else into the error.
    static func run(_ arguments: [String], isLoud: Bool = false) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = isLoud ? FileHandle.standardError : pipe
        process.standardError = isLoud ? FileHandle.standardError : pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = isLoud ? Data() : pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: output, as: UTF8.self)
            throw BenchError("\(arguments.joined(separator: " ")) failed: \(text)")
        }
    }
}
