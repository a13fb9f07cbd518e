/// Recursive descent over RE2 syntax, byte by byte: to Envoy a regex is Latin-1, and `é` two characters.
struct RegexParser {
    typealias Term = RegexPattern.Term
    typealias SyntaxError = RegexPattern.SyntaxError

    /// `(?ismU)`.
    private struct Flags {
        var ignoresCase = false
        var dotMatchesNewline = false
        var isMultiline = false
        var isSwapped = false
    }

    private let source: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var flags = Flags()
    private var depth = 0
    private(set) var groupCount = 0

    init(_ source: String) {
        self.source = source
        scalars = source.utf8.map { Unicode.Scalar($0) }
    }

    mutating func parse() throws(SyntaxError) -> Term {
        let term = try alternatives()
        guard position == scalars.count else { throw fault("unexpected )") }
        return term
    }

    // MARK: grammar

    private mutating func alternatives() throws(SyntaxError) -> Term {
        var branches = [try sequence()]
        while peek == "|" {
            position += 1
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(SyntaxError) -> Term {
        var terms: [Term] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            let start = position
            guard let atom = try atom() else { continue }
            terms.append(try repeated(atom, from: start))
        }
        switch terms.count {
        case 0: return .empty
        case 1: return terms[0]
        default: return .sequence(terms)
        }
    }

    private mutating func repeated(_ atom: Term, from start: Int) throws(SyntaxError) -> Term {
        guard let (minimum, maximum) = try count() else { return atom }
        var isGreedy = !flags.isSwapped
        if peek == "?" {
            position += 1
            isGreedy.toggle()
        }
        if try count() != nil { throw fault("bad repetition operator: \(text(from: start))") }
        return .repetition(atom, minimum: minimum, maximum: maximum, isGreedy: isGreedy)
    }

    /// `*`, `+`, `?` or `{n,m}` if one stands here.
    ///
    /// A brace that is no count is a literal, as in RE2.
    private mutating func count() throws(SyntaxError) -> (Int, Int?)? {
        switch peek {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{":
            let start = position
            position += 1
            guard let minimum = number() else { return rewind(start) }
            var maximum: Int? = minimum
            if peek == "," {
                position += 1
                maximum = peek == "}" ? nil : number()
                if maximum == nil && peek != "}" { return rewind(start) }
            }
            guard peek == "}" else { return rewind(start) }
            position += 1
            guard max(minimum, maximum ?? 0) <= RegexPattern.maxRepeat, minimum <= maximum ?? minimum else {
                throw fault("bad repetition operator: \(text(from: start))")
            }
            return (minimum, maximum)
        default:
            return nil
        }
    }

    /// One atom; nil for a group of flags only.
    private mutating func atom() throws(SyntaxError) -> Term? {
        let scalar = try next()
        switch scalar {
        case "(": return try group()
        case "[": return .set(try bracket())
        case ".":
            return .set(flags.dotMatchesNewline ? ScalarSet.all : ScalarSet.inverted([10...10]))
        case "^": return .assertion(flags.isMultiline ? .startOfLine : .startOfText)
        case "$": return .assertion(flags.isMultiline ? .endOfLine : .endOfText)
        case "*", "+", "?": throw fault("no argument for repetition operator: \(scalar)")
        case "\\": return try escape()
        default: return literal(scalar)
        }
    }

    private mutating func group() throws(SyntaxError) -> Term? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw fault("expression nests too deeply") }
        let saved = flags
        var index: Int?
        if peek == "?" {
            position += 1
            if try readsName() {
                groupCount += 1
                index = groupCount
            } else if try !readFlags() {
                return nil
            }
        } else {
            groupCount += 1
            index = groupCount
        }
        let inner = try alternatives()
        guard peek == ")" else { throw fault("missing )") }
        position += 1
        flags = saved
        return index.map { .group($0, inner) } ?? inner
    }

