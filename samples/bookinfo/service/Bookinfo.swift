internal import Bytes
internal import Document
internal import Glibc
internal import HTTPCodec
internal import HTTPService
internal import Reactor

/// One of the bookinfo services: productpage, reviews, ratings, details, or any other name.
///
/// Every answer carries `version` and `service`, so that a caller sees which one it reached.
@main
struct Bookinfo {
    static func main() async {
        switch Options.parse(Array(Environment.arguments.dropFirst())) {
        case .help:
            Output.stdout(Options.usage)
        case .wrong(let reason):
            Output.stderr("bookinfo: \(reason)\n\(Options.usage)")
            exit(2)
        case .run(let options):
            exit(await run(options))
        }
    }

    private static func run(_ options: Options) async -> Int32 {
        let loop = EventLoop.started(name: "signals")
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        do {
            try Signals.handle([.terminate, .interrupt], on: loop) { _ in ended.yield() }
            let service = Service(options: options)
            let server = HTTPServer(address: options.listen) { await service.answer($0) }
            try server.start()
            Log.info("bookinfo", "listening", ["service": options.service, "address": "\(options.listen)"])
            for await _ in ends { break }
            await server.stop()
            return 0
        } catch {
            Output.stderr("bookinfo: \(error)\n")
            return 1
        }
    }
}

/// The command line.
struct Options: Sendable {
    var service = "details"
    var version = "v1"
    var listen: SocketAddress
    /// The mesh gateway that calls to other services go through.
    var proxy: SocketAddress?

    enum Outcome {
        case run(Options), help
        case wrong(String)
    }

    static let usage = """
        usage: bookinfo --service NAME --version VERSION --listen IP:PORT [--proxy http://IP:PORT]

        NAME: productpage, reviews, ratings, details; any other name answers with its name.

        """

    static func parse(_ arguments: [String]) -> Outcome {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            if flag == "--help" || flag == "-h" { return .help }
            guard ["--service", "--version", "--listen", "--proxy"].contains(flag) else {
                return .wrong("unknown flag \(flag)")
            }
            guard let value = rest.popFirst() else { return .wrong("\(flag) needs a value") }
            values[flag] = value
        }
        guard let text = values["--listen"], let listen = address(text) else {
            return .wrong("--listen needs IP:PORT")
        }
        var options = Options(listen: listen)
        options.service = values["--service"] ?? options.service
        options.version = values["--version"] ?? options.version
        if let proxy = values["--proxy"] {
            guard proxy.hasPrefix("http://"), let parsed = address(String(proxy.dropFirst(7))) else {
                return .wrong("--proxy needs http://IP:PORT")
            }
            options.proxy = parsed
        }
        return .run(options)
    }

    private static func address(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        return SocketAddress(ip: String(text[..<colon]), port: port)
    }
}
