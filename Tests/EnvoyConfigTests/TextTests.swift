import EnvoyConfig
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("1.5s", Duration.milliseconds(1500)), ("0s", .zero), ("0.000000001s", .nanoseconds(1)),
        ("315576000000s", .seconds(315_576_000_000)), ("-2s", .seconds(-2)),
    ]) func durationsAreReadAndWritten(_ text: String, _ duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.format(duration) == text)
    }

    @Test(arguments: [
        "", "s", "1", "1m", "1.s", ".5s", "1.0000000001s", "1 s", "+1s", "1e3s", "315576000001s",
    ])
    func otherDurationsAreRefused(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func formatsAreParsed() throws {
        let format = try FormatString("a%%b %REQ(X-One?:PATH):12% %RESPONSE_CODE%")
        #expect(
            format.parts == [
                .literal("a%b "), .value(.requestHeader, headers: ["x-one", ":path"], maxLength: 12),
                .literal(" "),
                .value(.responseCode, headers: [], maxLength: nil),
            ])
    }

    @Test(arguments: [
        "50%", "%NOPE%", "%REQ%", "%REQ(A?B?C)%", "%REQ(A)x%", "%DURATION(x)%", "%REQ(A):0%", "%REQ(A%",
        "%REQ(:other)%", "%REQ(A?:status)%", "%REQ(:)%", "%RESP(:status)%",
        "%RESPONSE_CODE:3%", "%PROTOCOL():3%",
    ])
    func otherFormatsAreRefused(_ text: String) {
        #expect(throws: FormatString.SyntaxError.self) { try FormatString(text) }
    }

    @Test(arguments: [
        "", "a|b|", "(?i)abc", "^/rx/([^/]+)/(.*)$", "[a-z&&]", "a{2,3}?", "a{,3}", "\\d+\\.\\Q.*\\E",
        "(?P<n>x)(?<m>y)",
        "[[:alpha:]_-]", "[]a]", "\\x{ff}", "é", "(?s:.)(?-s)", "[^\\s]", "\\pL", "\\PL", "\\p{^Lu}",
        "\\p{Any}", "[\\pN\\p{Zs}_-]", "[^\\PL]",
        "(?i)\\p{Lu}", "\\pLl", "\\p{Cs}",
    ]) func regexesOfRE2AreAccepted(_ text: String) throws {
        _ = try RegexPattern(text)
    }

    @Test(arguments: [
        "\\p{Greek}", "[\\p{Han}]", "\\pX", "\\p", "\\p{", "\\p{}", "\\p{lu}", "\\p{Cn}", "\\p^L",
        "[\\P{Cyrillic}",
    ]) func classesThatAreNoCategoryAreRefused(_ text: String) {
        let error = #expect(throws: RegexPattern.SyntaxError.self) { try RegexPattern(text) }
        #expect(
            error?.description.hasSuffix(" has no character of Latin-1") == true)
    }

    @Test(arguments: [
        ("(", "missing )"), (")", "unexpected )"), ("*a", "no argument for repetition operator: *"),
        ("a**", "bad repetition operator: a**"), ("a{1001}", "bad repetition operator: {1001}"),
        ("[b-a]", "invalid character class range: b-a"), ("[a", "missing ]: [a"), ("\\", "trailing \\"),
        ("\\1", "invalid escape sequence: \\1"), ("\\x{100}", "invalid escape sequence: \\x"),
        ("é[b-a", "invalid character class range: b-a"), ("[é", "missing ]: [é"),
        ("(?=x)", "invalid perl operator: (?="),
    ]) func otherRegexesAreRefused(_ text: String, _ reason: String) {
        let error = #expect(throws: RegexPattern.SyntaxError.self) { try RegexPattern(text) }
        #expect(error?.description == "invalid regex '\(text)': \(reason)")
    }

    @Test func repetitionsOfRepetitionsAreBounded() {
        #expect(throws: RegexPattern.SyntaxError.self) { try RegexPattern("((a{100}){100}){100}") }
    }

    @Test func flagsAreResolved() throws {
        let pattern = try RegexPattern("(?i)a(b)")
        #expect(pattern.groupCount == 1)
        #expect(pattern.root == .sequence([.set([65...65, 97...97]), .group(1, .set([66...66, 98...98]))]))
    }

    @Test(arguments: [
        (TextRule.line, "a\tb \u{e9}"), (.host, "a.example:80"), (.target, "/a%20b?c=d&e=\\1"),
        (.changedHeader, "x-A_1"), (.matchedHeader, ":path"), (.any, "a\r\n\0"),
    ]) func textsAreTaken(_ rule: TextRule, _ text: String) {
        #expect(rule.fault(of: text) == nil)
    }

    @Test(arguments: [TextRule.line, .host, .target, .changedHeader, .matchedHeader])
    func noRuleLetsALineEnd(_ rule: TextRule) {
        for code in (0..<32).map(UInt8.init) + [127] where code != 9 {
            let text = "a" + String(UnicodeScalar(code)) + "b"
            #expect(rule.fault(of: text) != nil, "\(code)")
        }
    }

    @Test func otherTextsAreRefusedWithWhatIsAllowed() {
        #expect(
            TextRule.line.fault(of: "a\r\nb") == "holds the byte 0x0D; allowed: printable characters and tabs"
        )
        #expect(
            TextRule.host.fault(of: "a b") == "holds the byte 0x20; allowed: printable ASCII without spaces")
        #expect(
            TextRule.target.fault(of: "/a#b")
                == "holds the byte 0x23; allowed: printable ASCII without spaces and #")
        #expect(TextRule.target.fault(of: "/\u{e9}")?.hasPrefix("holds the byte 0xC3") == true)
    }

    @Test func findingsStayOnOneLine() {
        let finding = ConfigFinding(
            resourceType: "Cluster", resourceName: "a\r\nb\u{1}", path: "name", reason: "is bad")
        #expect(finding.description == "Cluster 'a\\r\\nb\\u0001': name: is bad")
    }
}
