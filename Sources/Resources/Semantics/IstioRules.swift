import Bytes
import Document

/// The rules of VirtualServices.
enum VirtualServiceRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let spec = resource.spec
        let path = FieldPath("spec")
        let hosts = spec?.list("hosts") ?? []
        let isDelegate =
            hosts.isEmpty && (spec?.list("gateways") ?? []).isEmpty && !(spec?.list("http") ?? []).isEmpty
        if hosts.isEmpty && !isDelegate {
            book.missing(
                path.appending("hosts"), in: spec ?? resource.node, "a VirtualService needs at least one host"
            )
        }
        for (index, host) in hosts.enumerated() {
            book.expect(host, path.appending("hosts").appending(index)) { text in
                IPAddress(text) != nil || CIDR(text) != nil ? nil : NameRules.hostPattern(text)
            }
        }
        if (spec?.list("http") ?? []).isEmpty, (spec?.list("tls") ?? []).isEmpty,
            (spec?.list("tcp") ?? []).isEmpty
        {
            book.missing(
                path.appending("http"), in: spec ?? resource.node, "http, tcp or tls must have a route")
        }
        for (index, route) in (spec?.list("http") ?? []).enumerated() {
            http(route, path.appending("http").appending(index), &book)
        }
        for field in ["tls", "tcp"] {
            for (index, route) in (spec?.list(field) ?? []).enumerated() {
                let path = path.appending(field).appending(index)
                if route.list("route").isEmpty {
                    book.missing(path.appending("route"), in: route, "a \(field) route needs a destination")
                }
                destinations(route, path, &book)
            }
        }
        return book.problems
    }

    private static func http(_ route: Node, _ path: FieldPath, _ book: inout RuleBook) {
        let answers = ["route", "redirect", "directResponse", "delegate"].filter { field in
            guard let node = route[field] else { return false }
            return node.array.map { !$0.isEmpty } ?? (node.object != nil)
        }
        if answers.isEmpty {
            book.missing(
                path.appending("route"), in: route,
                "one of route, redirect, directResponse, delegate must be set")
        }
        if let extra = answers.dropFirst().first {
            book.forbidden(
                path.appending(extra), route[extra], "cannot be set beside \(answers[0])")
        }
        destinations(route, path, &book)
        for (index, match) in route.list("match").enumerated() {
            let path = path.appending("match").appending(index)
            for field in ["uri", "scheme", "method", "authority"] {
                oneOf(match[field], path.appending(field), needsOne: true, &book)
            }
            for field in ["headers", "queryParams", "withoutHeaders"] {
                for member in match.members(field) {
                    oneOf(member.value, path.appending(field).appending(member.key), needsOne: false, &book)
                }
            }
        }
        if route["mirror"] != nil, !route.list("mirrors").isEmpty {
            book.forbidden(path.appending("mirrors"), route["mirrors"], "cannot be set beside mirror")
        }
    }

    private static func destinations(_ route: Node, _ path: FieldPath, _ book: inout RuleBook) {
        let shares = route.list("route")
        for (index, share) in shares.enumerated() {
            let path = path.appending("route").appending(index).appending("destination")
            host(share["destination"], path, &book)
        }
        let weights = shares.compactMap { $0["weight"]?.int }
        if shares.count > 1, weights.reduce(0, &+) == 0 {
            book.invalid(
                path.appending("route"), nil, "the weights of several destinations must not all be 0")
        }
        if weights.reduce(0, { $0.addingReportingOverflow($1).partialValue }) > Int64(UInt32.max) {
            book.invalid(path.appending("route"), nil, "the weights must not add up to more than 4294967295")
        }
        if route["mirror"] != nil {
            host(route["mirror"], path.appending("mirror"), &book)
        }
    }

    private static func host(_ destination: Node?, _ path: FieldPath, _ book: inout RuleBook) {
        book.expect(destination?["host"], path.appending("host")) { text in
            if text.contains("*") { return "a destination cannot be a wildcard" }
            return IPAddress(text) != nil ? nil : NameRules.hostPattern(text)
        }
        book.expect(destination?["subset"], path.appending("subset")) {
            $0.isEmpty ? nil : NameRules.label($0)
        }
    }

    private static func oneOf(_ match: Node?, _ path: FieldPath, needsOne: Bool, _ book: inout RuleBook) {
        guard let match, let object = match.object else { return }
        if object.count > 1 { book.invalid(path, match, "only one of exact, prefix and regex may be set") }
        if object.isEmpty && needsOne {
            book.missing(path, in: match, "one of exact, prefix and regex must be set")
        }
    }
}

