import Document
import Reactor
import TLS

/// What this build is.
enum BuildVersion {
    /// The version, as the change log names it.
    static let version = "0.1.0"
    /// The commit the binary was built from; release builds fill it in.
    static let commit = "development"
}

/// `hanse version`: prints what this binary is.
enum VersionCommand {
    static let flags = FlagSet(
        command: "hanse version", arguments: "", summary: "Print the version of this binary.",
        flags: [.value("output", short: "o", "FORMAT", "text or json", default: "text")])

    static func run(_ arguments: [String]) async -> Int32 {
        await flags.run(arguments) { (flags) throws(UsageError) in
            if let extra = flags.arguments.first { throw UsageError("unexpected argument: \(extra)") }
            if try flags.choice("output", of: ["text", "json"]) == "json" {
                let node: Node = [
                    "version": Node(BuildVersion.version), "commit": Node(BuildVersion.commit),
                    "openssl": Node(openSSLVersion),
                ]
                Output.stdout(JSON.serialize(node, style: .pretty) + "\n")
            } else {
                Output.stdout(
                    "hanse \(BuildVersion.version)\ncommit \(BuildVersion.commit)\n\(openSSLVersion)\n")
            }
            return ExitCode.ok
        }
    }
}
