import Document
import Resources
import Testing

@Suite struct LabelSelectorTests {
    static let sets: [[String: String]] = [
        ["app": "ratings", "tier": "be"], ["app": "reviews", "tier": "fe", "export": "true"],
        ["app": "ratings"], [:],
    ]

    /// Which of `sets` a selector takes.
    static func taken(_ selector: LabelSelector) -> [Int] {
        sets.indices.filter { selector.matches(sets[$0]) }
    }

    @Test(arguments: [
        ("{}", [0, 1, 2, 3]), ("{matchLabels: {app: ratings}}", [0, 2]),
        ("{matchLabels: {app: ratings, tier: be}}", [0]),
        ("{matchExpressions: [{key: app, operator: In, values: [ratings, reviews]}]}", [0, 1, 2]),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [ratings]}]}", [1, 3]),
        ("{matchExpressions: [{key: tier, operator: Exists}]}", [0, 1]),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", [3]),
        (
            "{matchLabels: {app: reviews}, matchExpressions: [{key: tier, operator: NotIn, values: [be]}]}",
            [1]
        ),
    ])
    func objectFormTakes(_ text: String, _ expected: [Int]) throws {
        let node = try #require(try Support.documents(text).first)
        #expect(Self.taken(try LabelSelector(node: node)) == expected)
    }

    @Test(arguments: [
        ("", [0, 1, 2, 3]), ("app=ratings", [0, 2]), ("app==ratings,tier=be", [0]), ("app!=ratings", [1, 3]),
        ("tier", [0, 1]), ("!app", [3]), ("app in (ratings, reviews)", [0, 1, 2]),
        ("app notin (ratings)", [1, 3]),
        (" app = reviews , export", [1]), ("app in (reviews),!tier", []), ("app=", []),
    ])
    func queryFormTakes(_ text: String, _ expected: [Int]) throws {
        let selector = try #require(LabelSelector(query: text))
        #expect(Self.taken(selector) == expected)
        #expect(LabelSelector(query: selector.query) == selector)
    }

    @Test(arguments: [
        "=", "a=b,", ",a", "a=b c", "a in", "a in (", "a in (x", "a in x)", "a near (x)", "!", "!a=b", "a!b",
        "bad key=1",
        "a=bad value!", "-a",
    ])
    func refusesOddQueries(_ text: String) {
        #expect(LabelSelector(query: text) == nil)
    }

    @Test(arguments: [
        ("{matchExpressions: [{key: a, operator: Near}]}", "matchExpressions[0].operator"),
        ("{matchExpressions: [{key: a, operator: In}]}", "matchExpressions[0].values"),
        ("{matchExpressions: [{key: a, operator: Exists, values: [x]}]}", "matchExpressions[0].values"),
        ("{matchExpressions: [{key: 'bad key!', operator: Exists}]}", "matchExpressions[0].key"),
        ("{matchLabels: {a: 'bad value!'}}", "matchLabels.a"), ("{matchLabels: {a: 1}}", "matchLabels.a"),
        ("[]", ""),
    ])
    func namesWhatMakesItUnusable(_ text: String, _ path: String) throws {
        let node = try #require(try Support.documents(text).first)
        let error = #expect(throws: DocumentError.self) { try LabelSelector(node: node) }
        #expect(error?.findings.map { $0.path?.description } == [path])
    }
}
