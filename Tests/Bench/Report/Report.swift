import Foundation

/// What a whole run found.
struct Report: Codable {
    var date: String
    var processor: String
    var cores: Int
    var rounds: Int
    var secondsPerWindow: Double
    var concurrency: Int
    var versions: [String: String] = [:]
    var samples: [Sample] = []
    /// Why a contender has no figure in a scenario, by "contender scenario".
    var absent: [String: String] = [:]

    /// The median of one figure; nil without samples.
    func median(_ contender: Contender, _ scenario: Scenario, _ figure: (Sample) -> Double?) -> Double? {
        let values = samples.filter { $0.contender == contender && $0.scenario == scenario }
            .compactMap(figure).sorted()
        guard !values.isEmpty else { return nil }
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    /// Half the distance between the extremes, as a share of the median.
    private func spread(_ contender: Contender, _ scenario: Scenario) -> Double? {
        let values = samples.filter { $0.contender == contender && $0.scenario == scenario }.map(\.figure)
        guard let low = values.min(), let high = values.max(),
            let middle = median(contender, scenario, \.figure), middle > 0, values.count > 1
        else { return nil }
        return (high - low) / 2 / middle
    }

    /// The tables as Markdown.
    func text() -> String {
        let contenders = Contender.allCases.filter { contender in
            samples.contains { $0.contender == contender }
        }
        let scenarios = Scenario.allCases.filter { scenario in samples.contains { $0.scenario == scenario } }
        var lines = [
            "\(date), \(processor), \(cores) cores, \(concurrency) worker(s), \(rounds) rounds of \(secondsPerWindow) s,"
                + " medians; in brackets half the range between rounds.", "",
            "| scenario | unit | " + contenders.map(\.rawValue).joined(separator: " | ")
                + " | hanse / envoy | hanse / best of nginx, haproxy | asked |",
            "|---|---|" + contenders.map { _ in "---|" }.joined() + "---|---|---|",
        ]
        for scenario in scenarios {
            let cells = contenders.map { contender in
                guard let value = median(contender, scenario, \.figure) else { return "n/a" }
                let range = spread(contender, scenario).map { String(format: " (%.0f%%)", $0 * 100) } ?? ""
                return format(value) + range
            }
            let own = median(.hanse, scenario, \.figure)
            let envoy = ratio(own, median(.envoy, scenario, \.figure))
            let others = ratio(
                own, [.nginx, .haproxy].compactMap { median($0, scenario, \.figure) }.min())
            lines.append(
                "| \(scenario.title) | \(scenario.unit) | " + cells.joined(separator: " | ")
                    + " | \(envoy) | \(others) | \(asked(scenario)) |")
        }
        lines += ["", "| scenario | figure | " + contenders.map(\.rawValue).joined(separator: " | ") + " |"]
        lines.append("|---|---|" + contenders.map { _ in "---|" }.joined())
        let figures: [(String, (Sample) -> Double?)] = [
            ("requests/s", { $0.requestsPerSecond }), ("MB/s", { $0.megabytesPerSecond }),
            ("p50 us", { $0.p50Microseconds }), ("p99 us", { $0.p99Microseconds }),
            ("RSS MiB", { $0.residentMegabytes }),
        ]
        for scenario in scenarios where scenario.lane != nil {
            for (name, figure) in figures {
                let values = contenders.map { median($0, scenario, figure) }
                guard values.contains(where: { $0 != nil }) else { continue }
                let cells = values.map { $0.map(format) ?? "n/a" }.joined(separator: " | ")
                lines.append("| \(scenario.rawValue) | \(name) | \(cells) |")
            }
        }
        let failures = samples.filter { $0.failures > 0 }
        if !failures.isEmpty { lines.append("") }
        for sample in failures {
            lines.append(
                "\(sample.contender.rawValue), \(sample.scenario.rawValue), round \(sample.round): \(sample.failures) failed"
            )
        }
        for (what, why) in absent.sorted(by: { $0.key < $1.key }) { lines.append("\(what): n/a, \(why)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func ratio(_ own: Double?, _ other: Double?) -> String {
        guard let own, let other, other > 0 else { return "n/a" }
        return String(format: "%.2f", own / other)
    }

    private func asked(_ scenario: Scenario) -> String {
        if scenario == .rest { return "<= 30 MiB" }
        let target = scenario.target
        let parts = [target.envoy, target.others].map { $0.map { String(format: "%.2f", $0) } ?? "-" }
        return target.envoy == nil && target.others == nil ? "" : "<= " + parts.joined(separator: ", ")
    }

    private func format(_ value: Double) -> String {
        String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    }

    /// The run as JSON.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}
