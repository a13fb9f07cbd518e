import Bytes

/// One flag of a command.
struct Flag: Sendable {
    /// What a flag takes.
    enum Kind: Sendable, Equatable {
        /// Nothing, or `=true` and `=false`.
        case bool
        /// One value; given twice, the last one counts.
        case value(String)
        /// One value each time it is given; all count.
        case list(String)
        /// A value after `=` only; without one it stands for `whenBare`.
        case optionalValue(String, whenBare: String)
    }

    /// The long name without dashes.
    var name: String
    /// The one-letter name, when there is one.
    var short: Character?
    var kind: Kind
    var help: String
    /// What counts when the flag is not given anywhere; shown in the help.
    var defaultValue: String?

    /// A flag without value.
    static func bool(_ name: String, short: Character? = nil, _ help: String, default value: Bool = false)
        -> Flag
    {
        Flag(name: name, short: short, kind: .bool, help: help, defaultValue: value ? "true" : nil)
    }

    /// A flag with a value; `placeholder` stands for it in the help.
    static func value(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String,
        default value: String? = nil
    ) -> Flag {
        Flag(name: name, short: short, kind: .value(placeholder), help: help, defaultValue: value)
    }

    /// A flag that may be given several times.
    static func list(_ name: String, short: Character? = nil, _ placeholder: String, _ help: String) -> Flag {
        Flag(name: name, short: short, kind: .list(placeholder), help: help)
    }

    /// A flag whose value, when there is one, follows a `=`.
    static func optionalValue(
        _ name: String, _ placeholder: String, whenBare bare: String, _ help: String,
        default value: String? = nil
    ) -> Flag {
        Flag(name: name, kind: .optionalValue(placeholder, whenBare: bare), help: help, defaultValue: value)
    }

    /// The environment variable that stands for the flag when it is not given: `--state-dir` is `HANSE_STATE_DIR`.
    var variable: String {
        "HANSE_" + name.map { $0 == "-" ? "_" : $0.uppercased() }.joined()
    }
}

/// A command line that cannot be understood; the exit code is 2.
struct UsageError: Error, Equatable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}

/// The flags and help of one command.
struct FlagSet: Sendable {
    /// The words that lead to the command: `hanse create configmap`.
    var command: String
    /// The arguments in the usage line, for example `TYPE[/NAME] [NAME...]`.
    var arguments: String
    /// What the command does, in a sentence or a paragraph.
    var summary: String
    var flags: [Flag]
    /// Whole command lines for the help.
    var examples: [String] = []

    /// What a command line says.
    enum Outcome {
        case run(ParsedFlags)
        /// `--help` was given.
        case help
    }

    /// Reads a command line.
    ///
    /// Flags and other arguments may be mixed; `--` ends the flags.
    func parse(
        _ arguments: [String], environment: (String) -> String?
    ) throws(UsageError) -> Outcome {
        var parsed = ParsedFlags(flags: flags)
        var index = 0
        func nextValue(for spelling: String) throws(UsageError) -> String {
            index += 1
            guard index < arguments.count else { throw UsageError("flag needs a value: \(spelling)") }
            return arguments[index]
        }
        while index < arguments.count {
            let argument = arguments[index]
            if argument == "--" {
                parsed.arguments += arguments[(index + 1)...]
                break
            }
            if argument == "--help" || argument == "-h" { return .help }
            if argument.hasPrefix("--") {
                let (name, attached) = Self.split(argument.dropFirst(2))
                guard let flag = flags.first(where: { $0.name == name }) else {
                    throw UsageError("unknown flag: --\(name)")
                }
                switch (flag.kind, attached) {
                case (.bool, _): try parsed.set(flag, attached ?? "true")
                case (.optionalValue(_, let bare), _): try parsed.set(flag, attached ?? bare)
                case (_, let value?): try parsed.set(flag, value)
                case (_, nil): try parsed.set(flag, try nextValue(for: "--\(name)"))
                }
            } else if argument.hasPrefix("-"), argument.count > 1 {
                var letters = argument.dropFirst()
                while let letter = letters.popFirst() {
                    guard let flag = flags.first(where: { $0.short == letter }) else {
                        throw UsageError("unknown shorthand flag: '\(letter)' in \(argument)")
                    }
                    if case .bool = flag.kind {
                        if letters.first == "=" {
                            try parsed.set(flag, String(letters.dropFirst()))
                            break
                        }
                        try parsed.set(flag, "true")
                        continue
                    }
                    if letters.isEmpty {
                        try parsed.set(flag, try nextValue(for: "-\(letter)"))
                    } else {
                        try parsed.set(flag, String(letters.first == "=" ? letters.dropFirst() : letters))
                    }
                    break
                }
            } else {
                parsed.arguments.append(argument)
            }
            index += 1
        }
        for flag in flags where !parsed.isGiven(flag.name) {
            if let value = environment(flag.variable), !value.isEmpty {
                do {
                    try parsed.set(flag, value)
                } catch {
                    throw UsageError("\(error.message) (from \(flag.variable))")
                }
            }
        }
        return .run(parsed)
    }