/// The rules of DestinationRules.
enum DestinationRuleRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let path = FieldPath("spec")
        book.expect(resource.spec?["host"], path.appending("host")) {
            $0.isEmpty ? nil : NameRules.hostPattern($0)
        }
        var names: Set<String> = []
        for (index, subset) in (resource.spec?.list("subsets") ?? []).enumerated() {
            let path = path.appending("subsets").appending(index)
            book.expect(subset["name"], path.appending("name")) { $0.isEmpty ? nil : NameRules.label($0) }
            let name = subset.text("name")
            if !name.isEmpty, !names.insert(name).inserted {
                book.duplicate(path.appending("name"), subset["name"])
            }
            for member in subset.members("labels") {
                let path = path.appending("labels")
                if let why = NameRules.qualifiedName(member.key) { book.invalid(path, Node(member.key), why) }
                book.expect(member.value, path, NameRules.labelValue)
            }
        }
        return book.problems
    }
}

/// The rules of ServiceEntries and WorkloadEntries.
enum WorkloadRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let path = FieldPath("spec")
        guard let spec = resource.spec else {
            book.missing(path, in: resource.node)
            return book.problems
        }
        if resource.type == .workloadEntry {
            workload(spec, path, &book)
            return book.problems
        }
        for (index, host) in spec.list("hosts").enumerated() {
            book.expect(host, path.appending("hosts").appending(index), NameRules.hostPattern)
        }
        for (index, address) in spec.list("addresses").enumerated() {
            book.expect(address, path.appending("addresses").appending(index)) {
                IPAddress($0) != nil || CIDR($0) != nil ? nil : "not an IP address or CIDR range"
            }
        }
        var names: Set<String> = []
        var numbers: Set<Int64> = []
        for (index, port) in spec.list("ports").enumerated() {
            let path = path.appending("ports").appending(index)
            if let number = port["number"]?.int, !numbers.insert(number).inserted {
                book.duplicate(path.appending("number"), port["number"])
            }
            if !names.insert(port.text("name")).inserted {
                book.duplicate(path.appending("name"), port["name"])
            }
        }
        for (index, endpoint) in spec.list("endpoints").enumerated() {
            workload(endpoint, path.appending("endpoints").appending(index), &book)
        }
        if spec["workloadSelector"] != nil, !spec.list("endpoints").isEmpty {
            book.forbidden(
                path.appending("endpoints"), spec["endpoints"], "cannot be set beside workloadSelector")
        }
        return book.problems
    }

    private static func workload(_ node: Node, _ path: FieldPath, _ book: inout RuleBook) {
        if node.text("address").isEmpty && node.text("network").isEmpty {
            book.missing(path.appending("address"), in: node, "an address is needed")
        }
        book.expect(node["address"], path.appending("address")) { text in
            if text.isEmpty || text.hasPrefix("unix://") || IPAddress(text) != nil { return nil }
            return NameRules.hostPattern(text).map { _ in
                "not an IP address, host name or unix:// path; write ports under ports"
            }
        }
        for member in node.members("labels") {
            if let why = NameRules.qualifiedName(member.key) {
                book.invalid(path.appending("labels"), Node(member.key), why)
            }
            book.expect(member.value, path.appending("labels"), NameRules.labelValue)
        }
        for member in node.members("ports") {
            if let why = NameRules.portName(member.key) {
                book.invalid(path.appending("ports"), Node(member.key), why)
            }
        }
        book.expect(node["locality"], path.appending("locality")) { Locality(text: $0).problem }
        book.expect(node["serviceAccount"], path.appending("serviceAccount")) {
            $0.isEmpty ? nil : NameRules.subdomain($0)
        }
    }
}

/// The rules of networking.istio.io Gateways.
enum GatewayRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let servers = resource.spec?.list("servers") ?? []
        if servers.isEmpty {
            book.missing(
                FieldPath("spec", "servers"), in: resource.spec ?? resource.node, "a Gateway needs a server")
        }
        for (index, server) in servers.enumerated() {
            let path = FieldPath("spec", "servers").appending(index)
            if server.list("hosts").isEmpty {
                book.missing(path.appending("hosts"), in: server, "at least one host")
            }
            for (index, host) in server.list("hosts").enumerated() {
                book.expect(host, path.appending("hosts").appending(index)) { text in
                    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                    return NameRules.hostPattern(String(parts[parts.count - 1]))
                }
            }
            let text = server["port"]?.text("protocol") ?? ""
            let declared = ApplicationProtocol(name: text)
            if !text.isEmpty, declared == .unsupported {
                book.notSupported(
                    path.appending("port").appending("protocol"), server["port"]?["protocol"],
                    ["GRPC", "GRPC-WEB", "HTTP", "HTTP2", "HTTPS", "MONGO", "TCP", "TLS"])
            }
            if declared.isTLS, server["tls"] == nil {
                book.missing(path.appending("tls"), in: server, "\(text) servers need it")
            }
        }
        return book.problems
    }
}
