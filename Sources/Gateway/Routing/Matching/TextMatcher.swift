internal import Bytes
internal import EnvoyConfig

/// A compiled `StringMatcher` over bytes.
enum TextMatcher: Sendable {
    case exact([UInt8], ignoresCase: Bool)
    case prefix([UInt8], ignoresCase: Bool)
    case suffix([UInt8], ignoresCase: Bool)
    case contains([UInt8], ignoresCase: Bool)
    case regex(RegexProgram)

    init(_ matcher: StringMatcher) throws(RegexPattern.SyntaxError) {
        let folds = matcher.ignoreCase
        func bytes(_ text: String) -> [UInt8] { Array((folds ? ASCII.lowercased(text) : text).utf8) }
        switch matcher.pattern {
        case .exact(let text): self = .exact(bytes(text), ignoresCase: folds)
        case .prefix(let text): self = .prefix(bytes(text), ignoresCase: folds)
        case .suffix(let text): self = .suffix(bytes(text), ignoresCase: folds)
        case .contains(let text): self = .contains(bytes(text), ignoresCase: folds)
        case .safeRegex(let text): self = .regex(RegexProgram(try RegexPattern(text)))
        }
    }

    func matches(_ text: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .exact(let word, let folds):
            return text.count == word.count && Self.equal(text, word, folds)
        case .prefix(let word, let folds):
            return text.count >= word.count && Self.equal(text.prefix(word.count), word, folds)
        case .suffix(let word, let folds):
            return text.count >= word.count && Self.equal(text.suffix(word.count), word, folds)
        case .contains(let word, let folds):
            guard text.count >= word.count else { return false }
            for start in text.startIndex...(text.endIndex - word.count)
            where Self.equal(text[start..<start + word.count], word, folds) {
                return true
            }
            return false
        case .regex(let program):
            return program.matchesWhole(text)
        }
    }

    func matches(_ text: String) -> Bool { matches(Array(text.utf8)[...]) }

    /// Compares two of the same length; `word` is lower case when `folds`.
    static func equal(_ text: ArraySlice<UInt8>, _ word: [UInt8], _ folds: Bool) -> Bool {
        guard folds else { return text.elementsEqual(word) }
        return zip(text, word).allSatisfy { ASCII.lowercased($0) == $1 }
    }
}
