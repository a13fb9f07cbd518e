internal import Bytes
public import Reactor

/// Keeps one `hanse gateway` child running: started when wanted, restarted when it ends, never orphaned.
///
/// The first restart comes at once; a child that keeps ending waits 0.2 s, then twice as long each time, 10 s at the
/// most. One that ran for 10 s counts as healthy again.
public actor GatewaySupervisor {
    private let loop: EventLoop
    private let configuration: ChildProcess.Configuration
    private var child: ChildProcess?
    private var task: Task<Void, Never>?
    private var isStopping = false

    /// A supervisor of the program that `configuration` describes; its exit is watched on `loop`.
    public init(configuration: ChildProcess.Configuration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
    }

    /// Starts the child, once.
    public func start() {
        guard task == nil, !isStopping else { return }
        task = Task { await self.supervise() }
    }

    /// The child's process id while it runs.
    public var pid: Int32? { child?.exitStatus == nil ? child?.pid : nil }

    /// Asks the child to drain and end, and waits for it.
    public func stop() async {
        isStopping = true
        child?.send(.terminate)
        await task?.value
    }

    private func supervise() async {
        var delay = Duration.zero
        while !isStopping {
            let began = Clock.monotonic()
            do throws(FileError) {
                let child = try await ChildProcess.spawn(configuration, on: loop)
                self.child = child
                if isStopping { child.send(.terminate) }
                Log.info("gateway", "started", ["pid": "\(child.pid)"])
                let status = await child.wait()
                if isStopping { return }
                Log.warning("gateway", "ended; starting it again", ["status": "\(status)"])
            } catch {
                Log.error("gateway", "cannot start", ["error": "\(error)"])
            }
            child = nil
            let ran = Clock.monotonic() - began
            delay =
                ran > .seconds(10)
                ? .zero : (delay == .zero ? .milliseconds(200) : min(delay * 2, .seconds(10)))
            if delay > .milliseconds(200) { try? await Task.sleep(for: delay) }
        }
    }
}
