internal import Bytes
internal import EnvoyConfig

/// A compiled path match.
enum PathRule: Sendable {
    case prefix([UInt8], ignoresCase: Bool)
    case exact([UInt8], ignoresCase: Bool)
    case separatedPrefix([UInt8], ignoresCase: Bool)
    case regex(RegexProgram)

    init(_ match: RouteMatch) throws(RegexPattern.SyntaxError) {
        let folds = !match.caseSensitive
        func bytes(_ text: String) -> [UInt8] { Array((folds ? ASCII.lowercased(text) : text).utf8) }
        switch match.path {
        case .prefix(let text): self = .prefix(bytes(text), ignoresCase: folds)
        case .exact(let text): self = .exact(bytes(text), ignoresCase: folds)
        case .pathSeparatedPrefix(let text): self = .separatedPrefix(bytes(text), ignoresCase: folds)
        case .safeRegex(let text): self = .regex(RegexProgram(try RegexPattern(text)))
        }
    }

    func matches(_ path: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .prefix(let word, let folds):
            return path.count >= word.count && TextMatcher.equal(path.prefix(word.count), word, folds)
        case .exact(let word, let folds):
            return path.count == word.count && TextMatcher.equal(path, word, folds)
        case .separatedPrefix(let word, let folds):
            guard path.count >= word.count, TextMatcher.equal(path.prefix(word.count), word, folds) else {
                return false
            }
            return path.count == word.count || path[path.startIndex + word.count] == 0x2F
        case .regex(let program):
            return program.matchesWhole(path)
        }
    }

    /// How many bytes of a matching path a prefix rewrite replaces.
    func replacedCount(of path: ArraySlice<UInt8>) -> Int {
        switch self {
        case .prefix(let word, _), .separatedPrefix(let word, _): word.count
        case .exact, .regex: path.count
        }
    }
}
