import Bytes
import Reactor
import Testing

/// Runs `body` on the loop and returns its result.
func onLoop<T: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
        loop.submit { continuation.resume(returning: body()) }
    }
}

/// A loop that is stopped when the test ends.
func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
    let loop = EventLoop.started(name: "test")
    do { try await body(loop) } catch {
        loop.stop()
        throw error
    }
    loop.stop()
}

/// A fresh directory that is removed when the test ends.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = try FileSystem.makeTemporaryDirectory(prefix: "hanse-reactor")
    do { try await body(directory) } catch {
        try? FileSystem.removeTree(directory)
        throw error
    }
    try FileSystem.removeTree(directory)
}

let loopback = SocketAddress(ip: .v4(0x7F00_0001), port: 0)

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
