internal import Bytes
internal import EnvoyConfig

/// A compiled route configuration: virtual host by Host, then the first route that matches.
final class RouteTable: Sendable {
    final class Host: Sendable {
        let name: String
        let routes: [CompiledRoute]
        let edits: HeaderEdits
        let includesAttemptCount: Bool

        init(name: String, routes: [CompiledRoute], edits: HeaderEdits, includesAttemptCount: Bool) {
            self.name = name
            self.routes = routes
            self.edits = edits
            self.includesAttemptCount = includesAttemptCount
        }
    }

    let name: String
    private let hosts: [Host]
    private let exact: ByteMap
    /// Longest first.
    private let suffixes: [(text: [UInt8], host: Int)]
    private let prefixes: [(text: [UInt8], host: Int)]
    private let fallback: Int?

    /// `body` reads a direct response's body; `report` takes the path and reason of what cannot be compiled.
    init(
        _ configuration: RouteConfiguration, body: (DirectResponse) -> [UInt8],
        report: (String, String) -> Void
    ) {
        name = configuration.name
        var hosts: [Host] = []
        var exact = ByteMap()
        var suffixes: [(text: [UInt8], host: Int)] = []
        var prefixes: [(text: [UInt8], host: Int)] = []
        var fallback: Int?
        for (index, host) in configuration.virtualHosts.enumerated() {
            var routes: [CompiledRoute] = []
            for (position, route) in host.routes.enumerated() {
                var content: [UInt8] = []
                if case .directResponse(let response) = route.action { content = body(response) }
                do throws(RuleError) {
                    routes.append(try CompiledRoute(route, body: content))
                } catch {
                    report("virtual_hosts[\(index)].routes[\(position)]", error.reason)
                }
            }
            do {
                hosts.append(
                    Host(
                        name: host.name, routes: routes, edits: try HeaderEdits(host.headers),
                        includesAttemptCount: host.includeRequestAttemptCount))
            } catch {
                report("virtual_hosts[\(index)]", error.description)
                continue
            }
            let number = hosts.count - 1
            for domain in host.domains.map({ Array(ASCII.lowercased($0).utf8) }) {
                if domain == [UInt8(ascii: "*")] {
                    fallback = number
                } else if domain.first == UInt8(ascii: "*") {
                    suffixes.append((Array(domain.dropFirst()), number))
                } else if domain.last == UInt8(ascii: "*") {
                    prefixes.append((domain.dropLast(), number))
                } else {
                    exact.set(domain, number)
                }
            }
        }
        self.hosts = hosts
        self.exact = exact
        self.suffixes = suffixes.sorted { $0.text.count > $1.text.count }
        self.prefixes = prefixes.sorted { $0.text.count > $1.text.count }
        self.fallback = fallback
    }

    /// The virtual host for a lower-case Host with its port.
    func host(_ name: ArraySlice<UInt8>) -> Host? {
        if !exact.isEmpty, let host = exact[name] { return hosts[host] }
        // A wildcard stands for at least one character.
        for (text, host) in suffixes
        where name.count > text.count && name.suffix(text.count).elementsEqual(text) {
            return hosts[host]
        }
        for (text, host) in prefixes where name.count > text.count && name.starts(with: text) {
            return hosts[host]
        }
        return fallback.map { hosts[$0] }
    }

    /// The first route that matches.
    func match(_ request: RequestFacts) -> (host: Host, route: CompiledRoute)? {
        guard let host = host(request.host) else { return nil }
        guard let route = host.routes.first(where: { $0.matches(request) }) else { return nil }
        return (host, route)
    }
}
