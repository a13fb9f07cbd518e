public import Bytes

/// How a gateway process runs, besides its configuration.
public struct GatewayOptions: Sendable {
    /// Worker threads; at least 1.
    public var concurrency: Int
    /// How long connections of a replaced or removed listener may go on.
    public var drainTime: Duration = .seconds(600)
    /// How long connections may go on after the signal to stop.
    public var stopTime: Duration = .seconds(30)
    /// How long access log lines may wait to be written together.
    public var logFlushInterval: Duration = .milliseconds(100)
    /// Where readiness is served besides the admin listener; nil for nowhere.
    public var readinessAddress: SocketAddress?
    /// Where metrics are served besides the admin listener; nil for nowhere.
    public var metricsAddress: SocketAddress?
    /// The admin listener, when the bootstrap names none; loopback only.
    public var adminAddress: SocketAddress?
    /// Whether dynamic resources come through `apply`, and the bootstrap's sources are not followed.
    public var acceptsDynamicResources = false
    /// For `/server_info`.
    public var version = ""

    /// The defaults with this many threads.
    public init(concurrency: Int = 1) {
        self.concurrency = max(1, concurrency)
    }
}
