import APIServer
import Bytes
import Document
import Foundation
import Resources
import Testing

/// An embedded API server in a directory of its own, and the built binary (or another program) as its client.
final class CommandLineServer: Sendable {
    /// What a program did.
    struct Outcome: Equatable, Sendable {
        var output: String
        var error: String
        var code: Int32
    }

    let directory: String
    private let server: EmbeddedAPIServer

    init() async throws {
        directory =
            FileManager.default.temporaryDirectory.appending(path: "hanse-cli-\(UUID().uuidString)").path
        server = try EmbeddedAPIServer(
            EmbeddedAPIServer.Configuration(
                stateDirectory: directory + "/state", address: #require(SocketAddress("127.0.0.1:0")),
                name: "rosa",
                schemas: .embedded()))
        try await server.start()
    }

    var kubeconfig: String { server.kubeconfigPath }

    func stop() async {
        await server.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Writes a file into the server's directory and returns its path.
    func write(_ name: String, _ text: String) throws -> String {
        let path = directory + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The binary the package builds; it lies beside the test bundle.
    static let binary = (CommandLine.arguments[0] as NSString).deletingLastPathComponent + "/hanse"

    /// A kubectl to compare with, when the test set-up has brought one.
    static let kubectl: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let candidates = [
            ProcessInfo.processInfo.environment["HANSE_TEST_KUBECTL"],
            root + "/.build/tools/kubectl-1.32/kubectl",
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Lets a program built with a sanitizer know what this one knows.
    static let sanitizerOptions = ProcessInfo.processInfo.environment
        .filter { ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key) }

    /// Runs `hanse` against the server.
    func hanse(_ arguments: String..., input: String = "") async throws -> Outcome {
        try await run(Self.binary, arguments, input: input)
    }

    /// Runs `hanse` against the server.
    func hanse(arguments: [String]) async throws -> Outcome {
        try await run(Self.binary, arguments, input: "")
    }

    /// Runs kubectl against the server.
    func kubectl(arguments: [String]) async throws -> Outcome {
        try await run(#require(Self.kubectl), arguments, input: "")
    }

    private func run(_ program: String, _ arguments: [String], input: String) async throws -> Outcome {
        try await start(program, arguments, input: input).finish()
    }

    /// Runs `body` with a server of its own and stops that, whatever happens.
    static func with(_ body: (CommandLineServer) async throws -> Void) async throws {
        let server = try await CommandLineServer()
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Starts a program and leaves it running.
    func start(_ program: String, _ arguments: [String], input: String = "") throws -> RunningProgram {
        try RunningProgram(
            program, arguments, input: input,
            environment: ["KUBECONFIG": kubeconfig, "HOME": directory, "PATH": "/usr/bin:/bin"]
                .merging(Self.sanitizerOptions) { own, _ in own })
    }
}

/// A program under way.
///
/// Its output is read by threads, so that no pipe fills up.
final class RunningProgram: @unchecked Sendable {
    // Safe: the process is started in `init` and only waited for or terminated later, which Foundation allows from
    // any thread; the collected bytes are guarded by the lock.
    private let process = Process()
    private let lock = NSCondition()
    private var collected: [Int: Data] = [:]
    /// Streams that are open, and the process itself.
    private var open = 3

    init(_ program: String, _ arguments: [String], input: String, environment: [String: String]) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        let (standardInput, pipes) = (Pipe(), [Pipe(), Pipe()])
        process.standardInput = standardInput
        process.standardOutput = pipes[0]
        process.standardError = pipes[1]
        process.terminationHandler = { [self] _ in
            lock.lock()
            open -= 1
            lock.broadcast()
            lock.unlock()
        }
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        for (index, pipe) in pipes.enumerated() {
            Thread.detachNewThread { [self] in
                while true {
                    let data = pipe.fileHandleForReading.availableData
                    lock.lock()
                    if data.isEmpty { open -= 1 } else { collected[index, default: Data()].append(data) }
                    lock.broadcast()
                    lock.unlock()
                    if data.isEmpty { return }
                }
            }
        }
    }

    /// Waits until standard output holds a text; false after the deadline.
    func waitForOutput(_ text: String) async -> Bool {
        await wait { self.text(0).contains(text) }
    }

    /// Waits for the end of the program; ends it after the deadline.
    func finish() async -> CommandLineServer.Outcome {
        if await !wait(until: { self.open == 0 }) {
            process.terminate()
            _ = await wait { self.open == 0 }
        }
        return lock.withLock {
            CommandLineServer.Outcome(output: text(0), error: text(1), code: process.terminationStatus)
        }
    }

    /// Waits on a thread of its own until a condition holds, 30 seconds at most.
    private func wait(until condition: @escaping @Sendable () -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                let deadline = Date(timeIntervalSinceNow: 30)
                lock.lock()
                defer { lock.unlock() }
                while !condition() {
                    if open == 0 || !lock.wait(until: deadline) {
                        return continuation.resume(returning: condition())
                    }
                }
                continuation.resume(returning: true)
            }
        }
    }

    func terminate() { process.terminate() }

    private func text(_ index: Int) -> String { String(decoding: collected[index] ?? Data(), as: UTF8.self) }
}
