/// The bounds an HTTP/1.1 parser enforces.
public struct HTTP1Limits: Hashable, Sendable {
    /// Bytes of the start line and header section together, the closing empty line included.
    ///
    /// Also bounds trailers.
    public var maxHeadBytes = 60 * 1024
    /// Header fields of one message; trailers count on their own.
    public var maxHeaders = 100
    /// Bytes of the request target; over it the status is 414 rather than 431.
    public var maxTargetBytes = 60 * 1024
    /// Bytes of one body; nil for no bound (a proxy streams).
    public var maxBodyBytes: Int64?
    /// Whether HTTP/1.0 requests are read; otherwise they are refused with 426.
    public var allowsHTTP10 = false

    /// The defaults, which are Envoy's for a gateway.
    public init() {}
}
