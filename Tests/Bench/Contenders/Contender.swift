import Foundation
import Glibc

/// A proxy under test.
enum Contender: String, CaseIterable, Codable {
    case hanse, envoy, nginx, haproxy
}

/// The kinds of traffic a pair of gateways carries, each on a port of its own at the egress.
enum Lane: String, CaseIterable {
    /// HTTP/1.1 on every hop.
    case http
    /// Bytes.
    case tcp
    /// HTTP/1.1 outside, HTTP/2 between the gateways.
    case h2
    /// HTTP/2 on every hop.
    case grpc

    /// The host that is routed, and the name asked of the ingress gateway.
    var name: String { rawValue + ".bench.local" }
}

/// What a pair's configuration is made from.
struct Plan {
    var certificates: Certificates
    var backend: (http: UInt16, grpc: UInt16)
    var lanes: Set<Lane>
    var egress: [Lane: UInt16]
    var ingress: [Lane: UInt16]
    var admin: [UInt16]
    var folder: String
    var concurrency: Int
}

/// The two gateways of one contender, running.
final class Pair {
    let contender: Contender
    let ports: [Lane: UInt16]
    private let children: [Child]

    var processorTime: UInt64 { children.reduce(0) { $0 + $1.processorTime } }
    var residentBytes: Int { children.reduce(0) { $0 + $1.residentBytes } }
    var isRunning: Bool { children.allSatisfy { $0.isRunning } }
    var pids: [Int32] { children.map(\.pid) }

    /// Starts both and waits until every port answers.
    init(_ contender: Contender, executable: String, plan: Plan) throws {
        self.contender = contender
        ports = plan.egress
        var children: [Child] = []
        for (side, command) in try contender.commands(executable, plan) {
            children.append(
                try Child(command, output: "\(plan.folder)/\(side).out", error: "\(plan.folder)/\(side).err"))
        }
        self.children = children
        let deadline = monotonicNow() + 15_000_000_000
        var waiting = Array(plan.egress.values) + Array(plan.ingress.values)
        while !waiting.isEmpty {
            waiting.removeAll { Loopback.answers($0) }
            guard isRunning, monotonicNow() < deadline else {
                let texts = ["egress", "ingress"].map { side in
                    let text = try? String(contentsOfFile: "\(plan.folder)/\(side).err", encoding: .utf8)
                    return String((text ?? "").suffix(600))
                }
                throw BenchError("\(contender.rawValue) did not start: \(texts.joined(separator: " | "))")
            }
            usleep(20_000)
        }
    }

    func stop() {
        for child in children { child.stop() }
    }
}

extension Contender {
    /// Writes the configuration of both gateways; the processes to start, by side.
    func commands(_ executable: String, _ plan: Plan) throws -> [(side: String, command: [String])] {
        func file(_ name: String, _ text: String) throws -> String {
            let path = "\(plan.folder)/\(name)"
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            return path
        }
        let sides = ["egress", "ingress"]
        switch self {
        case .hanse, .envoy:
            return try sides.map { side in
                let config = try file(
                    side + ".json", EnvoyText(plan: plan, isEgress: side == "egress").text())
                let options =
                    self == .hanse
                    ? ["gateway", "--bootstrap", config, "--concurrency", "\(plan.concurrency)"]
                    : [
                        "-c", config, "--concurrency", "\(plan.concurrency)", "--use-dynamic-base-id",
                        "--disable-hot-restart", "--log-level", "warn",
                    ]
                return (side, [executable] + options)
            }
        case .nginx:
            // One process per worker, each with the ports' SO_REUSEPORT: nothing is left when we are killed.
            return try sides.flatMap { side in
                try (0..<plan.concurrency).map { number in
                    let text = NginxText(plan: plan, isEgress: side == "egress", number: number).text()
                    let folder = "\(plan.folder)/\(side)\(number)"
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    return (side, [executable, "-p", folder, "-c", try file("\(side)\(number).conf", text)])
                }
            }
        case .haproxy:
            return try sides.map { side in
                let text = HAProxyText(plan: plan, isEgress: side == "egress").text()
                return (side, [executable, "-db", "-f", try file(side + ".cfg", text)])
            }
        }
    }
}
