internal import Bytes

/// Finds a filter chain by server name: exact, then the longest `*.suffix`, then the chain without names.
struct FilterChainTable: Sendable {
    private var exact: [String: Int] = [:]
    private var suffixes: [String: Int] = [:]
    private var fallback: Int?

    /// `serverNames` of each chain, in the listener's order.
    init(serverNames: [[String]]) {
        for (index, names) in serverNames.enumerated() {
            if names.isEmpty { fallback = index }
            for name in names {
                let name = ASCII.lowercased(name)
                if name.hasPrefix("*.") {
                    suffixes[String(name.dropFirst(2))] = index
                } else {
                    exact[name] = index
                }
            }
        }
    }

    /// The index of the chain for a client that asked for `sni`; nil refuses the connection.
    func chain(sni: String?) -> Int? {
        guard let sni, !sni.isEmpty else { return fallback }
        let name = ASCII.lowercased(sni)
        if let index = exact[name] { return index }
        if !suffixes.isEmpty {
            var rest = name[...]
            while let dot = rest.firstIndex(of: ".") {
                rest = rest[rest.index(after: dot)...]
                if let index = suffixes[String(rest)] { return index }
            }
        }
        return fallback
    }
}
