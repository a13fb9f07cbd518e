import Bytes
import EnvoyConfig
import Foundation
import Gateway

/// A running gateway and a directory for its files.
final class TestGateway: Sendable {
    let process: GatewayProcess
    let addresses: [String: SocketAddress]
    let admin: SocketAddress?

    init(
        _ listeners: [Listener], _ clusters: [Cluster], concurrency: Int = 1,
        _ change: (inout GatewayOptions) -> Void = { _ in }
    ) async throws {
        var options = GatewayOptions(concurrency: concurrency)
        options.stopTime = .seconds(2)
        options.drainTime = .seconds(2)
        change(&options)
        process = GatewayProcess(options: options)
        try await process.start(Configs.bootstrap(listeners, clusters))
        addresses = await process.listenerAddresses()
        admin = await process.adminAddress()
    }

    func url(_ listener: String = "l", _ path: String = "/") -> String {
        "http://127.0.0.1:\(port(listener))\(path)"
    }

    func port(_ listener: String = "l") -> UInt16 { addresses[listener]?.port ?? 0 }

    /// A counter, by Envoy's name; 0 when nothing was counted.
    func stat(_ name: String) async -> Int64 { await process.stats()[name] ?? 0 }

    /// Waits until a counter has a value; counters of other threads follow an answer by a moment.
    func waits(for name: String, _ value: Int64) async -> Bool {
        for _ in 0..<2_000 {
            if await stat(name) == value { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

/// A fresh directory.
func temporaryDirectory() throws -> String {
    let url = FileManager.default.temporaryDirectory.appending(path: "hanse-gateway-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url.path
}