    private static func split(_ text: Substring) -> (name: String, value: String?) {
        guard let equals = text.firstIndex(of: "=") else { return (String(text), nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// The text of `--help`.
    var help: String {
        var text = "\(summary)\n\nUsage:\n  \(command)"
        if !arguments.isEmpty { text += " \(arguments)" }
        if !flags.isEmpty { text += " [flags]" }
        text += "\n"
        if !examples.isEmpty {
            text += "\nExamples:\n" + examples.map { "  \($0)\n" }.joined()
        }
        if !flags.isEmpty {
            let spellings = flags.map { flag in
                let short = flag.short.map { "-\($0), " } ?? "    "
                let value =
                    switch flag.kind {
                    case .bool: ""
                    case .value(let placeholder), .list(let placeholder): " \(placeholder)"
                    case .optionalValue(let placeholder, _): "[=\(placeholder)]"
                    }
                return "  \(short)--\(flag.name)\(value)"
            }
            let width = min(36, spellings.map(\.count).max() ?? 0)
            text += "\nFlags:\n"
            for (flag, spelling) in zip(flags, spellings) {
                let gap =
                    spelling.count <= width
                    ? String(repeating: " ", count: width - spelling.count + 2)
                    : "\n" + String(repeating: " ", count: width + 2)
                let standard = flag.defaultValue.map { " (default \($0))" } ?? ""
                text += "\(spelling)\(gap)\(flag.help)\(standard) [\(flag.variable)]\n"
            }
        }
        return text
    }
}

/// The flags and arguments of one command line.
struct ParsedFlags: Sendable {
    /// What is neither a flag nor the value of one.
    var arguments: [String] = []
    private var values: [String: [String]] = [:]
    private let defaults: [String: String]

    init(flags: [Flag]) {
        defaults = Dictionary(flags.compactMap { flag in flag.defaultValue.map { (flag.name, $0) } }) { $1 }
    }

    mutating func set(_ flag: Flag, _ value: String) throws(UsageError) {
        switch flag.kind {
        case .bool:
            guard let bool = Self.bool(value) else {
                throw UsageError("invalid value \"\(value)\" of --\(flag.name): expected true or false")
            }
            values[flag.name] = [bool ? "true" : "false"]
        case .list: values[flag.name, default: []].append(value)
        case .value, .optionalValue: values[flag.name] = [value]
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch ASCII.lowercased(text) {
        case "true", "1", "t": true
        case "false", "0", "f": false
        default: nil
        }
    }

    /// True when the flag stands on the command line or in the environment.
    func isGiven(_ name: String) -> Bool { values[name] != nil }

    /// The flag's value, its default when it is not given.
    subscript(_ name: String) -> String? { values[name]?.last ?? defaults[name] }

    /// A flag without value.
    func bool(_ name: String) -> Bool { self[name] == "true" }

    /// All values of a flag that may be given several times; one value may hold several, separated by commas,
    /// when `separated` is set.
    func list(_ name: String, separated: Bool = false) -> [String] {
        let all = values[name] ?? []
        guard separated else { return all }
        return all.flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// A value that the command cannot do without.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = self[name], !value.isEmpty else {
            throw UsageError("required flag is not set: --\(name)")
        }
        return value
    }

    /// A whole number within a range.
    func int(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(
                "invalid value \"\(text)\" of --\(name): "
                    + "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A duration such as `90s` or `1h30m`.
    func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = self[name] else { return nil }
        guard let value = Duration(go: text) else {
            throw UsageError(
                "invalid value \"\(text)\" of --\(name): expected a duration such as 30s, 5m or 1h30m")
        }
        return value
    }

    /// One of a few words.
    func choice(_ name: String, of allowed: [String]) throws(UsageError) -> String? {
        guard let text = self[name] else { return nil }
        guard allowed.contains(text) else {
            throw UsageError(
                "invalid value \"\(text)\" of --\(name): expected one of \(allowed.joined(separator: ", "))")
        }
        return text
    }
}
