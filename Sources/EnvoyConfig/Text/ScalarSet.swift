/// Sets of the characters of Latin-1, which is how a regex reads bytes, as sorted ranges.
enum ScalarSet {
    static let all: [ClosedRange<UInt32>] = [0...0xFF]
    static let digits: [ClosedRange<UInt32>] = [48...57]
    static let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
    static let space: [ClosedRange<UInt32>] = [9...10, 12...13, 32...32]

    /// `\d`, `\D`, `\s`, `\S`, `\w`, `\W`.
    static func perl(_ scalar: Unicode.Scalar) -> [ClosedRange<UInt32>]? {
        switch scalar {
        case "d": digits
        case "D": inverted(digits)
        case "s": space
        case "S": inverted(space)
        case "w": word
        case "W": inverted(word)
        default: nil
        }
    }

    /// The classes of POSIX, ASCII only.
    static func posix(_ name: String) -> [ClosedRange<UInt32>]? {
        switch name {
        case "alnum": [48...57, 65...90, 97...122]
        case "alpha": [65...90, 97...122]
        case "ascii": [0...127]
        case "blank": [9...9, 32...32]
        case "cntrl": [0...31, 127...127]
        case "digit": digits
        case "graph": [33...126]
        case "lower": [97...122]
        case "print": [32...126]
        case "punct": [33...47, 58...64, 91...96, 123...126]
        case "space": [9...13, 32...32]
        case "upper": [65...90]
        case "word": word
        case "xdigit": [48...57, 65...70, 97...102]
        default: nil
        }
    }

    static func contains(_ set: [ClosedRange<UInt32>], _ value: UInt32) -> Bool {
        set.contains { $0.contains(value) }
    }

    /// Sorted, with overlapping and adjacent ranges joined.
    static func normalized(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Everything else; `set` is normalized.
    static func inverted(_ set: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in set {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0xFF { result.append(next...0xFF) }
        return result
    }

    /// With the other case of every ASCII letter.
    static func bothCases(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result = ranges
        for range in ranges {
            if range.overlaps(65...90) {
                let part = range.clamped(to: 65...90)
                result.append((part.lowerBound + 32)...(part.upperBound + 32))
            }
            if range.overlaps(97...122) {
                let part = range.clamped(to: 97...122)
                result.append((part.lowerBound - 32)...(part.upperBound - 32))
            }
        }
        return result
    }
}
