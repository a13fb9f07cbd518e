import EnvoyConfig
import HTTPCodec
import Testing

@testable import Gateway

/// A request as the routing rules see it.
func facts(
    _ path: String, host: String = "a.example", method: String = "GET", headers: [(String, String)] = []
) throws -> RequestFacts {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    var view = HeadView()
    try view.parseRequest(Array((text + "\r\n").utf8).span, limits: HTTP1Limits())
    return RequestFacts(view)
}

func table(_ hosts: [VirtualHost]) -> RouteTable {
    RouteTable(
        RouteConfiguration(name: "r", virtualHosts: hosts), body: { _ in [] },
        report: { path, reason in Issue.record("\(path): \(reason)") })
}

func route(_ name: String, _ match: RouteMatch, _ action: RouteAction = RouteAction(cluster: "c")) -> Route {
    Route(name: name, match: match, action: .route(action))
}

struct RoutingTests {
    @Test(arguments: [
        ("foo.com", "exact"), ("FOO.com", "exact"), ("foo.com:80", "prefix"), ("x.bar.com", "bar"),
        ("x.y.bar.com", "ybar"), (".bar.com", "all"), ("foo.org", "prefix"), ("foo.", "all"),
        ("other", "all"),
    ])
    func picksTheVirtualHost(_ host: String, _ expected: String) throws {
        let any = [route("r", RouteMatch(.prefix("/")))]
        let table = table([
            VirtualHost(name: "all", domains: ["*"], routes: any),
            VirtualHost(name: "bar", domains: ["*.bar.com"], routes: any),
            VirtualHost(name: "ybar", domains: ["*.y.bar.com"], routes: any),
            VirtualHost(name: "prefix", domains: ["foo.*"], routes: any),
            VirtualHost(name: "exact", domains: ["Foo.com"], routes: any),
        ])
        #expect(table.match(try facts("/", host: host))?.host.name == expected)
    }

    @Test(arguments: [
        ("/api", "separated"), ("/api/x", "separated"), ("/api?q=1", "separated"), ("/apix", "rest"),
        ("/exact", "exact"), ("/exact/", "rest"), ("/exact?x", "exact"), ("/CASE", "fold"),
        ("/v12/x", "regex"),
        ("/v12/x/y", "rest"), ("/q?debug", "debug"), ("/q?debug=1&x", "debug"), ("/q?user=anna", "query"),
        ("/q?user=bob", "rest"),
    ])
    func takesTheFirstRouteThatMatches(_ path: String, _ expected: String) throws {
        var fold = RouteMatch(.exact("/case"))
        fold.caseSensitive = false
        var debug = RouteMatch(.exact("/q"))
        debug.queryParameters = [QueryParameterMatcher("debug", .present(true))]
        var query = RouteMatch(.exact("/q"))
        query.queryParameters = [QueryParameterMatcher("user", .string(StringMatcher(.prefix("an"))))]
        let table = table([
            VirtualHost(
                name: "h", domains: ["*"],
                routes: [
                    route("separated", RouteMatch(.pathSeparatedPrefix("/api"))),
                    route("exact", RouteMatch(.exact("/exact"))), route("fold", fold),
                    route("regex", RouteMatch(.safeRegex("/v[0-9]+/[^/]+"))), route("debug", debug),
                    route("query", query), route("rest", RouteMatch(.prefix("/"))),
                ])
        ])
        #expect(table.match(try facts(path))?.route.name == expected)
    }

    @Test func comparesHeaders() throws {
        func rule(_ name: String, _ condition: HeaderMatcher.Condition, invert: Bool = false) throws
            -> HeaderRule
        {
            try HeaderRule(HeaderMatcher(name, condition, invert: invert))
        }
        let request = try facts(
            "/p?q", method: "POST", headers: [("X-A", "one"), ("x-a", "two"), ("Empty", "")])
        #expect(try rule("X-A", .string(StringMatcher(.exact("one,two")))).matches(request))
        #expect(try rule("x-a", .string(StringMatcher(.contains("E,T"), ignoreCase: true))).matches(request))
        #expect(try rule(":method", .string(StringMatcher(.exact("POST")))).matches(request))
        #expect(try rule(":path", .string(StringMatcher(.suffix("?q")))).matches(request))
        #expect(try rule(":authority", .string(StringMatcher(.exact("a.example")))).matches(request))
        #expect(try rule("empty", .present(true)).matches(request))
        #expect(try rule("absent", .present(false)).matches(request))
        #expect(try rule("absent", .present(true), invert: true).matches(request))
        #expect(try !rule("absent", .string(StringMatcher(.exact("x"))), invert: true).matches(request))
        #expect(try rule("x-a", .string(StringMatcher(.exact("x"))), invert: true).matches(request))
    }