    /// `P<name>` or `<name>` after `(?`.
    private mutating func readsName() throws(SyntaxError) -> Bool {
        let start = position
        if peek == "P" { position += 1 }
        guard peek == "<" else {
            position = start
            return false
        }
        position += 1
        let nameStart = position
        while let scalar = peek, ScalarSet.contains(ScalarSet.word, scalar.value) { position += 1 }
        guard position > nameStart, peek == ">" else { throw fault("invalid named capture group") }
        position += 1
        return true
    }

    /// Flags after `(?`; false when they end in `)` and hold for the rest of the group around.
    private mutating func readFlags() throws(SyntaxError) -> Bool {
        let start = position
        var isOn = true
        while true {
            guard let scalar = peek else { throw fault("missing )") }
            position += 1
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "s": flags.dotMatchesNewline = isOn
            case "m": flags.isMultiline = isOn
            case "U": flags.isSwapped = isOn
            case "-" where isOn: isOn = false
            case ":": return true
            case ")": return false
            default: throw fault("invalid perl operator: (?\(text(from: start))")
            }
        }
    }

    private mutating func escape() throws(SyntaxError) -> Term {
        let scalar = try next(orElse: "trailing \\")
        switch scalar {
        case "A": return .assertion(.startOfText)
        case "z": return .assertion(.endOfText)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.notWordBoundary)
        case "Q": return quoted()
        default: break
        }
        if let set = try namedSet(escapedBy: scalar) { return .set(set) }
        return literal(try character(escapedBy: scalar))
    }

    /// `\Q...\E`.
    private mutating func quoted() -> Term {
        var terms: [Term] = []
        while let scalar = peek {
            position += 1
            if scalar == "\\", peek == "E" {
                position += 1
                break
            }
            terms.append(literal(scalar))
        }
        return .sequence(terms)
    }

    /// The character of `\n`, `\x41`, `\x{e9}`, `\101` or an escaped punctuation mark.
    private mutating func character(escapedBy scalar: Unicode.Scalar) throws(SyntaxError) -> Unicode.Scalar {
        switch scalar {
        case "a": return "\u{7}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{b}"
        case "x": return try hexadecimal()
        case "0"..."7":
            var value = scalar.value - 48
            let isOctal = scalar == "0" || (peek.map { ("0"..."7").contains($0) } ?? false)
            guard isOctal else { throw fault("invalid escape sequence: \\\(scalar)") }
            for _ in 0..<2 {
                guard let digit = peek, ("0"..."7").contains(digit) else { break }
                value = value * 8 + digit.value - 48
                position += 1
            }
            return Unicode.Scalar(value) ?? "\0"
        default:
            guard scalar.isASCII, !ScalarSet.contains(ScalarSet.word, scalar.value) || scalar == "_" else {
                throw fault("invalid escape sequence: \\\(scalar)")
            }
            return scalar
        }
    }

    private mutating func hexadecimal() throws(SyntaxError) -> Unicode.Scalar {
        let isBraced = peek == "{"
        if isBraced { position += 1 }
        var value: UInt32 = 0
        var digits = 0
        while digits < (isBraced ? 6 : 2), let digit = peek.flatMap({ hexValue($0) }) {
            value = value * 16 + digit
            digits += 1
            position += 1
        }
        guard digits == 2 || (isBraced && digits > 0), !isBraced || peek == "}",
            value <= 0xFF, let scalar = Unicode.Scalar(value)
        else { throw fault("invalid escape sequence: \\x") }
        if isBraced { position += 1 }
        return scalar
    }

    private func hexValue(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar {
        case "0"..."9": scalar.value - 48
        case "a"..."f": scalar.value - 87
        case "A"..."F": scalar.value - 55
        default: nil
        }
    }

    // MARK: sets

    private mutating func bracket() throws(SyntaxError) -> [ClosedRange<UInt32>] {
        let start = position - 1
        var isInverted = false
        if peek == "^" {
            isInverted = true
            position += 1
        }
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while let scalar = peek, isFirst || scalar != "]" {
            isFirst = false
            if let named = try namedSet() {
                ranges += named
                continue
            }
            position += 1
            if scalar == "\\" {
                let escaped = try next(orElse: "trailing \\")
                if let set = try namedSet(escapedBy: escaped) {
                    ranges += set
                    continue
                }
                ranges.append(try range(from: try character(escapedBy: escaped), start))
            } else {
                ranges.append(try range(from: scalar, start))
            }
        }
        guard peek == "]" else { throw fault("missing ]: \(text(from: start))") }
        position += 1
        if flags.ignoresCase { ranges = ScalarSet.bothCases(ranges) }
        let set = ScalarSet.normalized(ranges)
        return isInverted ? ScalarSet.inverted(set) : set
    }

    /// `a` or `a-z`, `a` being read.
    private mutating func range(
        from low: Unicode.Scalar, _ start: Int
    ) throws(SyntaxError) -> ClosedRange<UInt32> {
        guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
            return low.value...low.value
        }
        position += 1
        var high = try next(orElse: "missing ]")
        if high == "\\" { high = try character(escapedBy: try next(orElse: "trailing \\")) }
        guard low.value <= high.value else { throw fault("invalid character class range: \(low)-\(high)") }
        return low.value...high.value
    }

    /// `[:alpha:]` or `[:^alpha:]` if one stands here.
    private mutating func namedSet() throws(SyntaxError) -> [ClosedRange<UInt32>]? {
        guard peek == "[", position + 1 < scalars.count, scalars[position + 1] == ":" else { return nil }
        var end = position + 2
        while end + 1 < scalars.count, !(scalars[end] == ":" && scalars[end + 1] == "]") { end += 1 }
        guard end + 1 < scalars.count else { return nil }
        var name = String(String.UnicodeScalarView(scalars[(position + 2)..<end]))
        let isInverted = name.hasPrefix("^")
        if isInverted { name.removeFirst() }
        guard let set = ScalarSet.posix(name) else {
            throw fault("invalid character class range: [:\(name):]")
        }
        position = end + 2
        return isInverted ? ScalarSet.inverted(set) : set
    }

    /// `\d`, `\W`..., and the general categories of Unicode: `\pL`, `\p{Lu}`, `\P{Lu}`, `\p{^Lu}`.
    private mutating func namedSet(
        escapedBy scalar: Unicode.Scalar
    ) throws(SyntaxError) -> [ClosedRange<UInt32>]? {
        guard scalar == "p" || scalar == "P" else { return ScalarSet.perl(scalar) }
        let start = position - 2
        var isInverted = scalar == "P"
        var name = ""
        if peek == "{" {
            position += 1
            while let next = peek, next != "}" {
                name.unicodeScalars.append(next)
                position += 1
            }
            if name.hasPrefix("^") {
                name.removeFirst()
                isInverted.toggle()
            }
        } else if let next = peek {
            name.unicodeScalars.append(next)
        }
        if peek != nil { position += 1 }
        guard var set = UnicodeClass.named(name) else {
            throw fault("invalid character class range: \(text(from: start)) has no character of Latin-1")
        }
        if flags.ignoresCase { set = ScalarSet.normalized(ScalarSet.bothCases(set)) }
        return isInverted ? ScalarSet.inverted(set) : set
    }

    // MARK: tools

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func next(orElse reason: String = "unexpected end") throws(SyntaxError) -> Unicode.Scalar
    {
        guard let scalar = peek else { throw fault(reason) }
        position += 1
        return scalar
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), RegexPattern.maxRepeat + 1)
            position += 1
        }
        return value
    }

    private mutating func rewind<T>(_ start: Int) -> T? {
        position = start
        return nil
    }

    private func literal(_ scalar: Unicode.Scalar) -> Term {
        let range = [scalar.value...scalar.value]
        return .set(flags.ignoresCase ? ScalarSet.normalized(ScalarSet.bothCases(range)) : range)
    }

    private func text(from start: Int) -> String {
        String(decoding: Array(source.utf8)[start..<position], as: UTF8.self)
    }

    private func fault(_ reason: String) -> SyntaxError {
        SyntaxError(description: "invalid regex '\(source)': \(reason)")
    }
}
