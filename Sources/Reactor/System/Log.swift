internal import Bytes
internal import Synchronization

/// The process's log: one line per event on standard error.
///
/// Any thread.
public enum Log {
    /// How lines look.
    public enum Format: String, Sendable {
        /// `2006-01-02T15:04:05.000Z INFO component: message key=value`
        case text
        /// One JSON object with `time`, `level`, `component`, `message` and the fields.
        case json
    }

    /// How much is written.
    public enum Level: String, Sendable, Comparable, CaseIterable {
        /// For developers.
        case debug
        /// What an operator may want to see.
        case info
        /// Something is degraded.
        case warning
        /// Something failed and needs a person.
        case error

        var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }

        /// By severity.
        public static func < (lhs: Level, rhs: Level) -> Bool { lhs.rank < rhs.rank }
    }

    private struct Configuration: Sendable {
        var format = Format.text
        var sink: (@Sendable (String) -> Void)?
    }

    private static let level = Atomic<Int>(Level.info.rank)
    private static let configuration = Mutex(Configuration())

    /// Sets the format and the least level written.
    public static func configure(format: Format, level: Level) {
        configuration.withLock { $0.format = format }
        self.level.store(level.rank, ordering: .relaxed)
    }

    /// Sends lines to `sink` in place of standard error; nil restores it.
    ///
    /// For tests.
    public static func captureForTest(_ sink: (@Sendable (String) -> Void)?) {
        configuration.withLock { $0.sink = sink }
    }

    /// Whether lines of this level are written: ask before building an expensive message.
    public static func isEnabled(_ level: Level) -> Bool { level.rank >= self.level.load(ordering: .relaxed) }

    /// Writes an event for developers.
    public static func debug(
        _ component: String, _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if isEnabled(.debug) { write(.debug, component, message(), fields()) }
    }

    /// Writes an event an operator may want to see.
    public static func info(
        _ component: String, _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if isEnabled(.info) { write(.info, component, message(), fields()) }
    }

    /// Writes that something is degraded.
    public static func warning(
        _ component: String, _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if isEnabled(.warning) { write(.warning, component, message(), fields()) }
    }

    /// Writes that something failed.
    public static func error(
        _ component: String, _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if isEnabled(.error) { write(.error, component, message(), fields()) }
    }

    private static func write(
        _ level: Level, _ component: String, _ message: String, _ fields: KeyValuePairs<String, String>
    ) {
        let current = configuration.withLock { $0 }
        let line = render(current.format, Clock.wall(), level, component, message, fields)
        // One write a line, so that lines of several threads and processes do not mix.
        if let sink = current.sink { sink(line) } else { Output.stderr(line + "\n") }
    }

    static func render(
        _ format: Format, _ time: WallTime, _ level: Level, _ component: String, _ message: String,
        _ fields: KeyValuePairs<String, String>
    ) -> String {
        var line = ""
        switch format {
        case .text:
            line += "\(time.rfc3339Milliseconds) \(level.rawValue.uppercased()) \(component): "
            line += escaped(message, quotes: false)
            for (key, value) in fields {
                let isPlain =
                    !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D }
                line += " \(key)=" + (isPlain ? value : "\"\(escaped(value, quotes: true))\"")
            }
        case .json:
            line += "{\"time\":\"\(time.rfc3339Milliseconds)\",\"level\":\"\(level.rawValue)\""
            line += ",\"component\":\"\(escaped(component, quotes: true))\""
            line += ",\"message\":\"\(escaped(message, quotes: true))\""
            for (key, value) in fields {
                line += ",\"\(escaped(key, quotes: true))\":\"\(escaped(value, quotes: true))\""
            }
            line += "}"
        }
        return line
    }

    /// Control characters never reach the log raw: a peer's text cannot forge a line.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        let isClean = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F && !(quotes && ($0 == 0x22 || $0 == 0x5C))
        }
        if isClean { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quotes: result += "\\\""
            case "\\" where quotes: result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
