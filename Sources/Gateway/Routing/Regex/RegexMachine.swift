internal import EnvoyConfig

/// Runs a `RegexProgram` over one text, all alternatives in step.
///
/// Each byte is a character, as for Envoy, whose RE2 reads Latin-1.
struct RegexMachine {
    private let program: RegexProgram
    private let text: ArraySlice<UInt8>
    private let keepsGroups: Bool

    private struct Thread {
        var pc: Int
        var groups: [Int]
    }

    private enum Step {
        case explore(Int)
        case restore(slot: Int, value: Int)
    }

    init(_ program: RegexProgram, _ text: ArraySlice<UInt8>, keepsGroups: Bool) {
        self.program = program
        self.text = text
        self.keepsGroups = keepsGroups
    }

    /// Whether the whole text matches.
    func matchesWhole() -> Bool { run(from: 0, isAnchored: true, mustReachEnd: true) != nil }

    /// The leftmost match at or after the byte `start`, as byte offsets of group 0, 1...; -1 for a group not taken.
    func search(from start: Int) -> [Int]? {
        run(from: start, isAnchored: false, mustReachEnd: false)
    }

    private func byte(_ position: Int) -> UInt8 { text[text.startIndex + position] }

    private func run(from start: Int, isAnchored: Bool, mustReachEnd: Bool) -> [Int]? {
        let slots = keepsGroups ? 2 * (program.groupCount + 1) : 0
        let empty = [Int](repeating: -1, count: slots)
        var current: [Thread] = []
        var next: [Thread] = []
        var seen = [Int](repeating: -1, count: program.instructions.count)
        var found: [Int]?
        var position = start
        while true {
            // Threads that started earlier were added first and are preferred.
            if found == nil, position == start || !isAnchored {
                add(0, empty, position, &current, &seen)
            }
            if current.isEmpty && (found != nil || isAnchored) { return found }
            next.removeAll(keepingCapacity: true)
            step: for thread in current {
                switch program.instructions[thread.pc] {
                case .set(let set):
                    guard position < text.count, set.contains(byte(position)) else { continue }
                    add(thread.pc + 1, thread.groups, position + 1, &next, &seen)
                case .match:
                    guard !mustReachEnd || position == text.count else { continue }
                    found = thread.groups
                    if !keepsGroups { return found }
                    // Whatever is preferred less can no longer win.
                    break step
                default: continue
                }
            }
            swap(&current, &next)
            if position == text.count { return found }
            position += 1
        }
    }

    /// Adds `pc` and all it leads to without reading, in order of preference.
    private func add(
        _ pc: Int, _ groups: [Int], _ position: Int, _ list: inout [Thread], _ seen: inout [Int]
    ) {
        var stack: [Step] = [.explore(pc)]
        var groups = groups
        while let step = stack.popLast() {
            switch step {
            case .restore(let slot, let value): groups[slot] = value
            case .explore(let pc):
                // One visit of each instruction per position keeps the time linear.
                guard seen[pc] != position else { continue }
                seen[pc] = position
                switch program.instructions[pc] {
                case .jump(let target): stack.append(.explore(target))
                case .split(let first, let second):
                    stack.append(.explore(second))
                    stack.append(.explore(first))
                case .save(let slot):
                    if keepsGroups {
                        stack.append(.restore(slot: slot, value: groups[slot]))
                        groups[slot] = position
                    }
                    stack.append(.explore(pc + 1))
                case .assertion(let assertion):
                    if holds(assertion, position) { stack.append(.explore(pc + 1)) }
                case .set, .match:
                    list.append(Thread(pc: pc, groups: groups))
                }
            }
        }
    }

    private func holds(_ assertion: RegexPattern.Assertion, _ position: Int) -> Bool {
        func isWord(_ index: Int) -> Bool {
            guard index >= 0, index < text.count else { return false }
            switch byte(index) {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: return true
            default: return false
            }
        }
        switch assertion {
        case .startOfText: return position == 0
        case .endOfText: return position == text.count
        case .startOfLine: return position == 0 || byte(position - 1) == 10
        case .endOfLine: return position == text.count || byte(position) == 10
        case .wordBoundary: return isWord(position - 1) != isWord(position)
        case .notWordBoundary: return isWord(position - 1) == isWord(position)
        }
    }
}

extension RegexProgram {
    /// Whether the whole text matches.
    func matchesWhole(_ text: ArraySlice<UInt8>) -> Bool {
        let machine = RegexMachine(self, text, keepsGroups: false)
        return machine.matchesWhole()
    }

    /// Replaces every match by `substitution`, in which `\1` is a group and `\\` a backslash.
    func replacingMatches(in text: ArraySlice<UInt8>, with substitution: [UInt8]) -> [UInt8] {
        let machine = RegexMachine(self, text, keepsGroups: true)
        var result: [UInt8] = []
        var copied = 0
        var from = 0
        func part(_ low: Int, _ high: Int) -> ArraySlice<UInt8> {
            text[text.startIndex + low..<text.startIndex + high]
        }
        while from <= text.count, let groups = machine.search(from: from) {
            result += part(copied, groups[0])
            var index = 0
            while index < substitution.count {
                let byte = substitution[index]
                guard byte == 0x5C, index + 1 < substitution.count else {
                    result.append(byte)
                    index += 1
                    continue
                }
                let next = substitution[index + 1]
                index += 2
                guard next >= 0x30, next <= 0x39 else {
                    result.append(next)
                    continue
                }
                let group = Int(next - 0x30)
                if 2 * group + 1 < groups.count, groups[2 * group] >= 0 {
                    result += part(groups[2 * group], groups[2 * group + 1])
                }
            }
            copied = groups[1]
            from = groups[1] > groups[0] ? groups[1] : groups[1] + 1
        }
        result += part(copied, text.count)
        return result
    }
}
