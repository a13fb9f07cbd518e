/// A message that breaks HTTP/1.1's grammar or one of our limits.
///
/// Carries no text of the message itself; `description` is fixed per kind.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Kind: String, Sendable, CaseIterable {
        /// The request line has not the form `method SP target SP version`.
        case badRequestLine
        /// The method is not a token.
        case badMethod
        /// The target holds a forbidden byte, a fragment, `%00`, or has an unknown form.
        case badTarget
        /// The version is not of the form `HTTP/1.x`.
        case badVersion
        /// A well-formed version whose major number is not 1.
        case unsupportedVersion
        /// HTTP/1.0 where only HTTP/1.1 is served.
        case upgradeRequired
        /// A header name is empty, holds a byte that is no token character, or has a space before its colon.
        case badHeaderName
        /// A header value holds a control character.
        case badHeaderValue
        /// A header line that continues the one before (RFC 9112 5.2).
        case obsoleteFold
        /// A line that ends without CR, or a CR without LF.
        case bareLineFeed
        /// An HTTP/1.1 request without Host.
        case missingHost
        /// More than one Host header.
        case repeatedHost
        /// A host with user info, a bad port or a forbidden byte.
        case badHost
        /// Content-Length is repeated, a list, or no plain number.
        case badContentLength
        /// Content-Length beside Transfer-Encoding.
        case conflictingFraming
        /// A Transfer-Encoding other than one `chunked`.
        case unsupportedTransferCoding
        /// The head, or a trailer section, is over its limit in bytes.
        case headTooLarge
        /// More header fields than allowed.
        case tooManyHeaders
        /// The target is over its limit.
        case targetTooLong
        /// The body is over its limit.
        case bodyTooLarge
        /// A chunk's size line or end is malformed.
        case badChunk
        /// A trailer field is malformed.
        case badTrailer
        /// A status line that is none, or a status outside 100...599.
        case badStatusLine
        /// The connection ended inside a message.
        case truncated
    }

    /// What is wrong.
    public let kind: Kind

    /// An error of `kind`.
    public init(_ kind: Kind) {
        self.kind = kind
    }

    /// The status a server answers with.
    public var status: Int {
        switch kind {
        case .unsupportedVersion: 505
        case .upgradeRequired: 426
        case .unsupportedTransferCoding: 501
        case .headTooLarge, .tooManyHeaders: 431
        case .targetTooLong: 414
        case .bodyTooLarge: 413
        default: 400
        }
    }

    /// The reason in words.
    public var description: String {
        switch kind {
        case .badRequestLine: "malformed request line"
        case .badMethod: "malformed method"
        case .badTarget: "malformed request target"
        case .badVersion: "malformed HTTP version"
        case .unsupportedVersion: "unsupported HTTP version"
        case .upgradeRequired: "HTTP/1.1 is required"
        case .badHeaderName: "malformed header name"
        case .badHeaderValue: "control character in a header value"
        case .obsoleteFold: "folded header line"
        case .bareLineFeed: "line not ended by CRLF"
        case .missingHost: "missing Host"
        case .repeatedHost: "more than one Host"
        case .badHost: "malformed Host"
        case .badContentLength: "malformed or repeated Content-Length"
        case .conflictingFraming: "Content-Length beside Transfer-Encoding"
        case .unsupportedTransferCoding: "unsupported Transfer-Encoding"
        case .headTooLarge: "header section too large"
        case .tooManyHeaders: "too many header fields"
        case .targetTooLong: "request target too long"
        case .bodyTooLarge: "body too large"
        case .badChunk: "malformed chunk"
        case .badTrailer: "malformed trailer"
        case .badStatusLine: "malformed status line"
        case .truncated: "connection ended inside a message"
        }
    }
}
