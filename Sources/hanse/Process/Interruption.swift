import Reactor

/// SIGTERM and SIGINT: the first asks a process to drain and end, the second ends it at once.
struct Interruption {
    private let signals: AsyncStream<Signal>

    /// Takes the signals over for the rest of the process.
    init(on loop: EventLoop) throws(Errno) {
        let (signals, arrived) = AsyncStream.makeStream(of: Signal.self)
        self.signals = signals
        try Signals.handle([.terminate, .interrupt, .hangUp], on: loop) { signal in
            arrived.yield(signal)
        }
        Signals.ignore(.pipe)
    }

    /// Waits for the first one; from then on the next ends the process at once.
    ///
    /// `onHangUp` runs at each SIGHUP.
    func wait(onHangUp: @Sendable () async -> Void = {}) async {
        var iterator = signals.makeAsyncIterator()
        while let signal = await iterator.next() {
            if signal == .hangUp {
                await onHangUp()
                continue
            }
            Signals.restoreDefault(.terminate)
            Signals.restoreDefault(.interrupt)
            return
        }
    }
}

/// The flags of every long-running command.
enum LogFlags {
    static let all: [Flag] = [
        .value("log-format", "FORMAT", "text or json", default: "text"),
        .value("log-level", "LEVEL", "debug, info, warning or error", default: "info"),
    ]

    static func configure(_ flags: ParsedFlags) throws(UsageError) {
        let format = try flags.choice("log-format", of: ["text", "json"]) ?? "text"
        let level = try flags.choice("log-level", of: Log.Level.allCases.map(\.rawValue)) ?? "info"
        Log.configure(
            format: Log.Format(rawValue: format) ?? .text, level: Log.Level(rawValue: level) ?? .info)
    }
}

/// A path that holds wherever a process of ours is started, without a slash at its end.
func absolutePath(_ path: String) -> String {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    return path.hasPrefix("/") ? path : "\(Environment.workingDirectory)/\(path)"
}
