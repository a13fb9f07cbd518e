public import Bytes
internal import CSystem

/// Why a host name gave no address.
public struct DNSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name asked for.
    public let host: String
    /// The resolver's text, for example `Name or service not known`.
    public let message: String
    /// Whether the resolver did answer: there is no such name, or it has no address.
    public let isNoSuchName: Bool

    /// `HOST: TEXT`.
    public var description: String { "\(host): \(message)" }

    init(host: String, message: String, isNoSuchName: Bool = false) {
        self.host = host
        self.message = message
        self.isNoSuchName = isNoSuchName
    }
}

/// Host names to addresses, through the system's resolver on threads of its own.
public enum DNS {
    private static let pool = BlockingPool(name: "dns", threads: 4)
    private static let maxAddresses = 32

    /// The addresses of a name in the order to try them, without duplicates.
    ///
    /// An address in text is its own answer.
    public static func resolve(_ host: String) async -> Result<[IPAddress], DNSError> {
        if let address = IPAddress(host) { return .success([address]) }
        return await pool.run { resolveBlocking(host) }
    }

    /// As `resolve`, blocking the calling thread; never on a loop.
    public static func resolveBlocking(_ host: String) -> Result<[IPAddress], DNSError> {
        if let address = IPAddress(host) { return .success([address]) }
        guard !host.isEmpty, host.utf8.count <= 253, !host.utf8.contains(0) else {
            return .failure(DNSError(host: host, message: "not a host name"))
        }
        var native = [csystem_address](repeating: csystem_address(), count: maxAddresses)
        let count = csystem_resolve(host, &native, Int32(maxAddresses))
        guard count >= 0 else {
            let text = csystem_resolve_message(count).map { String(cString: $0) } ?? "resolver error \(count)"
            return .failure(
                DNSError(host: host, message: text, isNoSuchName: csystem_is_no_such_name(count) != 0))
        }
        var addresses: [IPAddress] = []
        for case let found? in native[..<Int(count)].map({ SocketAddress($0)?.ip })
        where !addresses.contains(found) {
            addresses.append(found)
        }
        if addresses.isEmpty { return .failure(DNSError(host: host, message: "no address")) }
        return .success(addresses)
    }
}
