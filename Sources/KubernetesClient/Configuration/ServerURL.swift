import Bytes

/// The address of an API server: `https://127.0.11.1:6443`, with a path when it stands behind a proxy.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// True for `https`.
    public var isSecure: Bool
    /// The host name or IP address, without brackets.
    public var host: String
    /// The port; 443 or 80 when the text has none.
    public var port: UInt16
    /// What comes before `/api`: empty or `/path` without a slash at the end.
    public var basePath: String

    /// Reads a URL; nil when it is not `http` or `https` with a host, or has a query, a fragment or a user.
    public init?(_ text: String) {
        var rest = text[...]
        if ASCII.lowercased(String(text.prefix(8))) == "https://" {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if ASCII.lowercased(String(text.prefix(7))) == "http://" {
            isSecure = false
            rest = rest.dropFirst(7)
        } else {
            return nil
        }
        guard !rest.contains(where: { "?#@ ".contains($0) }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        basePath = String(path)
        port = isSecure ? 443 : 80
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let address = String(authority[authority.index(after: authority.startIndex)..<close])
            guard IPAddress(address)?.isV6 == true else { return nil }
            host = address
            authority = authority[authority.index(after: close)...]
            guard authority.isEmpty || authority.hasPrefix(":") else { return nil }
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<colon])
            authority = authority[colon...]
        }
        if let colon = authority.first {
            guard colon == ":", let number = UInt16(authority.dropFirst()), number > 0 else { return nil }
            port = number
        }
        guard !host.isEmpty else { return nil }
    }

    /// `host:port`, the host in brackets when it is an IPv6 address.
    public var authority: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The URL as text.
    public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(basePath)" }
}
