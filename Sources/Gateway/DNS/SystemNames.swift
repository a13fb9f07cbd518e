internal import Bytes
internal import Reactor

/// What this host says about names: its name servers and search domains, and the names it knows by itself.
struct SystemNames: Equatable {
    /// Of `resolv.conf`; this host itself when that names none.
    var servers: [SocketAddress] = []
    var search: [DNSName] = []
    /// Names with at least so many dots are tried as they are first.
    var dots = 1
    /// The addresses of the names in `hosts`.
    var hosts: [DNSName: [IPAddress]] = [:]

    static let port: UInt16 = 53
    private static let maxServers = 8
    private static let maxSearch = 32
    private static let maxFileBytes = 1 << 20

    /// As the files are now; one that cannot be read says nothing.
    static func read() -> SystemNames {
        func text(_ path: String) -> String {
            let bytes = try? FileSystem.read(path, limit: maxFileBytes)
            return String(decoding: bytes ?? [], as: UTF8.self)
        }
        return SystemNames(resolvConf: text("/etc/resolv.conf"), hosts: text("/etc/hosts"))
    }

    /// From the texts of `resolv.conf` and `hosts`; what is not understood is skipped.
    init(resolvConf: String, hosts text: String) {
        for words in Self.lines(resolvConf, comments: "#;") {
            switch words[0] {
            case "nameserver":
                guard words.count > 1, let ip = IPAddress(String(words[1])), servers.count < Self.maxServers
                else { continue }
                servers.append(SocketAddress(ip: ip, port: Self.port))
            case "domain", "search":
                search = words.dropFirst().prefix(Self.maxSearch).compactMap { DNSName(String($0)) }
            case "options":
                for option in words.dropFirst() where option.hasPrefix("ndots:") {
                    dots = min(15, Int(option.dropFirst(6)) ?? dots)
                }
            default: continue
            }
        }
        for words in Self.lines(text, comments: "#") {
            guard let ip = IPAddress(String(words[0])) else { continue }
            for name in words.dropFirst().compactMap({ DNSName(String($0)) }) {
                hosts[name, default: []].append(ip)
            }
        }
    }

    private static func lines(_ text: String, comments: String) -> [[Substring]] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.prefix { !comments.contains($0) }.split(whereSeparator: \.isWhitespace)
            return words.isEmpty ? nil : words
        }
    }

    /// The addresses of a name that nobody has to be asked for; nil when somebody has.
    func addresses(of host: String) -> [IPAddress]? {
        guard let name = DNSName(host) else { return nil }
        let known = hosts[name]
        // RFC 6761 6.3: never asked for, in either family.
        guard name.wire.suffix(Self.localhost.count).elementsEqual(Self.localhost) else { return known }
        let loopback: [IPAddress] = [.v6(0, 1), .v4(0x7F00_0001)]
        return (known ?? []) + loopback.filter { own in known?.contains { $0.isV6 == own.isV6 } != true }
    }

    private static let localhost = [9] + Array("localhost".utf8) + [0]

    /// The full names that a host name may stand for, in the order to try them; empty when it is no name.
    func candidates(for host: String, searching: Bool) -> [DNSName] {
        guard let name = DNSName(host) else { return [] }
        guard searching, !host.hasSuffix(".") else { return [name] }
        let found = search.compactMap { name.under($0) }
        let isFirst = host.utf8.count { $0 == UInt8(ascii: ".") } >= dots
        return isFirst ? [name] + found : found + [name]
    }
}
