import EnvoyConfig
import Foundation
import Testing

@testable import Gateway

struct RegexTests {
    private func program(_ source: String) throws -> RegexProgram { RegexProgram(try RegexPattern(source)) }

    @Test(arguments: [
        ("a.*b", "axxb", true), ("a.*b", "axxbc", false), ("(ab|a)(bc)?", "abc", true), ("", "", true),
        ("a|b|", "", true), ("[^/]+/[0-9]{2,3}", "x/12", true), ("[^/]+/[0-9]{2,3}", "x/1", false),
        ("(?i)AbC", "aBc", true), (#"\d+\.\w*"#, "12.ab_", true),
        ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaac", false),
        (#"\bfoo\b"#, "foo", true), ("^a$", "a", true), (".*;URI=.*;URI=.*", "By=x;URI=a;URI=b", true),
        // Each byte is a character of Latin-1.
        ("h..llo", "h\u{E9}llo", true), ("h.llo", "h\u{E9}llo", false), ("[^a][^a]", "\u{E9}", true),
        ("\u{E9}+", "\u{E9}", true), (#"\xc3\xa9"#, "\u{E9}", true), (#"\x{e9}"#, "\u{E9}", false),
        (#"\pL+\p{Nd}"#, "h7", true), (#"\pL"#, "7", false), (#"\PL+"#, "7-", true),
        (#"\p{Lu}\p{So}"#, "\u{E9}", true),
        (#"[\p{Lu}\p{^L}]+"#, "A1Z", true), (#"[\p{Lu}\p{^L}]+"#, "a", false), (#"(?i)\p{Lu}"#, "a", true),
        (#"[^\pZ\pP]+"#, "a-", false), (#"\p{Latin}\p{Common}"#, "a1", true), (#"\p{Mn}?\pS"#, "+", true),
        ("(x+x+)+y", String(repeating: "x", count: 5000), false),
    ])
    func matchesTheWholeText(_ regex: String, _ text: String, _ expected: Bool) throws {
        #expect(try program(regex).matchesWhole(Array(text.utf8)[...]) == expected)
    }

    @Test(arguments: [
        ("^/service/([^/]+)(/.*)$", "/service/foo/v1/api", #"\2/instance/\1"#, "/v1/api/instance/foo"),
        ("one", "/xxx/one/yyy/one/zzz", "two", "/xxx/two/yyy/two/zzz"),
        ("^(.*?)one(.*)$", "/xxx/one/yyy/one/zzz", #"\1two\2"#, "/xxx/two/yyy/one/zzz"),
        ("(?i)/xxx/", "/aaa/XxX/bbb", "/yyy/", "/aaa/yyy/bbb"), ("x*", "abc", "-", "-a-b-c-"),
        ("a(b)?", "aab", #"[\1]"#, "[][b]"),
    ])
    func replacesLikeRE2(_ regex: String, _ text: String, _ substitution: String, _ expected: String) throws {
        let result = try program(regex).replacingMatches(
            in: Array(text.utf8)[...], with: Array(substitution.utf8))
        #expect(String(decoding: result, as: UTF8.self) == expected)
    }

    /// Python's `re` judges random small expressions over a two-letter alphabet, once per run for all of them.
    @Test func agreesWithPythonOnRandomExpressions() throws {
        var seed: UInt64 = 42
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        func expression(_ depth: Int) -> String {
            switch depth == 0 ? next(3) : next(9) {
            case 0: return "a"
            case 1: return "b"
            case 2: return ["[ab]", "[^a]", ".", "(?:a|b)"][next(4)]
            case 3, 4: return expression(depth - 1) + expression(depth - 1)
            case 5: return "(" + expression(depth - 1) + "|" + expression(depth - 1) + ")"
            case 6: return "(?:" + expression(depth - 1) + ")" + ["*", "+", "?", "{1,2}", "{2}"][next(5)]
            case 7: return "(" + expression(depth - 1) + ")" + ["??", "*?", "+?"][next(3)]
            default: return expression(depth - 1)
            }
        }
        let cases = (0..<400).map { _ in
            [expression(3), String((0..<next(7)).map { _ in next(2) == 0 ? "a" : "b" })]
        }
        let script = """
            import json, re, sys
            for r, t in json.load(sys.stdin):
                whole = re.fullmatch(r, t) is not None
                first = re.search(r, t)
                print(json.dumps([whole, list(first.span()) if first else None]))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: cases))
        try input.fileHandleForWriting.close()
        let lines = output.fileHandleForReading.readDataToEndOfFile().split(separator: 10)
        process.waitUntilExit()
        try #require(lines.count == cases.count)
        for (example, line) in zip(cases, lines) {
            let answer = try #require(try JSONSerialization.jsonObject(with: line) as? [Any])
            let program = try program(example[0])
            let text = Array(example[1].utf8)[...]
            #expect(program.matchesWhole(text) == (answer[0] as? Bool), "\(example)")
            let machine = RegexMachine(program, text, keepsGroups: true)
            let span = machine.search(from: 0).map { [$0[0], $0[1]] }
            #expect(span == answer[1] as? [Int], "\(example)")
        }
    }
}
