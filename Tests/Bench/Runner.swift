import Foundation
import Glibc

/// Starts the pairs and takes the samples.
final class Runner {
    private let options: Options
    private let tools: Tools
    private let folder: String
    private let certificates: Certificates
    private let backend: Child
    private let backendPorts: (http: UInt16, grpc: UInt16)
    private var pairs: [Contender: Pair] = [:]
    private var lanes: [Contender: Set<Lane>] = [:]
    private var starts = 0
    private(set) var report: Report

    init(_ options: Options, folder: String) throws {
        self.options = options
        self.folder = folder
        tools = try Tools(for: options.contenders, given: options.executables)
        certificates = try Certificates(in: folder, names: Lane.allCases.map(\.name))
        let myself = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let output = folder + "/backend.out"
        backend = try Child([myself, "backend"], output: output, error: folder + "/backend.err")
        backendPorts = try Self.readPorts(output, backend)
        report = Report(
            date: ISO8601DateFormatter().string(from: Date()), processor: Self.processor,
            cores: ProcessInfo.processInfo.activeProcessorCount, rounds: options.rounds,
            secondsPerWindow: options.seconds, concurrency: options.concurrency)
        for contender in options.contenders { report.versions[contender.rawValue] = version(contender) }
    }

    private static func readPorts(_ file: String, _ backend: Child) throws -> (http: UInt16, grpc: UInt16) {
        let deadline = monotonicNow() + 5_000_000_000
        while backend.isRunning && monotonicNow() < deadline {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            if text.hasSuffix("\n") {
                let ports = text.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
                if ports.count == 2 { return (ports[0], ports[1]) }
            }
            usleep(5000)
        }
        throw BenchError("the backend did not start")
    }

    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }

    private func version(_ contender: Contender) -> String {
        let flag =
            switch contender {
            case .hanse: "version"
            case .envoy: "--version"
            case .nginx, .haproxy: "-v"
            }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tools.paths[contender] ?? "/bin/true")
        process.arguments = [flag]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return "unknown" }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").first { !$0.isEmpty }.map(String.init) ?? "unknown"
    }

    /// Everything, all rounds.
    func run() throws {
        for contender in options.contenders { try choose(contender) }
        for round in 1...options.rounds {
            for scenario in options.scenarios {
                // Each contender is first, second... equally often.
                let shift = round % options.contenders.count
                for contender in options.contenders[shift...] + options.contenders[..<shift] {
                    guard report.absent["\(contender.rawValue) \(scenario.rawValue)"] == nil else { continue }
                    note("round \(round): \(scenario.rawValue) \(contender.rawValue)")
                    let sample =
                        switch scenario {
                        case .idle, .rest: try memory(contender, scenario, round)
                        default: try traffic(contender, scenario, round)
                        }
                    if let sample { report.samples.append(sample) }
                }
            }
        }
        for pair in pairs.values { pair.stop() }
    }

    private func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Starts the pair with all that it can carry, and finds out what works.
    private func choose(_ contender: Contender) throws {
        let wanted = Set(options.scenarios.compactMap(\.lane)).union([.http, .tcp])
        var possible = contender == .nginx ? wanted.subtracting([.h2]) : wanted
        do {
            lanes[contender] = possible
            pairs[contender] = try start(contender)
        } catch  where !possible.isSubset(of: [.http, .tcp]) {
            note("\(contender.rawValue): \(error); trying without HTTP/2")
            possible = [.http, .tcp]
            lanes[contender] = possible
            pairs[contender] = try start(contender)
        }
        guard let pair = pairs[contender] else { return }
        for scenario in options.scenarios {
            guard let lane = scenario.lane else { continue }
            var reason: String?
            if !possible.contains(lane) {
                reason = "not supported"
            } else if let load = scenario.load(pair.ports, tunnels: 1) {
                reason = Self.silence(of: load)
            }
            if let reason { report.absent["\(contender.rawValue) \(scenario.rawValue)"] = reason }
            if !pair.isRunning { throw BenchError("\(contender.rawValue) ended during \(scenario.rawValue)") }
        }
    }

    /// Why a client got nothing within three seconds; nil when it got something.
    private static func silence(of load: any Load) -> String? {
        defer { load.finish() }
        var reason = ""
        for _ in 0..<10 {
            let result = load.run(seconds: 0.3)
            if result.requests > 0 || result.bytes > 1 << 20 { return nil }
            if reason.isEmpty { reason = result.firstFailure }
        }
        return reason.isEmpty ? "no answer" : reason
    }

    private func start(_ contender: Contender) throws -> Pair {
        starts += 1
        let place = "\(folder)/\(contender.rawValue)\(starts)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let used = Lane.allCases.filter { lanes[contender]?.contains($0) == true }
        let ports = try Loopback.freePorts(2 * used.count + 2)
        var plan = Plan(
            certificates: certificates, backend: backendPorts, lanes: Set(used), egress: [:], ingress: [:],
            admin: Array(ports.suffix(2)), folder: place, concurrency: options.concurrency)
        let sharesIngress = contender == .hanse || contender == .envoy
        for (index, lane) in used.enumerated() {
            plan.egress[lane] = ports[index]
            if !sharesIngress || lane == .http { plan.ingress[lane] = ports[used.count + index] }
        }
        return try Pair(contender, executable: tools.paths[contender] ?? "", plan: plan)
    }

    private func traffic(_ contender: Contender, _ scenario: Scenario, _ round: Int) throws -> Sample? {
        guard let pair = pairs[contender], let load = scenario.load(pair.ports, tunnels: options.tunnels)
        else {
            return nil
        }
        defer { load.finish() }
        _ = load.run(seconds: options.warmUp)
        let before = pair.processorTime
        let result = load.run(seconds: options.seconds)
        let used = Double(pair.processorTime - before) / 1e9
        guard pair.isRunning else { throw BenchError("\(contender.rawValue) ended in \(scenario.rawValue)") }
        let isBulk = scenario == .bulk || scenario == .bulkHTTP
        let amount = isBulk ? Double(result.bytes) / 1e9 : Double(result.requests) / 1e6
        guard amount > 0 else {
            report.absent["\(contender.rawValue) \(scenario.rawValue)"] = result.firstFailure
            return nil
        }
        let latency: [Double?] = isBulk ? [nil, nil] : result.percentiles([0.5, 0.99])
        if result.failures > 0 { note("  \(result.failures) failed: \(result.firstFailure)") }
        return Sample(
            contender: contender, scenario: scenario, round: round, figure: used / amount,
            requestsPerSecond: isBulk ? nil : Double(result.requests) / result.seconds,
            megabytesPerSecond: isBulk ? Double(result.bytes) / 1e6 / result.seconds : nil,
            p50Microseconds: latency[0], p99Microseconds: latency[1],
            residentMegabytes: Double(pair.residentBytes) / 1_048_576, failures: result.failures)
    }

    /// Memory of a pair that has done nothing else.
    private func memory(_ contender: Contender, _ scenario: Scenario, _ round: Int) throws -> Sample? {
        let pair = try start(contender)
        defer { pair.stop() }
        usleep(1_000_000)
        var figure = Double(pair.residentBytes) / 1_048_576
        var failures = 0
        if scenario == .idle {
            let first = scenario.load(pair.ports, tunnels: 32)
            _ = first?.run(seconds: 5)
            first?.finish()
            usleep(1_000_000)
            let before = pair.residentBytes
            guard let load = scenario.load(pair.ports, tunnels: options.tunnels) else { return nil }
            let result = load.run(seconds: 30)
            defer { load.finish() }
            failures = result.failures
            usleep(2_000_000)
            guard result.requests >= options.tunnels else {
                report.absent["\(contender.rawValue) idle"] =
                    "\(result.requests) tunnels: \(result.firstFailure)"
                return nil
            }
            figure = Double(pair.residentBytes - before) / 1024 / Double(options.tunnels)
        }
        return Sample(
            contender: contender, scenario: scenario, round: round, figure: figure,
            residentMegabytes: Double(pair.residentBytes) / 1_048_576, failures: failures)
    }
}
