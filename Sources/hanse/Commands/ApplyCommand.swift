import Document
import KubernetesClient
import Reactor
import Resources

/// `hanse apply`: makes objects be as manifests say.
enum ApplyCommand {
    static let flags = FlagSet(
        command: "hanse apply", arguments: "-f FILE|DIR|-",
        summary: "Create or change objects so that they are as manifests say.",
        flags: [
            .list("filename", short: "f", "FILE", "a file, a folder, or - for standard input"),
            .bool("recursive", short: "R", "read the folders below those of -f, too"),
            .optionalValue("dry-run", "MODE", whenBare: "client", "none, client or server", default: "none"),
            .optionalValue(
                "validate", "MODE", whenBare: "strict", "strict, warn or ignore unknown fields",
                default: "strict"),
            .bool("server-side", "let the server merge"),
            .bool("force-conflicts", "with --server-side: take fields from other managers"),
            .value("field-manager", "NAME", "who writes, for managedFields"),
            .value("output", short: "o", "FORMAT", "one of \(ObjectFormat.words)"),
        ] + ClusterSession.flags,
        examples: ["hanse apply -f mesh.yaml", "cat mesh.yaml | hanse apply -n lab -f -"])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(CommandFailure) in
            if let extra = flags.arguments.first { throw .usage(UsageError("unexpected argument: \(extra)")) }
            if flags.list("filename").isEmpty {
                throw .usage(UsageError("must specify one of -f and --filename"))
            }
            let mode = try DryRun.parse(flags)
            let validation = try FieldValidation.parse(flags)
            let format = try ObjectFormat.parse(flags["output"])
            if flags.bool("force-conflicts"), !flags.bool("server-side") {
                throw .usage(UsageError("--force-conflicts needs --server-side"))
            }
            if flags.bool("server-side"), mode == .client {
                throw .usage(
                    UsageError(
                        "--dry-run=client and --server-side exclude each other, expected --dry-run=server"))
            }
            let manifests = try ManifestReader.read(
                flags.list("filename"), isRecursive: flags.bool("recursive"))
            let session = try ClusterSession(flags)
            let applier = Applier(
                session: session, dryRun: mode, validation: validation,
                isServerSide: flags.bool("server-side"),
                isForced: flags.bool("force-conflicts"), manager: flags["field-manager"])
            var results: [(object: Node, resource: APIResource)] = []
            var failed = false
            for manifest in manifests {
                do throws(CommandFailure) {
                    let result = try await applier.apply(manifest)
                    if format == nil {
                        Output.stdout("\(result.label) \(result.verb)\(mode.suffix)\n")
                    } else {
                        results.append((result.object, result.resource))
                    }
                } catch {
                    Output.stderr(error.text)
                    failed = true
                    guard case .api(.refused) = error else { continue }
                    break
                }
            }
            if let format, !results.isEmpty { try print(results, format) }
            return failed ? ExitCode.failed : ExitCode.ok
        }
    }

    private static func print(
        _ results: [(object: Node, resource: APIResource)], _ format: ObjectFormat
    ) throws(CommandFailure) {
        let shown = results.map { ObjectText.presentable($0.object, $0.resource, showsManagedFields: false) }
        if case .name = format {
            for (object, result) in zip(shown, results) {
                Output.stdout(try format.render(object, resource: result.resource))
            }
        } else if shown.count == 1 {
            Output.stdout(try format.render(shown[0], resource: results[0].resource))
        } else {
            Output.stdout(try format.render(ObjectText.list(shown), resource: nil))
        }
    }
}

/// How much of a write happens.
enum DryRun: Equatable {
    case none
    case client
    case server

    static func parse(_ flags: ParsedFlags) throws(CommandFailure) -> DryRun {
        switch flags["dry-run"] {
        case "none", "false", nil: return .none
        case "client", "true": return .client
        case "server": return .server
        case let other?:
            throw .usage(
                UsageError("invalid value \"\(other)\" of --dry-run: expected none, server or client"))
        }
    }

    /// What stands behind the verb of a message.
    var suffix: String {
        switch self {
        case .none: ""
        case .client: " (dry run)"
        case .server: " (server dry run)"
        }
    }
}

/// What is said about unknown fields.
enum FieldValidation {
    /// The value of the query parameter.
    static func parse(_ flags: ParsedFlags) throws(CommandFailure) -> String {
        switch flags["validate"] {
        case "strict", "true", nil: return "Strict"
        case "warn": return "Warn"
        case "ignore", "false": return "Ignore"
        case let other?:
            throw .usage(
                UsageError("invalid value \"\(other)\" of --validate: expected strict, warn or ignore"))
        }
    }
}
