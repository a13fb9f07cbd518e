/// A regular expression in RE2 syntax, parsed.
///
/// The tree has no back references and no look-around, so a matcher needs time linear in the text (Thompson's
/// construction). Pattern and text are Latin-1, a character for each byte, as to Envoy. Flags are resolved while
/// parsing: a case-insensitive letter is a set of both cases.
public struct RegexPattern: Sendable, Hashable {
    /// A node of the tree.
    public indirect enum Term: Sendable, Hashable {
        /// The empty string.
        case empty
        /// One byte of a set; ranges are sorted and apart.
        case set([ClosedRange<UInt32>])
        /// One after the other.
        case sequence([Term])
        /// The first that leads to a match.
        case alternatives([Term])
        /// So many times; `maximum` nil is without limit. Greedy takes the most, else the least.
        case repetition(Term, minimum: Int, maximum: Int?, isGreedy: Bool)
        /// A capturing group, numbered from 1.
        case group(Int, Term)
        /// A condition on the position.
        case assertion(Assertion)
    }

    /// A condition on a position.
    public enum Assertion: Sendable, Hashable {
        /// The beginning of the text.
        case startOfText
        /// The end of the text.
        case endOfText
        /// The beginning of a line.
        case startOfLine
        /// The end of a line.
        case endOfLine
        /// Between a word character and another (ASCII).
        case wordBoundary
        /// Not there.
        case notWordBoundary
    }

    /// What is wrong with an expression.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// For a person, in RE2's words where it has some.
        public var description: String
    }

    /// The largest count in `{n,m}`, and of nodes when repetitions are written out; RE2 refuses larger ones too.
    static let maxRepeat = 1000
    static let maxTerms = 20_000

    /// The expression as it was written.
    public let source: String
    /// Its tree.
    public let root: Term
    /// The number of capturing groups.
    public let groupCount: Int

    /// Parses an expression.
    public init(_ source: String) throws(SyntaxError) {
        guard source.utf8.count <= 16_384 else {
            throw SyntaxError(description: "regex is longer than 16384 bytes")
        }
        var parser = RegexParser(source)
        root = try parser.parse()
        groupCount = parser.groupCount
        self.source = source
        guard Self.size(root) <= Self.maxTerms else {
            throw SyntaxError(
                description: "regex '\(source)' is too large when its repetitions are written out")
        }
    }

    /// What is wrong with a substitution for this expression; nil when nothing is.
    func faultOfSubstitution(_ text: String) -> String? {
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let next = rest.popFirst() else { return "ends in a single backslash" }
            if next == UInt8(ascii: "\\") { continue }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else {
                return "has a backslash before something else than a digit or a backslash"
            }
            let group = Int(next - UInt8(ascii: "0"))
            if group > groupCount { return "names group \(group), the regex has \(groupCount)" }
        }
        return nil
    }

    private static func size(_ term: Term) -> Int {
        switch term {
        case .empty, .set, .assertion: return 1
        case .sequence(let terms), .alternatives(let terms):
            return terms.reduce(1) { min($0 + size($1), maxTerms + 1) }
        case .group(_, let inner): return size(inner) + 1
        case .repetition(let inner, let minimum, let maximum, _):
            return min(1 + size(inner) * max(1, maximum ?? minimum + 1), maxTerms + 1)
        }
    }
}
