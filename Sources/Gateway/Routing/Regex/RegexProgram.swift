internal import EnvoyConfig

/// A compiled regular expression of RE2's syntax, run in time linear in the text (Thompson's construction).
struct RegexProgram: Sendable {
    enum Instruction: Sendable {
        case set(ScalarRanges)
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
            case .set(let ranges): emit(.set(ScalarRanges(ranges)))
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

/// A set of code points with a bit map for ASCII.
struct ScalarRanges: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var bits: (UInt64, UInt64) = (0, 0)
        for range in ranges where range.lowerBound < 128 {
            for value in range.lowerBound...min(range.upperBound, 127) {
                if value < 64 { bits.0 |= 1 << UInt64(value) } else { bits.1 |= 1 << UInt64(value - 64) }
            }
        }
        (low, high) = bits
        self.ranges = ranges.filter { $0.upperBound >= 128 }
    }

    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 == 1 }
        if value < 128 { return high >> UInt64(value - 64) & 1 == 1 }
        return ranges.contains { $0.contains(value) }
    }
}
