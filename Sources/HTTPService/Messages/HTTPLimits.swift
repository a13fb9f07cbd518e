/// What one client may cost a server.
public struct HTTPLimits: Sendable, Hashable {
    /// Connections held at once; further ones wait in the kernel's backlog.
    public var maxConnections: Int
    /// A request head above this is answered 431.
    public var maxHeadBytes: Int
    /// A request body above this is answered 413.
    public var maxBodyBytes: Int
    /// From the first byte of a request (or the connect) to the end of its head, the TLS handshake included.
    public var headerTimeout: Duration
    /// From the head to the end of the body.
    public var bodyTimeout: Duration
    /// Between requests of one connection.
    public var idleTimeout: Duration
    /// How long a client may take nothing while output waits for it.
    public var writeTimeout: Duration
    /// Unsent bytes above which `HTTPBodyWriter.write` suspends.
    public var writeWatermark: Int
    /// How long `HTTPServer.stop` waits for requests under way.
    public var stopTimeout: Duration

    /// The limits of the control plane, each of which may be changed.
    public init(
        maxConnections: Int = 10_000, maxHeadBytes: Int = 60 * 1024, maxBodyBytes: Int = 3 * 1024 * 1024,
        headerTimeout: Duration = .seconds(10), bodyTimeout: Duration = .seconds(60),
        idleTimeout: Duration = .seconds(90), writeTimeout: Duration = .seconds(30),
        writeWatermark: Int = 256 * 1024, stopTimeout: Duration = .seconds(5)
    ) {
        self.maxConnections = maxConnections
        self.maxHeadBytes = maxHeadBytes
        self.maxBodyBytes = maxBodyBytes
        self.headerTimeout = headerTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.writeTimeout = writeTimeout
        self.writeWatermark = writeWatermark
        self.stopTimeout = stopTimeout
    }
}
