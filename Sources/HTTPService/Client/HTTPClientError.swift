public import Reactor
public import TLS

/// Why a request got no whole response.
public struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Hashable, Sendable {
        /// The host name gave no address.
        case resolve
        /// No address of the host took the connection.
        case connect(Errno)
        /// The TLS handshake, or the stream under TLS, failed.
        case tls
        /// The time allowed is over.
        case timeout
        /// The connection ended before the response did.
        case closed
        /// The server does not speak HTTP/1.1 as it should.
        case protocolError
        /// The body is larger than the caller takes.
        case bodyTooLarge
        /// The task, or `cancel()`, gave up.
        case cancelled
    }

    /// What went wrong.
    public let kind: Kind
    /// Where to: `HOST:PORT`.
    public let target: String
    /// The text for people, without the target.
    public let message: String

    /// TLS's own reason, for kind `tls`; nil when the stream just ended.
    public let tls: TLSError?

    /// Makes an error.
    public init(_ kind: Kind, target: String, _ message: String, tls: TLSError? = nil) {
        self.tls = tls
        self.kind = kind
        self.target = target
        self.message = message
    }

    /// `HOST:PORT: TEXT`.
    public var description: String { "\(target): \(message)" }
}
