internal import Bytes
internal import EnvoyConfig

/// A compiled route configuration: virtual host by Host, then the first route that matches.
struct RouteTable: Sendable {
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
    private var hosts: [Host] = []
    private var exact: [[UInt8]: Int] = [:]
    /// Longest first.
    private var suffixes: [(text: [UInt8], host: Int)] = []
    private var prefixes: [(text: [UInt8], host: Int)] = []
    private var fallback: Int?

    /// A table without hosts: everything is 404.
    init(name: String) {
        self.name = name
    }

    /// `body` reads a direct response's body; `report` takes the path and reason of what cannot be compiled.
    init(
        _ configuration: RouteConfiguration, body: (DirectResponse) -> [UInt8],
        report: (String, String) -> Void
    ) {
        name = configuration.name
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
            for domain in host.domains { add(ASCII.lowercased(domain), hosts.count - 1) }
        }
        suffixes.sort { $0.text.count > $1.text.count }
        prefixes.sort { $0.text.count > $1.text.count }
    }

    private mutating func add(_ domain: String, _ host: Int) {
        if domain == "*" {
            fallback = host
        } else if domain.hasPrefix("*") {
            suffixes.append((Array(domain.utf8.dropFirst()), host))
        } else if domain.hasSuffix("*") {
            prefixes.append((Array(domain.utf8.dropLast()), host))
        } else {
            exact[Array(domain.utf8)] = host
        }
    }

    /// The virtual host for a lower-case Host with its port.
    func host(_ name: [UInt8]) -> Host? {
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
