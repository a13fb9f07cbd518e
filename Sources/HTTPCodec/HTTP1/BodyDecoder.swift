internal import Bytes

/// One step of reading a body.
public enum BodyStep: Hashable, Sendable {
    /// These bytes of the input are content; everything up to the range's end is consumed.
    case data(Range<Int>)
    /// `consumed` bytes were framing; more input is needed.
    case needMore(consumed: Int)
    /// The body is complete; `consumed` bytes of the input belong to it.
    case end(consumed: Int)
}

/// Reads a body out of the bytes that follow a head.
///
/// Refuses what RFC 9112 7.1 does not allow.
public struct BodyDecoder: Sendable {
    private enum State: Sendable {
        case done
        case counted(Int64)
        case untilClose
        case chunkSize
        case chunkData(Int64)
        case chunkEnd
        case trailers
    }

    /// Bytes of a chunk's size line, extensions included.
    static let maxSizeLine = 4096

    private var state: State
    private let maxTrailerBytes: Int
    private let maxTrailers: Int
    private var remainingAllowance: Int64
    private var trailerScanned = 0
    /// The trailers of a chunked body, in raw form with their lines' ends; empty without any.
    public private(set) var trailerBytes: [UInt8] = []
    /// Whether the body ended.
    ///
    /// True from the start when there is none.
    public var isDone: Bool { if case .done = state { true } else { false } }

    /// A decoder at the start of a body.
    public init(_ framing: BodyFraming, limits: HTTP1Limits) throws(HTTPError) {
        maxTrailerBytes = limits.maxHeadBytes
        maxTrailers = limits.maxHeaders
        remainingAllowance = limits.maxBodyBytes ?? .max
        switch framing {
        case .none: state = .done
        case .length(let n):
            guard n <= remainingAllowance else { throw HTTPError(.bodyTooLarge) }
            state = n == 0 ? .done : .counted(n)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    /// Reads on.
    ///
    /// `input` starts at the first byte not yet consumed.
    public mutating func next(_ input: Span<UInt8>) throws(HTTPError) -> BodyStep {
        var at = 0
        while true {
            switch state {
            case .done:
                return .end(consumed: at)
            case .untilClose:
                guard at < input.count else { return .needMore(consumed: at) }
                try allow(Int64(input.count - at))
                return .data(at..<input.count)
            case .counted(let left):
                guard at < input.count else { return .needMore(consumed: at) }
                let n = min(left, Int64(input.count - at))
                state = n == left ? .done : .counted(left - n)
                return .data(at..<at + Int(n))
            case .chunkSize:
                guard let lf = Scan.firstIndex(of: Grammar.lf, in: input, from: at) else {
                    guard input.count - at <= Self.maxSizeLine else { throw HTTPError(.badChunk) }
                    return .needMore(consumed: at)
                }
                guard lf - at < Self.maxSizeLine, lf > at, input[lf - 1] == Grammar.cr else {
                    throw HTTPError(.badChunk)
                }
                let size = try Self.chunkSize(input, at..<lf - 1)
                try allow(size)
                at = lf + 1
                state = size == 0 ? .trailers : .chunkData(size)
                trailerScanned = 0
            case .chunkData(let left):
                guard at < input.count else { return .needMore(consumed: at) }
                let n = min(left, Int64(input.count - at))
                state = n == left ? .chunkEnd : .chunkData(left - n)
                return .data(at..<at + Int(n))
            case .chunkEnd:
                if at < input.count, input[at] != Grammar.cr { throw HTTPError(.badChunk) }
                guard at + 1 < input.count else { return .needMore(consumed: at) }
                guard input[at + 1] == Grammar.lf else { throw HTTPError(.badChunk) }
                at += 2
                state = .chunkSize
            case .trailers:
                guard let end = try trailerEnd(input, from: at) else { return .needMore(consumed: at) }
                try keepTrailers(input.extracting(at..<end))
                at = end
                state = .done
            }
        }
    }

    /// Tells that the connection ended.
    ///
    /// Throws when the body is not complete.
    public mutating func finish() throws(HTTPError) {
        switch state {
        case .done, .untilClose: state = .done
        default: throw HTTPError(.truncated)
        }
    }

    private mutating func allow(_ n: Int64) throws(HTTPError) {
        guard n <= remainingAllowance else { throw HTTPError(.bodyTooLarge) }
        if remainingAllowance != .max { remainingAllowance -= n }
    }

    /// `1*HEXDIG [BWS ";" ext]`; an extension may hold anything but control characters.
    private static func chunkSize(_ input: Span<UInt8>, _ line: Range<Int>) throws(HTTPError) -> Int64 {
        var i = line.lowerBound
        var size: Int64 = 0
        while i < line.upperBound, let digit = ASCII.hexDigit(input[i]) {
            guard size < 1 << 56 else { throw HTTPError(.badChunk) }
            size = size << 4 | Int64(digit)
            i += 1
        }
        guard i > line.lowerBound else { throw HTTPError(.badChunk) }
        guard i < line.upperBound else { return size }
        while i < line.upperBound, input[i] == Grammar.space || input[i] == Grammar.tab { i += 1 }
        guard i < line.upperBound, input[i] == 0x3B else { throw HTTPError(.badChunk) }
        for j in i..<line.upperBound where !Grammar.isFieldValue(input[j]) { throw HTTPError(.badChunk) }
        return size
    }

    /// Where the trailer section ends, its empty line included.
    private mutating func trailerEnd(_ input: Span<UInt8>, from start: Int) throws(HTTPError) -> Int? {
        var line = start + trailerScanned
        while let lf = Scan.firstIndex(of: Grammar.lf, in: input, from: line) {
            guard lf > line, input[lf - 1] == Grammar.cr else { throw HTTPError(.badTrailer) }
            guard lf + 1 - start <= maxTrailerBytes else { throw HTTPError(.headTooLarge) }
            if lf - 1 == line { return lf + 1 }
            line = lf + 1
            trailerScanned = line - start
        }
        guard input.count - start <= maxTrailerBytes else { throw HTTPError(.headTooLarge) }
        return nil
    }

    private mutating func keepTrailers(_ section: Span<UInt8>) throws(HTTPError) {
        guard section.count > 2 else { return }
        var fields: [FieldView] = []
        do throws(HTTPError) {
            try FieldSection.parse(section, from: 0, maxFields: maxTrailers, into: &fields)
        } catch {
            throw error.kind == .tooManyHeaders ? error : HTTPError(.badTrailer)
        }
        for i in section.indices { trailerBytes.append(section[i]) }
    }

    /// Reads the trailers of a complete chunked body into `view`; false without any.
    public func readTrailers(into view: inout HeadView) -> Bool {
        guard !trailerBytes.isEmpty else { return false }
        // The section was parsed when it came.
        let parsed: Void? = try? view.parseTrailers(trailerBytes.span, maxFields: maxTrailers)
        return parsed != nil && !view.fields.isEmpty
    }

    /// The trailers of a complete chunked body; nil without any.
    var trailers: HTTPHeaders? {
        guard !trailerBytes.isEmpty else { return nil }
        var fields: [FieldView] = []
        let parsed: Void? = try? FieldSection.parse(
            trailerBytes.span, from: 0, maxFields: maxTrailers, into: &fields)
        guard parsed != nil else { return nil }
        var headers = HTTPHeaders()
        for field in fields {
            headers.add(
                String(decoding: trailerBytes[field.name], as: UTF8.self),
                String(decoding: trailerBytes[field.value], as: UTF8.self))
        }
        return headers
    }
}
