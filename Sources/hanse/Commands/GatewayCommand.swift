import Bytes
import Document
import EnvoyConfig
import Gateway
import Reactor

/// `hanse gateway`: the data plane, from a static bootstrap or fed by its controller.
enum GatewayCommand {
    static let flags = FlagSet(
        command: "hanse gateway", arguments: "",
        summary: "Run a gateway: from a static Envoy bootstrap, or fed by its mesh's controller.",
        flags: [
            .value("bootstrap", "FILE", "an Envoy bootstrap, JSON or YAML"),
            .bool("validate", "only check the bootstrap"),
            .value("controller", "URL", "the controller, https://IP:15012"),
            .value("mesh", "NAME", "the mesh's name"),
            .list("gateways", "NAME,...", "the gateways to carry (default: all of the mesh)"),
            .value(
                "token-file", "FILE", "the bootstrap token, as the controller keeps it in STATE/gateway/token"
            ),
            .value("ca-file", "FILE", "the roots the controller is believed by, STATE/gateway/root-cert.pem"),
            .value("state", "DIR", "where certificates and the last good configuration are kept"),
            .value(
                "address", "IP", "where admin (15000), metrics (15020) and readiness (15021) are served",
                default: "127.0.0.1"),
            .value("concurrency", "N", "worker threads (default: one a core)"),
            .value("drain-time", "DURATION", "how long requests may go on after SIGTERM", default: "30s"),
            .value(
                "drain-time-s", "N",
                "seconds that connections of a changed or removed listener may go on, as Envoy's flag",
                default: "600"),
            .value(
                "file-flush-interval-msec", "N", "how long access log lines may wait to be written together",
                default: "100"),
        ] + LogFlags.all,
        examples: [
            "hanse gateway --bootstrap envoy.json --validate",
            "hanse gateway --controller https://127.0.11.1:15012 --mesh rosa --token-file token --ca-file root-cert.pem --state gw",
        ])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(UsageError) in
            if let extra = flags.arguments.first { throw UsageError("unexpected argument: \(extra)") }
            try LogFlags.configure(flags)
            var options = GatewayOptions(
                concurrency: try flags.int("concurrency", in: 1...256) ?? Environment.processors)
            options.stopTime = try flags.duration("drain-time") ?? .seconds(30)
            options.drainTime = .seconds(try flags.int("drain-time-s", in: 0...86_400) ?? 600)
            options.logFlushInterval = .milliseconds(
                try flags.int("file-flush-interval-msec", in: 1...60_000) ?? 100)
            options.version = BuildVersion.version
            switch (flags["bootstrap"], flags["controller"]) {
            case (let file?, nil):
                return flags.bool("validate") ? await validate(file) : await serve(file, options)
            case (nil, let controller?):
                if flags.bool("validate") { throw UsageError("--validate goes with --bootstrap") }
                return try await follow(controller, flags, options)
            default:
                throw UsageError("one of --bootstrap and --controller is required")
            }
        }
    }

    private static func follow(
        _ controller: String, _ flags: ParsedFlags, _ options: GatewayOptions
    ) async throws(UsageError) -> Int32 {
        guard controller.hasPrefix("https://") else {
            throw UsageError("--controller: \"\(controller)\" is not an https URL")
        }
        let text = flags["address"] ?? "127.0.0.1"
        guard let address = IPAddress(text), address.isLoopback else {
            throw UsageError("--address: \"\(text)\" is not a loopback address")
        }
        var options = options
        options.acceptsDynamicResources = true
        options.adminAddress = SocketAddress(ip: address, port: 15000)
        options.metricsAddress = SocketAddress(ip: address, port: 15020)
        options.readinessAddress = SocketAddress(ip: address, port: 15021)
        let gateway = ManagedGateway(
            controller: controller, mesh: try flags.required("mesh"),
            gateways: flags.list("gateways", separated: true), tokenFile: try flags.required("token-file"),
            rootsFile: try flags.required("ca-file"), state: absolutePath(try flags.required("state")),
            options: options)
        do {
            return try await gateway.run()
        } catch {
            Output.stderr("error: \(error)\n")
            return ExitCode.failed
        }
    }

    private static func read(_ file: String) -> Bootstrap? {
        do {
            let bytes = try FileSystem.read(file)
            let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
            let nodes = isJSON ? [try JSON.parse(bytes, file: file)] : try YAML.parse(bytes, file: file)
            guard nodes.count == 1 else {
                Output.stderr("error: \(file): expected one document, found \(nodes.count)\n")
                return nil
            }
            return try Bootstrap.read(nodes[0])
        } catch let error as DocumentError {
            for finding in error.findings { Output.stderr("error: \(finding.description)\n") }
        } catch let error as ConfigError {
            report(error, file)
        } catch {
            Output.stderr("error: \(error)\n")
        }
        return nil
    }

    private static func report(_ error: ConfigError, _ file: String) {
        for finding in error.findings {
            let place =
                finding.position.line > 0 ? ":\(finding.position.line):\(finding.position.column)" : ""
            Output.stderr("error: \(file)\(place): \(finding.description)\n")
        }
    }

    private static func validate(_ file: String) async -> Int32 {
        guard let bootstrap = read(file) else { return ExitCode.failed }
        do {
            try await GatewayProcess.validate(bootstrap)
        } catch {
            report(error, file)
            return ExitCode.failed
        }
        Output.stdout("configuration '\(file)' OK\n")
        return ExitCode.ok
    }

    private static func serve(_ file: String, _ options: GatewayOptions) async -> Int32 {
        guard let bootstrap = read(file) else { return ExitCode.failed }
        return await GatewayProcess(options: options).run(bootstrap: bootstrap)
    }
}
