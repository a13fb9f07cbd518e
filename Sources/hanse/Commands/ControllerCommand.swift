import APIServer
import Bytes
import Controller
import Document
import Reactor
import Resources

/// `hanse controller`: the control plane of one mesh, with its API server.
enum ControllerCommand {
    static let flags = FlagSet(
        command: "hanse controller", arguments: "",
        summary: "Run the control plane of one mesh: API server, discovery, certificates, configuration.",
        flags: [
            .value("name", "NAME", "the mesh's kubeconfig context (default: the state directory's name)"),
            .value("state", "DIR", "where everything is kept (required)"),
            .value(
                "address-range", "CIDR", "the mesh's addresses: .1 controller, .2 mesh gateway (required)"),
            .bool("run-gateways", "run the mesh's gateways as a supervised child process"),
            .value("leaf-ttl", "DURATION", "how long certificates are valid", default: "24h"),
            .value("api-port", "PORT", "the API server's port", default: "6443"),
        ] + LogFlags.all,
        examples: [
            "hanse controller --name rosa --state /var/lib/hanse/rosa --address-range 127.0.11.0/24 --run-gateways"
        ])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(UsageError) in
            if let extra = flags.arguments.first { throw UsageError("unexpected argument: \(extra)") }
            try LogFlags.configure(flags)
            let state = absolutePath(try flags.required("state"))
            let text = try flags.required("address-range")
            guard let range = CIDR(text), range.prefixLength <= 29, let address = range.address(at: 1) else {
                throw UsageError(
                    "--address-range: \"\(text)\" is not a range such as 127.0.11.0/24 (/29 or larger)")
            }
            let lifetime = try flags.duration("leaf-ttl") ?? .seconds(86_400)
            guard lifetime >= .seconds(60) else { throw UsageError("--leaf-ttl: 60s is the least") }
            let port = UInt16(try flags.int("api-port", in: 1...65_535) ?? 6443)
            var configuration = ControllerConfiguration(
                name: flags["name"] ?? FileSystem.name(of: state), stateDirectory: state, addressRange: range,
                leafLifetime: lifetime, version: BuildVersion.version)
            if flags.bool("run-gateways") {
                configuration.gatewayExecutable = Environment.executablePath
                configuration.gatewayArguments = [
                    "--log-format", flags["log-format"] ?? "text", "--log-level",
                    flags["log-level"] ?? "info",
                ]
            }
            return await serve(configuration, SocketAddress(ip: address, port: port))
        }
    }

    private static func serve(_ configuration: ControllerConfiguration, _ address: SocketAddress) async
        -> Int32
    {
        let loop = EventLoop.started(name: "main")
        do {
            let interruption = try Interruption(on: loop)
            let server = try EmbeddedAPIServer(
                EmbeddedAPIServer.Configuration(
                    stateDirectory: configuration.stateDirectory, address: address, name: configuration.name,
                    schemas: try SchemaRegistry.embedded()))
            try await server.start()
            let controller = try MeshController(configuration: configuration, client: server.client)
            try await controller.start()
            Log.info(
                "controller", "ready",
                [
                    "mesh": configuration.name, "api": "https://\(address)",
                    "kubeconfig": server.kubeconfigPath,
                ])
            await interruption.wait()
            Log.info("controller", "stopping")
            await controller.stop()
            await server.stop()
            return ExitCode.ok
        } catch let error as DocumentError {
            for finding in error.findings { Output.stderr("error: \(finding.description)\n") }
        } catch {
            Output.stderr("error: \(error)\n")
        }
        return ExitCode.failed
    }
}
