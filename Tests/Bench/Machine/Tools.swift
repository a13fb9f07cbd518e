import Foundation

/// Where the programs under test are; what is missing is installed or built.
struct Tools {
    var paths: [Contender: String] = [:]

    /// The repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    init(for contenders: [Contender], given: [Contender: String]) throws {
        paths = given
        find(contenders)
        if contenders.contains(where: { $0 != .hanse && paths[$0] == nil }) {
            try Shell.run([Self.root + "/Tests/tools/setup.sh", "bench"], isLoud: true)
            find(contenders)
        }
        if contenders.contains(.hanse), paths[.hanse] == nil {
            let build = [
                "swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "hanse",
                "--package-path", Self.root, "--scratch-path", Self.root + "/.build/bench",
            ]
            try Shell.run(build, isLoud: true)
            paths[.hanse] = Self.root + "/.build/bench/release/hanse"
        }
        for contender in contenders {
            guard let path = paths[contender], FileManager.default.isExecutableFile(atPath: path) else {
                throw BenchError("\(contender.rawValue): no executable")
            }
        }
    }

    private mutating func find(_ contenders: [Contender]) {
        let places: [Contender: [String]] = [
            .envoy: [Self.root + "/.build/tools/venv/bin/envoy", "/usr/local/bin/envoy", "/usr/bin/envoy"],
            .nginx: ["/usr/sbin/nginx"], .haproxy: ["/usr/sbin/haproxy"],
        ]
        for contender in contenders where paths[contender] == nil {
            paths[contender] = places[contender]?.first {
                FileManager.default.isExecutableFile(atPath: $0)
            }
        }
    }
}
