public import Bytes
public import EnvoyConfig
internal import Reactor
internal import XDS

/// A gateway: workers that serve what configuration says, and the admin listener.
///
/// Use from any thread.
public final class GatewayProcess: Sendable {
    private let control: GatewayControl

    /// Starts the worker threads; nothing is served before `start`.
    public init(options: GatewayOptions) {
        control = GatewayControl(options: options)
    }

    /// Checks a bootstrap as `start` would, the files it names included, without opening a port.
    public static func validate(_ bootstrap: Bootstrap) async throws(ConfigError) {
        let loop = EventLoop.started(name: "validation")
        defer { loop.stop() }
        let check: @Sendable (Snapshot) async -> ConfigError? = { snapshot in
            guard
                case .failure(let error) = SnapshotCompiler.compile(
                    snapshot)
            else { return nil }
            return error
        }
        let delivery = DynamicResources(
            bootstrap, loop: loop,
            gateway: DynamicResources.Gateway(check: check, apply: check, target: { _ in nil }))
        try await delivery.validate()
    }

    /// Serves the bootstrap's own resources and follows its dynamic ones, unless these come through `apply`.
    ///
    /// Throws every reason why it cannot; no port is open then.
    public func start(_ bootstrap: Bootstrap) async throws(ConfigError) {
        try await control.start(bootstrap)
    }

    /// Replaces the dynamic resources: all of them, or none and the reasons.
    ///
    /// The bootstrap's own stay. Requests in flight and unchanged filter chains do not notice.
    public func apply(_ snapshot: Snapshot) async -> Result<Void, ConfigError> {
        await control.apply(snapshot)
    }

    /// Where each listener accepts, with the port the kernel chose for port 0.
    public func listenerAddresses() async -> [String: SocketAddress] { await control.addresses }

    /// Where the admin listener accepts; nil without one.
    public func adminAddress() async -> SocketAddress? { await control.adminAddress }

    /// Counters by Envoy's names, summed over all workers.
    public func stats() async -> [String: Int64] {
        var result: [String: Int64] = [:]
        for (key, value) in await control.stats().values { result[key.text] = value }
        return result
    }

    /// Accepts nothing new, lets requests finish, then ends what is left after `stopTime`.
    public func stop() async { await control.stop() }

    /// Serves until SIGTERM or SIGINT, then drains and returns 0.
    ///
    /// A second signal returns at once. Returns 1 when the bootstrap cannot be served, after logging why.
    public func run(bootstrap: Bootstrap) async -> Int32 {
        do {
            try await start(bootstrap)
        } catch {
            for finding in error.findings { Log.error("gateway", finding.description) }
            return 1
        }
        return await waitForSignal()
    }

    /// Waits for SIGTERM or SIGINT, then drains and returns 0; a second signal returns at once.
    public func waitForSignal() async -> Int32 { await control.waitForSignal() }
}
