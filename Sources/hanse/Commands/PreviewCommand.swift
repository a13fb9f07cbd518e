import Document
import Federation
import Reactor
import Resources

/// `hanse preview`: what a mesh would export, import and route, from files alone.
enum PreviewCommand {
    static let flags = FlagSet(
        command: "hanse preview", arguments: "",
        summary: "Show what is exported, imported and routed according to manifests, without a server.",
        flags: [
            .list(
                "filename", short: "f", "FILE",
                "a manifest, a directory of manifests, or - for standard input"),
            .list(
                "peer-services", "PEER=FILE",
                "the services of a peer, as its discovery lists them: {\"services\": [...]}"),
            .value(
                "namespace", short: "n", "NAMESPACE", "the namespace of objects that name none",
                default: "default"),
            .value(
                "output", short: "o", "FORMAT",
                "table, json, yaml, or envoy for the configuration of one gateway process", default: "table"),
            .value(
                "secrets-directory", "DIR",
                "where that process keeps GATEWAY.json with its certificates; without it a stand-in is shown"
            ),
        ],
        examples: [
            "hanse preview -f mesh/ --peer-services west=west-services.json",
            "hanse preview -f mesh/ -o envoy > bootstrap.json && envoy --mode validate -c bootstrap.json",
        ])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(UsageError) in
            if let extra = flags.arguments.first { throw UsageError("unexpected argument: \(extra)") }
            let format = try flags.choice("output", of: ["table", "json", "yaml", "envoy"])
            let paths = flags.list("filename")
            guard !paths.isEmpty else { throw UsageError("required flag is not set: --filename") }
            let peerFiles = try peerFiles(flags.list("peer-services"))
            do throws(PreviewError) {
                let preview = try make(
                    paths, peerFiles: peerFiles, namespace: flags["namespace"] ?? "default",
                    secretsDirectory: flags["secrets-directory"])
                if format == "envoy" {
                    // The configuration has no place for them.
                    for line in preview.warningLines { Output.stderr("warning: \(line)\n") }
                }
                Output.stdout(text(preview, format ?? "table"))
                return ExitCode.ok
            } catch {
                for line in error.lines { Output.stderr("error: \(line)\n") }
                return ExitCode.failed
            }
        }
    }

    /// Reads files and previews them; `peerFiles` are service lists by peer.
    static func make(
        _ paths: [String], peerFiles: [String: String] = [:], namespace: String = "default",
        secretsDirectory: String? = nil
    ) throws(PreviewError) -> Preview {
        var files = PreviewFiles(schemas: try schemas(), namespace: namespace)
        try files.read(paths)
        return try Preview(
            files.resources, lists: try lists(peerFiles), secretsDirectory: secretsDirectory,
            now: Clock.wall()
        )
        .adding(files.warnings)
    }

    private static func text(_ preview: Preview, _ format: String) -> String {
        switch format {
        case "json": JSON.serialize(preview.node, style: .pretty) + "\n"
        case "yaml": YAML.serialize(preview.node)
        case "envoy": JSON.serialize(preview.bootstrap, style: .pretty2) + "\n"
        default: preview.tables
        }
    }

    private static func schemas() throws(PreviewError) -> SchemaRegistry {
        do {
            return try SchemaRegistry.embedded()
        } catch {
            throw PreviewError(lines: error.findings.map(\.description))
        }
    }

    /// `PEER=FILE` pairs.
    private static func peerFiles(_ arguments: [String]) throws(UsageError) -> [String: String] {
        var files: [String: String] = [:]
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex,
                argument.index(after: equals) != argument.endIndex
            else {
                throw UsageError("invalid value \"\(argument)\" of --peer-services: expected PEER=FILE")
            }
            let peer = String(argument[..<equals])
            guard files.updateValue(String(argument[argument.index(after: equals)...]), forKey: peer) == nil
            else {
                throw UsageError("--peer-services names \(peer) twice")
            }
        }
        return files
    }

    private static func lists(_ files: [String: String]) throws(PreviewError) -> [String: [ServiceMessage]] {
        var lists: [String: [ServiceMessage]] = [:]
        var faults: [String] = []
        for (peer, path) in files.sorted(by: { $0.key < $1.key }) {
            do {
                lists[peer] = try list(path)
            } catch {
                faults += error.lines
            }
        }
        guard faults.isEmpty else { throw PreviewError(lines: faults) }
        return lists
    }

    /// A service list, JSON or YAML.
    private static func list(_ path: String) throws(PreviewError) -> [ServiceMessage] {
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(path)
        } catch {
            throw PreviewError(lines: ["\(error)"])
        }
        let documents: [Node]
        do {
            documents = try YAML.parse(bytes, file: path)
        } catch {
            throw PreviewError(lines: error.findings.map(\.description))
        }
        guard documents.count == 1 else {
            throw PreviewError(lines: ["\(path): holds \(documents.count) documents, expected one"])
        }
        do {
            return try ServiceList(node: documents[0]).services
        } catch {
            throw PreviewError(lines: ["\(path): \(error)"])
        }
    }
}
