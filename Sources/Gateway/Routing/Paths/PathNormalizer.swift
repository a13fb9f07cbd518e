internal import Bytes

/// Brings a path into the one form that rules are written for (RFC 3986 6.2.2, and Envoy's `normalize_path`).
struct PathNormalizer: Sendable {
    /// Resolves dot segments, decodes unreserved characters, turns `\` into `/`.
    var normalizes = false
    /// `//` becomes `/`.
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
        guard target.first == 0x2F else { return .unchanged }
        let mark = target.firstIndex(of: 0x3F) ?? target.endIndex
        var path = target[..<mark]
        if rejectsEscapedSlashes, Self.hasEscapedSlash(path) { return .rejected }
        guard normalizes || mergesSlashes, Self.mayChange(path) else { return .unchanged }
        if normalizes {
            path = Self.decode(path)[...]
        }
        if mergesSlashes { path = Self.merge(path)[...] }
        if normalizes {
            path = Self.resolveDots(path)[...]
        }
        let result = Array(path) + target[mark...]
        return result.elementsEqual(target) ? .unchanged : .changed(result)
    }

    /// A cheap look that spares ordinary paths the work.
    private static func mayChange(_ path: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in path {
            switch byte {
            case 0x25, 0x5C: return true
            case 0x2E where previous == 0x2F: return true
            case 0x2F where previous == 0x2F: return true
            default: previous = byte
            }
        }
        return false
    }

    private static func hasEscapedSlash(_ path: ArraySlice<UInt8>) -> Bool {
        var index = path.startIndex
        while index + 2 < path.endIndex {
            if path[index] == 0x25 {
                let high = path[index + 1]
                let low = path[index + 2] | 0x20
                if high == 0x32 && low == 0x66 || high == 0x35 && low == 0x63 { return true }
            }
            index += 1
        }
        return false
    }

    /// Decodes unreserved characters, writes other escapes in upper case, turns `\` into `/`.
    ///
    /// A percent sign that begins no escape stays, as does `%00`, which no target may hold anyway.
    private static func decode(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = path.startIndex
        while index < path.endIndex {
            let byte = path[index]
            guard byte == 0x25 else {
                result.append(byte == 0x5C ? 0x2F : byte)
                index += 1
                continue
            }
            guard index + 2 < path.endIndex, let high = ASCII.hexDigit(path[index + 1]),
                let low = ASCII.hexDigit(path[index + 2])
            else {
                result.append(byte)
                index += 1
                continue
            }
            let value = high << 4 | low
            let isUnreserved =
                ASCII.isLetter(value) || ASCII.isDigit(value)
                || value == 0x2D || value == 0x2E || value == 0x5F || value == 0x7E
            if isUnreserved {
                result.append(value)
            } else {
                result.append(0x25)
                result.append(upper(path[index + 1]))
                result.append(upper(path[index + 2]))
            }
            index += 3
        }
        return result
    }

    private static func upper(_ byte: UInt8) -> UInt8 { byte >= 0x61 && byte <= 0x66 ? byte - 32 : byte }

    private static func merge(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in path where byte != 0x2F || result.last != 0x2F { result.append(byte) }
        return result
    }

    /// Removes `.` and `..` segments; above its root there is nothing.
    private static func resolveDots(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var segments: [ArraySlice<UInt8>] = []
        let parts = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.elementsEqual([0x2E]) {
                if isLast { segments.append([]) }
            } else if part.elementsEqual([0x2E, 0x2E]) {
                _ = segments.popLast()
                if isLast { segments.append([]) }
            } else {
                segments.append(part)
            }
        }
        var result: [UInt8] = []
        for segment in segments {
            result.append(0x2F)
            result += segment
        }
        return result.isEmpty ? [0x2F] : result
    }
}
