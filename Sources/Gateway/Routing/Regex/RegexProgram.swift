internal import EnvoyConfig

/// A compiled regular expression of RE2's syntax, run in time linear in the text (Thompson's construction).
struct RegexProgram: Sendable {
    enum Instruction: Sendable {
        case set(ByteSet)
        /// Goes on at both, the first preferred.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case assertion(RegexPattern.Assertion)
        case match
    }

    let instructions: [Instruction]
    let groupCount: Int
    let source: String

    init(_ pattern: RegexPattern) {
        var builder = Builder()
        builder.emit(.save(0))
        builder.compile(pattern.root)
        builder.emit(.save(1))
        builder.emit(.match)
        instructions = builder.instructions
        groupCount = pattern.groupCount
        source = pattern.source
    }

    private struct Builder {
        var instructions: [Instruction] = []

        mutating func emit(_ instruction: Instruction) { instructions.append(instruction) }

        mutating func compile(_ term: RegexPattern.Term) {
            switch term {
            case .empty: break
            case .set(let ranges): emit(.set(ByteSet(ranges)))
            case .sequence(let terms): for term in terms { compile(term) }
            case .group(let number, let inner):
                emit(.save(2 * number))
                compile(inner)
                emit(.save(2 * number + 1))
            case .assertion(let assertion): emit(.assertion(assertion))
            case .alternatives(let terms): alternatives(terms)
            case .repetition(let inner, let minimum, let maximum, let isGreedy):
                for _ in 0..<minimum { compile(inner) }
                if let maximum {
                    optional(inner, maximum - minimum, isGreedy)
                } else {
                    star(inner, isGreedy)
                }
            }
        }

        private mutating func alternatives(_ terms: [RegexPattern.Term]) {
            var jumps: [Int] = []
            for (index, term) in terms.enumerated() {
                guard index < terms.count - 1 else {
                    compile(term)
                    break
                }
                let split = instructions.count
                emit(.match)
                compile(term)
                jumps.append(instructions.count)
                emit(.match)
                instructions[split] = .split(split + 1, instructions.count)
            }
            for jump in jumps { instructions[jump] = .jump(instructions.count) }
        }

        private mutating func star(_ inner: RegexPattern.Term, _ isGreedy: Bool) {
            let split = instructions.count
            emit(.match)
            compile(inner)
            emit(.jump(split))
            let end = instructions.count
            instructions[split] = isGreedy ? .split(split + 1, end) : .split(end, split + 1)
        }

        private mutating func optional(_ inner: RegexPattern.Term, _ count: Int, _ isGreedy: Bool) {
            var splits: [Int] = []
            for _ in 0..<max(0, count) {
                splits.append(instructions.count)
                emit(.match)
                compile(inner)
            }
            let end = instructions.count
            for split in splits {
                instructions[split] = isGreedy ? .split(split + 1, end) : .split(end, split + 1)
            }
        }
    }
}

/// A set of bytes, as a bit map.
struct ByteSet: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ ranges: [ClosedRange<UInt32>]) {
        for range in ranges where range.lowerBound < 256 {
            for value in range.lowerBound...min(range.upperBound, 255) {
                let bit: UInt64 = 1 << UInt64(value & 63)
                switch value >> 6 {
                case 0: words.0 |= bit
                case 1: words.1 |= bit
                case 2: words.2 |= bit
                default: words.3 |= bit
                }
            }
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }
}