    @Test func sharesRequestsByWeight() throws {
        var action = RouteAction()
        action.destination = .weightedClusters([
            WeightedCluster("a", weight: 1), WeightedCluster("b", weight: 3),
        ])
        let rule = try ForwardRule(action)
        let drawn = (0..<400).compactMap { rule.target(random: UInt64($0))?.cluster }
        #expect(drawn.filter { $0 == "a" }.count == 100)
        #expect(drawn.filter { $0 == "b" }.count == 300)
    }

    @Test(arguments: [
        (RouteMatch(.prefix("/rewrite/")), "/", "/rewrite/x?q", "/x?q"),
        (RouteMatch(.prefix("/mount")), "/base", "/mount/x", "/base/x"),
        (RouteMatch(.prefix("/mount")), "/base", "/mountain", "/baseain"),
        (RouteMatch(.exact("/a")), "/b", "/a?q=1", "/b?q=1"),
        (RouteMatch(.pathSeparatedPrefix("/api")), "/", "/api/x", "//x"),
    ])
    func rewritesPrefixes(_ match: RouteMatch, _ to: String, _ path: String, _ expected: String) throws {
        var action = RouteAction(cluster: "c")
        action.pathRewrite = .prefix(to)
        let target = try ForwardRule(action).rewrittenTarget(try facts(path), rule: try PathRule(match))
        #expect(target.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test func redirectsWithPortAndQuery() throws {
        let rule = try PathRule(RouteMatch(.prefix("/old")))
        func location(_ host: String, _ change: (inout RedirectAction) -> Void) throws -> String {
            var action = RedirectAction()
            change(&action)
            return RedirectRule(action).location(
                try facts("/old/x?q=1", host: host), rule: rule, isTLS: false)
        }
        #expect(try location("a:81") { $0.path = .prefixRewrite("/new") } == "http://a:81/new/x?q=1")
        #expect(try location("a:81") { $0.hostRedirect = "b" } == "http://b/old/x?q=1")
        #expect(try location("a") { $0.portRedirect = 8443 } == "http://a:8443/old/x?q=1")
        #expect(try location("a:80") { $0.httpsRedirect = true } == "https://a/old/x?q=1")
        #expect(try location("a") { $0.stripQuery = true } == "http://a/old/x")
        #expect(try location("a") { $0.path = .redirect("/p?own=1") } == "http://a/p?own=1")
    }

    @Test(arguments: [
        ("outbound_.80_._.a.b", 0), ("OUTBOUND_.80_._.A.b", 0), ("x.a.b", 1), ("x.y.a.b", 1),
        ("x.deep.a.b", 2),
        ("a.b", 3), ("", 3),
    ])
    func findsFilterChains(_ sni: String, _ expected: Int) {
        let table = FilterChainTable(serverNames: [["outbound_.80_._.a.b"], ["*.a.b"], ["*.deep.a.b"], []])
        #expect(table.chain(sni: sni) == expected)
        #expect(FilterChainTable(serverNames: [["a"]]).chain(sni: "b") == nil)
    }

    @Test(arguments: [
        ("/a/../b", "/b"), ("/a/./b/", "/a/b/"), ("/%41%7e", "/A~"), ("/a\\b", "/a/b"), ("/a/b/..", "/a/"),
        ("/%2f%2F", "/%2f%2F"), ("/a?x=/../y", "/a?x=/../y"), ("/.", "/"), ("/%2e%2e/x", "/x"), ("/..", "/"),
        ("/%zz", "/%zz"), ("/a//b", "/a//b"), ("/%2e/x", "/x"), ("/a//../b", "/a/b"), ("/a\\..\\b", "/b"),
        ("/a/..;/b", "/b"), ("/a/..;x=1", "/"), ("/a/.;/b", "/a/b"), ("/a/..;x\\b", "/"),
        ("/a/...;/b", "/a/...;/b"),
        ("/a/%2e%2e;/b", "/b"), ("/a\\..;/b", "/b"), ("/a/%2e;x/b", "/a/b"), ("/a/..%3b/b", "/a/..%3b/b"),
        ("/a;x/b", "/a;x/b"), ("/%4%31", "/%2541"), ("/%%30%30", "/%2500"),
        ("/%/../b%61%62", "/bab"), ("/a\"<>^`{|}", "/a%22%3C%3E%5E%60%7B%7C%7D"),
    ])
    func normalisesPaths(_ path: String, _ expected: String?) {
        var normalizer = PathNormalizer()
        normalizer.normalizes = true
        switch normalizer.apply(Array(path.utf8)[...]) {
        case .unchanged: #expect(expected == path)
        case .changed(let bytes): #expect(String(decoding: bytes, as: UTF8.self) == expected)
        case .rejected: #expect(expected == nil)
        }
    }

