/// The command line.
struct Options {
    var rounds = 5
    var seconds = 2.0
    var warmUp = 0.5
    var contenders = Contender.allCases
    var scenarios = Scenario.allCases
    var concurrency = 1
    var tunnels = 2000
    var jsonFile: String?
    var executables: [Contender: String] = [:]
    var keepsFolder = false
    var wantsHelp = false

    static let usage = """
        Compares Hanse's gateway with Envoy, nginx and HAProxy: client -> egress gateway -> mutual TLS 1.3 ->
        ingress gateway -> service, all on loopback, interleaved. Installs and builds what is missing.

        Usage: hanse-bench [flags]

          --rounds N           how often every window is repeated (default 5)
          --seconds S          how long a window is (default 2)
          --only NAME,...      contenders: hanse, envoy, nginx, haproxy
          --scenarios NAME,... \(Scenario.allCases.map(\.rawValue).joined(separator: ", "))
          --concurrency N      worker threads of each gateway (default 1)
          --tunnels N          idle tunnels (default 2000)
          --json FILE          also writes every sample
          --hanse FILE, --envoy FILE, --nginx FILE, --haproxy FILE
                               the executables, instead of those found or built
          --keep               keeps configurations and logs, and says where
          --quick              a smoke test: one short round, hanse and envoy

        """

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            func value() throws -> String {
                guard let value = rest.popFirst() else { throw BenchError("\(flag) needs a value") }
                return value
            }
            func number<T: LosslessStringConvertible & Comparable>(atLeast least: T) throws -> T {
                let text = try value()
                guard let number = T(text), number >= least else {
                    throw BenchError("\(flag): \(text) is no value")
                }
                return number
            }
            func list<T: RawRepresentable>() throws -> [T] where T.RawValue == String {
                try value().split(separator: ",").map { word in
                    guard let item = T(rawValue: String(word)) else {
                        throw BenchError("\(flag): no \(word)")
                    }
                    return item
                }
            }
            switch flag {
            case "--rounds": rounds = try number(atLeast: 1)
            case "--seconds": seconds = try number(atLeast: 0.1)
            case "--only": contenders = try list()
            case "--scenarios": scenarios = try list()
            case "--concurrency": concurrency = try number(atLeast: 1)
            case "--tunnels": tunnels = try number(atLeast: 1)
            case "--json": jsonFile = try value()
            case "--keep": keepsFolder = true
            case "--quick":
                rounds = 1
                seconds = 0.5
                warmUp = 0.2
                tunnels = 100
                contenders = [.hanse, .envoy]
            case "--help", "-h": wantsHelp = true
            case let other
            where other.hasPrefix("--") && Contender(rawValue: String(other.dropFirst(2))) != nil:
                if let contender = Contender(rawValue: String(other.dropFirst(2))) {
                    executables[contender] = try value()
                }
            default: throw BenchError("\(flag) is not a flag")
            }
        }
    }
}
