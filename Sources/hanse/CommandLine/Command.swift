import Reactor

/// One command of the table in `main.swift`.
struct Command: Sendable {
    /// The word after `hanse`.
    var name: String
    /// What it does, in a few words for the overview.
    var summary: String
    /// Runs it with the arguments after its name; returns the exit code.
    var run: @Sendable ([String]) async -> Int32
}

/// The exit codes of every command.
enum ExitCode {
    static let ok: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
}

extension FlagSet {
    /// Reads the command line and runs `body`.
    ///
    /// Prints the help (exit code 0) or what is wrong with the command line (exit code 2) instead when that is
    /// what there is to say.
    func run(
        _ arguments: [String], _ body: (ParsedFlags) async throws(UsageError) -> Int32
    ) async -> Int32 {
        do {
            switch try parse(arguments, environment: Environment.get) {
            case .help:
                Output.stdout(help)
                return ExitCode.ok
            case .run(let flags): return try await body(flags)
            }
        } catch {
            Output.stderr("error: \(error.message)\nSee '\(command) --help' for usage.\n")
            return ExitCode.usage
        }
    }
}

/// Commands below a word, such as `hanse create configmap`.
struct CommandGroup: Sendable {
    /// The words that lead here: `hanse create`.
    var command: String
    /// What the commands have in common.
    var summary: String
    var commands: [Command]

    /// Runs the command that the first argument names.
    func run(_ arguments: [String]) async -> Int32 {
        guard let name = arguments.first else {
            Output.stderr(help)
            return ExitCode.usage
        }
        if name == "--help" || name == "-h" || name == "help" {
            if let topic = arguments.dropFirst().first,
                let found = commands.first(where: { $0.name == topic })
            {
                return await found.run(["--help"])
            }
            Output.stdout(help)
            return ExitCode.ok
        }
        guard let found = commands.first(where: { $0.name == name }) else {
            Output.stderr(
                "error: unknown command \"\(name)\" for \"\(command)\"\nSee '\(command) --help' for usage.\n")
            return ExitCode.usage
        }
        return await found.run(Array(arguments.dropFirst()))
    }

    /// The overview.
    var help: String {
        let width = commands.map(\.name.count).max() ?? 0
        let lines = commands.map { entry in
            "  \(entry.name)\(String(repeating: " ", count: width - entry.name.count))  \(entry.summary)\n"
        }
        return "\(summary)\n\nUsage:\n  \(command) COMMAND [flags]\n\nCommands:\n\(lines.joined())"
            + "\nUse \"\(command) COMMAND --help\" for more about a command.\n"
    }
}