    @Test func mergesSlashesAndRefusesEscapedOnes() {
        var normalizer = PathNormalizer()
        normalizer.mergesSlashes = true
        #expect(normalizer.apply(Array("/a//b///c".utf8)[...]) == .changed(Array("/a/b/c".utf8)))
        #expect(normalizer.apply(Array("/a/..;//\"".utf8)[...]) == .changed(Array("/a/..;/\"".utf8)))
        normalizer.rejectsEscapedSlashes = true
        #expect(normalizer.apply(Array("/a%2Fb".utf8)[...]) == .rejected)
        #expect(normalizer.apply(Array("/a%5cb".utf8)[...]) == .rejected)
        #expect(normalizer.apply(Array("/a?x=%2f".utf8)[...]) == .unchanged)
    }

    @Test func normalisesBeforeItMerges() {
        let normalizer = PathNormalizer(normalizes: true, mergesSlashes: true)
        #expect(normalizer.apply(Array("/a//../b\\\\c?d//".utf8)[...]) == .changed(Array("/a/b/c?d//".utf8)))
    }

    @Test(arguments: [
        ("/", "", false, "http"), ("/", "", true, "https"), ("/", "https", false, "https"),
        ("/", "HTTP", true, "http"),
        ("/", "ftp", true, "https"), ("/", "https\r\nx-forwarded-proto: http", false, "http"),
        ("http://b/x", "https", true, "http"), ("HTTPS://b/x", "http", false, "https"),
    ])
    func knowsTheScheme(_ target: String, _ forwarded: String, _ isTLS: Bool, _ expected: String) throws {
        var view = HeadView()
        let line = forwarded.isEmpty ? "" : "x-forwarded-proto: \(forwarded)\r\n"
        let bytes = Array("GET \(target) HTTP/1.1\r\nhost: a\r\n\(line)\r\n".utf8)
        try view.parseRequest(bytes.span, limits: HTTP1Limits())
        let named = RequestScheme.named(by: view)
        view.setTarget(Array("/x".utf8))
        RequestScheme.settle(&view, named: named, isTLS: isTLS, isTrusted: true)
        let facts = RequestFacts(view)
        #expect(
            facts.value(of: Array(":scheme".utf8)).map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test func decidesByIdentity() throws {
        let alpha = "spiffe://alpha.local/ns/m/sa/egress"
        let rules = try AccessRules(
            RBACRules(
                .allow,
                policies: [
                    "peers": RBACRules.Policy(
                        permissions: [
                            .and([.destinationPort(15443), .not(.urlPath(StringMatcher(.prefix("/admin"))))])
                        ],
                        principals: [.authenticated(StringMatcher(.exact(alpha)))])
                ]))
        func decide(_ uris: [String]?, _ port: UInt16, _ path: String) throws -> AccessRules.Decision {
            rules.decide(
                CallerFacts(uriSANs: uris, destinationPort: port, requestedServerName: "s"), try facts(path))
        }
        #expect(try decide([alpha], 15443, "/x") == .allowed)
        #expect(try decide([alpha], 15443, "/admin") == .denied(policy: "none"))
        #expect(try decide([alpha], 1, "/x") == .denied(policy: "none"))
        #expect(try decide(["spiffe://alpha.local/other"], 15443, "/x") == .denied(policy: "none"))
        #expect(try decide(nil, 15443, "/x") == .denied(policy: "none"))
        let denies = try AccessRules(
            RBACRules(.deny, policies: ["two": .init(permissions: [.any(true)], principals: [.any(true)])]))
        let caller = CallerFacts(uriSANs: nil, destinationPort: 1, requestedServerName: "")
        #expect(denies.decide(caller, nil).details == "rbac_access_denied_matched_policy[two]")
    }
}
