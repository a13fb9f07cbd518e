internal import CSystem
internal import Glibc

/// A signal of the kernel.
public struct Signal: RawRepresentable, Hashable, Sendable {
    /// The number.
    public let rawValue: Int32

    /// Wraps a number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// SIGTERM: drain, then exit.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// SIGINT: as SIGTERM, from the keyboard.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// SIGHUP: reread files.
    public static let hangUp = Signal(rawValue: SIGHUP)
    /// SIGKILL: ends at once, cannot be handled.
    public static let kill = Signal(rawValue: SIGKILL)
    /// SIGUSR1.
    public static let user1 = Signal(rawValue: SIGUSR1)
    /// SIGPIPE.
    public static let pipe = Signal(rawValue: SIGPIPE)
}

/// Signals of this process, delivered on a loop.
public enum Signals {
    /// Calls `handler` on the loop for each arrival of one of the signals, from now to the end of the process.
    ///
    /// A later call for the same signal takes it over. Threads need no signal mask.
    public static func handle(
        _ signals: [Signal], on loop: EventLoop, handler: @escaping @Sendable (Signal) -> Void
    ) throws(Errno) {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw Errno.last }
        let read = ends[0]
        // The writing end stays open for ever: a signal may come at any time.
        for signal in signals {
            let code = csystem_signal_route(signal.rawValue, ends[1])
            if code != 0 { throw Errno(code: code) }
        }
        loop.submit {
            let reader = SignalReader(FileDescriptor(owning: read), handler)
            _ = try? loop.register(read, .readable, handler: reader)
        }
    }

    /// Ignores a signal.
    public static func ignore(_ signal: Signal) { _ = csystem_signal_ignore(signal.rawValue) }

    /// Restores what the kernel does by default.
    public static func restoreDefault(_ signal: Signal) { _ = csystem_signal_default(signal.rawValue) }

    /// Sends a signal to a process.
    ///
    /// False when there is no such process.
    @discardableResult
    public static func send(_ signal: Signal, to pid: Int32) -> Bool { Glibc.kill(pid, signal.rawValue) == 0 }
}

private final class SignalReader: EventHandler {
    private let pipe: FileDescriptor
    private let handler: @Sendable (Signal) -> Void

    init(_ pipe: consuming FileDescriptor, _ handler: @escaping @Sendable (Signal) -> Void) {
        self.pipe = pipe
        self.handler = handler
    }

    func handle(_ events: IOEvents) {
        var bytes = [UInt8](repeating: 0, count: 64)
        while true {
            let count = Glibc.read(pipe.rawValue, &bytes, bytes.count)
            guard count > 0 else { return }
            for byte in bytes[..<count] { handler(Signal(rawValue: Int32(byte))) }
        }
    }
}
