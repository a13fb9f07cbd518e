internal import CSystem
internal import Glibc
internal import Synchronization

/// How a child ended.
public enum ChildExit: Hashable, Sendable, CustomStringConvertible {
    /// It returned this code.
    case exited(Int32)
    /// A signal ended it.
    case signaled(Int32)

    /// `exit code 1` or `signal 9`.
    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}

/// A child process, watched through its pidfd: no SIGCHLD, no race with reused process ids.
///
/// The child leads a process group of its own, so the terminal's Ctrl-C reaches only this process. With
/// `diesWithParent` the kernel kills it when this process ends in whatever way, kill -9 included.
public final class ChildProcess: Sendable {
    /// Where one of the child's streams goes.
    public enum Stream: Sendable, Hashable {
        /// /dev/null.
        case null
        /// The same as this process's.
        case inherit
        /// Appended to a file.
        case file(String)
    }

    /// What to start.
    public struct Configuration: Sendable {
        /// The program's path; `PATH` is not searched.
        public var executable: String
        /// The arguments after the program's name.
        public var arguments: [String]
        /// The environment as `NAME=value`.
        public var environment: [String]
        /// The working directory; nil: this process's.
        public var directory: String?
        /// Standard output.
        public var output: Stream
        /// Standard error.
        public var error: Stream
        /// The kernel kills the child (SIGKILL) when this process ends.
        public var diesWithParent: Bool

        /// Makes a configuration; the environment is this process's.
        public init(
            executable: String, arguments: [String], environment: [String] = Environment.all,
            directory: String? = nil, output: Stream = .inherit, error: Stream = .inherit,
            diesWithParent: Bool = true
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.output = output
            self.error = error
            self.diesWithParent = diesWithParent
        }
    }

    private struct State {
        var status: ChildExit?
        var waiters: [CheckedContinuation<ChildExit, Never>] = []
    }

    /// The child's process id.
    public let pid: Int32
    private let pidfd: FileDescriptor
    private let state = Mutex(State())

    // The kernel sends the death signal when the *thread* that forked ends: this one never does.
    private static let spawner = BlockingPool(name: "spawn", threads: 1)

    private init(pid: Int32, pidfd: Int32) {
        self.pid = pid
        self.pidfd = FileDescriptor(owning: pidfd)
    }

    /// Starts a child and watches it on `loop`.
    ///
    /// Fails when the program cannot be executed.
    public static func spawn(_ configuration: Configuration, on loop: EventLoop) async throws(FileError)
        -> ChildProcess
    {
        let child = try await spawner.run { () throws(FileError) in try start(configuration) }
        loop.submit {
            let watcher = ExitWatcher(child, loop)
            watcher.start()
        }
        return child
    }

    private static func start(_ configuration: Configuration) throws(FileError) -> ChildProcess {
        let output = try Self.open(configuration.output, inherited: 1)
        let error = try Self.open(configuration.error, inherited: 2)
        var pid: Int32 = -1
        var pidfd: Int32 = -1
        let arguments = CStrings([configuration.executable] + configuration.arguments)
        let environment = CStrings(configuration.environment)
        let places = CStrings([configuration.executable] + (configuration.directory.map { [$0] } ?? []))
        // The pointers live until their owners end, after the call.
        let code = arguments.withPointer { argv in
            environment.withPointer { envp in
                places.withPointer { places in
                    var spawn = csystem_spawn(
                        path: places[0], argv: argv, envp: envp, directory: places[1],
                        input: -1, output: output.number, error: error.number,
                        death_signal: configuration.diesWithParent ? SIGKILL : 0)
                    return csystem_start(&spawn, &pid, &pidfd)
                }
            }
        }
        guard code == 0 else {
            throw FileError(path: configuration.executable, errno: Errno(code: code), message: "cannot start")
        }
        return ChildProcess(pid: pid, pidfd: pidfd)
    }

    private struct Target: ~Copyable {
        let number: Int32
        let file: FileDescriptor?
    }

    private static func open(_ stream: Stream, inherited: Int32) throws(FileError) -> Target {
        switch stream {
        case .null: return Target(number: -1, file: nil)
        case .inherit: return Target(number: inherited, file: nil)
        case .file(let path):
            let file = try FileSystem.openForAppending(path)
            return Target(number: file.rawValue, file: file)
        }
    }

    /// Waits until the child ended.
    ///
    /// Any number of callers.
    public func wait() async -> ChildExit {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// How it ended; nil while it runs.
    public var exitStatus: ChildExit? { state.withLock { $0.status } }

    /// Sends a signal; ignored when it ended.
    public func send(_ signal: Signal) {
        // The status is set under the lock before the id can be reused.
        state.withLock { if $0.status == nil { Signals.send(signal, to: pid) } }
    }

    /// Takes the exit status if the child ended.
    ///
    /// False: still running.
    fileprivate func reap() -> Bool {
        var waiters: [CheckedContinuation<ChildExit, Never>] = []
        let status: ChildExit? = state.withLock { state in
            var raw: Int32 = 0
            let code = csystem_reap(pid, &raw)
            if code == 0 { return nil }
            // Reaped by someone else (code -1): it is gone, its status unknown.
            let status: ChildExit = code < 0 ? .exited(-1) : raw >= 256 ? .signaled(raw - 256) : .exited(raw)
            state.status = status
            waiters = state.waiters
            state.waiters = []
            return status
        }
        guard let status else { return false }
        for waiter in waiters { waiter.resume(returning: status) }
        return true
    }

    fileprivate var descriptor: Int32 { pidfd.rawValue }
}

private final class ExitWatcher: EventHandler {
    private let child: ChildProcess
    private let loop: EventLoop
    private var registration: Registration?

    init(_ child: ChildProcess, _ loop: EventLoop) {
        self.child = child
        self.loop = loop
    }

    func start() { registration = try? loop.register(child.descriptor, .readable, handler: self) }

    func handle(_ events: IOEvents) {
        guard child.reap(), let registration else { return }
        loop.deregister(registration)
    }
}
