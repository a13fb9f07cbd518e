internal import Bytes

/// Brings a path into the one form that rules are written for (RFC 3986 6.2.2, and Envoy's `normalize_path`).
///
/// Paths come out byte for byte as Envoy's do: a rule that both gateways read must mean the same to both.
struct PathNormalizer: Sendable {
    /// Resolves dot segments, decodes unreserved characters, turns `\` into `/`.
    var normalizes = false
    /// `//` becomes `/`, in what is left of the path then.
    var mergesSlashes = false
    /// `%2F` and `%5C` are refused.
    var rejectsEscapedSlashes = false

    /// What came of a target.
    enum Outcome: Equatable {
        case unchanged
        case changed([UInt8])
        case rejected
    }

    /// Normalises an origin-form target; its query stays as it is.
    func apply(_ target: ArraySlice<UInt8>) -> Outcome {
        guard target.first == Self.slash else { return .unchanged }
        let mark = target.firstIndex(of: 0x3F) ?? target.endIndex
        let path = target[..<mark]
        if rejectsEscapedSlashes, Self.hasEscapedSlash(path) { return .rejected }
        guard normalizes || mergesSlashes, Self.mayChange(path) else { return .unchanged }
        var result = normalizes ? Self.resolved(path) : Array(path)
        if mergesSlashes { result = Self.merged(result) }
        result += target[mark...]
        return result.elementsEqual(target) ? .unchanged : .changed(result)
    }

    private static let slash: UInt8 = 0x2F
    private static let backslash: UInt8 = 0x5C
    private static let percent: UInt8 = 0x25
    private static let dot: UInt8 = 0x2E

    /// A cheap look that spares ordinary paths the work.
    private static func mayChange(_ path: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in path {
            if byte == percent || byte == backslash || mustBeEscaped(byte) { return true }
            if previous == slash, byte == dot || byte == slash { return true }
            previous = byte
        }
        return false
    }

    private static func hasEscapedSlash(_ path: ArraySlice<UInt8>) -> Bool {
        path.indices.contains { index in
            guard let value = escape(path, index) else { return false }
            return value == slash || value == backslash
        }
    }

    /// The path without dot segments, those with parameters included.
    ///
    /// Envoy looks for parameters in the path as it came, and lets `/%2e%2e;/` and `\..;/` out as `/..;/`. What comes out
    /// here is looked at once more, since the backend reads that.
    private static func resolved(_ path: ArraySlice<UInt8>) -> [UInt8] {
        let result = canonical(withoutDotParameters(path))
        let cut = withoutDotParameters(result[...])
        return cut.count == result.count ? result : canonical(cut)
    }

    /// Cuts the parameters off dot segments: `/..;a=b/` is `/../`.
    ///
    /// Servers that take `;` for the start of parameters would resolve such a segment, behind the rules' back.
    private static func withoutDotParameters(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard path.contains(0x3B) else { return path }
        var result: [UInt8] = []
        for segment in path.dropFirst().split(separator: slash, omittingEmptySubsequences: false) {
            let dots = segment.prefix { $0 == dot }
            let isDotSegment = (1...2).contains(dots.count) && segment.dropFirst(dots.count).first == 0x3B
            result.append(slash)
            result += isDotSegment ? dots : segment
        }
        return result[...]
    }

    /// Resolves dot segments, decodes unreserved characters, escapes what a path may not hold, and turns `\` into `/`.
    ///
    /// Above the root there is nothing. Other escapes stay as they are, in either case.
    private static func canonical(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        // Where the last percent sign stands that began no escape.
        var bare: Int?
        var index = path.startIndex
        while index < path.endIndex {
            if result.last == slash, let (dots, end) = dotSegment(path, index) {
                if dots == 2, result.count > 1 {
                    result.removeLast()
                    while result.last != slash { result.removeLast() }
                    bare = nil
                }
                index = end
                continue
            }
            let byte = path[index]
            if byte == percent {
                guard let value = escape(path, index) else {
                    bare = result.count
                    result.append(percent)
                    index += 1
                    continue
                }
                if isUnreserved(value) {
                    result.append(value)
                    escapeBarePercent(at: bare, in: &result, before: path[(index + 3)...].first)
                } else {
                    result += path[index..<index + 3]
                }
                index += 3
                continue
            }
            if byte == backslash {
                result.append(slash)
            } else if mustBeEscaped(byte) {
                result += [percent, upperDigit(byte >> 4), upperDigit(byte & 15)]
            } else {
                result.append(byte)
            }
            index += 1
        }
        return result
    }

    /// The dots of a segment `.` or `..`, also escaped, that begins here, and where what is behind it begins.
    private static func dotSegment(_ path: ArraySlice<UInt8>, _ start: Int) -> (dots: Int, end: Int)? {
        var index = start
        var dots = 0
        while index < path.endIndex {
            if path[index] == dot {
                index += 1
            } else if escape(path, index) == dot {
                index += 3
            } else if path[index] == slash || path[index] == backslash {
                return dots == 1 || dots == 2 ? (dots, index + 1) : nil
            } else {
                return nil
            }
            dots += 1
        }
        return dots == 1 || dots == 2 ? (dots, index) : nil
    }

    /// Escapes a percent sign that began no escape where a character just decoded would let it begin one.
    ///
    /// `%4%31` must not become `%41`, which the next reader takes for an `A`.
    private static func escapeBarePercent(at bare: Int?, in result: inout [UInt8], before next: UInt8?) {
        guard let bare, bare + 3 >= result.count, ASCII.hexDigit(result[bare + 1]) != nil,
            let second = bare + 3 == result.count ? result.last : next, ASCII.hexDigit(second) != nil
        else { return }
        result.insert(contentsOf: [0x32, 0x35], at: bare + 1)
    }

    /// The character that an escape here stands for; nil where none begins.
    private static func escape(_ path: ArraySlice<UInt8>, _ index: Int) -> UInt8? {
        guard path[index] == percent, index + 2 < path.endIndex, let high = ASCII.hexDigit(path[index + 1]),
            let low = ASCII.hexDigit(path[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, dot, 0x5F, 0x7E: true
        default: ASCII.isLetter(byte) || ASCII.isDigit(byte)
        }
    }

    /// `"`, `#`, `<`, `>`, `^`, a backtick, braces and `|`, and what is no printing character of ASCII.
    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x22, 0x23, 0x3C, 0x3E, 0x5E, 0x60, 0x7B...0x7D, 0x7F...0xFF: true
        default: false
        }
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    private static func merged(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        for byte in path where byte != slash || result.last != slash { result.append(byte) }
        return result
    }
}
