import Testing

@testable import HTTPService

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", "/", []), ("/a/b", "/a/b", []), ("/a%20b", "/a b", []), ("/a%2fb", "/a%2Fb", []),
        ("http://h:80/x?y", "/x", ["y="]), ("HTTPS://h", "/", []), ("http://h?a=b", "/", ["a=b"]),
        ("*", "*", []), ("/?a=1&b=%26+c&&d==e", "/", ["a=1", "b=& c", "d==e"]),
        ("/%E2%82%AC", "/€", []),
    ])
    func takesApart(_ target: String, _ path: String, _ query: [String]) throws {
        let parts = try #require(RequestTarget(target))
        #expect(parts.path == path)
        #expect(parts.query.map { "\($0.0)=\($0.1)" } == query)
    }

    @Test(arguments: ["", "x", "/%", "/%1", "/%zz", "/%00", "/%ff", "ftp://h/", "/?%f"])
    func refuses(_ target: String) {
        #expect(RequestTarget(target) == nil)
    }
}
