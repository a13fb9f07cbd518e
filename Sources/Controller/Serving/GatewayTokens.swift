internal import Bytes
internal import Synchronization
internal import TLS
public import XDS

/// The bootstrap tokens of gateway processes and what each one may have.
public final class GatewayTokens: Sendable {
    private struct Entry {
        var digest: [UInt8]
        var node: AuthorizedNode
    }

    private let entries = Mutex<[Entry]>([])

    /// No tokens.
    public init() {}

    /// 32 random bytes as 64 hex digits.
    public static func make() -> String { Hex.encode(randomBytes(32)) }

    /// Lets the holder of `token` act as `node`; replaces what the token could do before.
    public func set(_ token: String, _ node: AuthorizedNode) {
        let digest = sha256(Array(token.utf8))
        entries.withLock { entries in
            entries.removeAll { $0.digest == digest }
            entries.append(Entry(digest: digest, node: node))
        }
    }

    /// Changes what every token of a node may have.
    public func update(node: String, gateways: Set<String>) {
        entries.withLock { entries in
            for index in entries.indices where entries[index].node.node == node {
                entries[index].node.gateways = gateways
            }
        }
    }

    /// The node of a token; nil for an unknown one.
    ///
    /// Digests are compared in constant time, and all of them whatever the first ones say.
    public func authorize(_ token: String) -> AuthorizedNode? {
        let digest = sha256(Array(token.utf8))
        return entries.withLock { entries in
            var found: AuthorizedNode?
            for entry in entries where ConstantTime.equal(entry.digest, digest) { found = entry.node }
            return found
        }
    }
}
