internal import Bytes

/// Finds where a head ends as its bytes arrive, looking at each byte once.
public struct HeadScanner: Sendable {
    /// Empty lines skipped before a request line (RFC 9112 2.2).
    static let maxLeadingEmptyLines = 1

    private var position = 0
    private var lineStart = 0
    private var headStart = 0
    private var emptyLines = 0

    /// A scanner at the start of a message.
    public init() {}

    /// Looks on in `input`, which starts where the message starts and has only grown since the last call.
    ///
    /// Returns where the head lies, its closing empty line included; nil while that is not there yet. Refuses a
    /// line without CR, and a head over `limit` bytes as soon as that is known.
    public mutating func scan(_ input: Span<UInt8>, limit: Int) throws(HTTPError) -> Range<Int>? {
        if position == 0, !input.isEmpty, input[0] != Grammar.cr, input[0] != Grammar.lf,
            !Grammar.isToken(input[0])
        {
            throw HTTPError(.badRequestLine)
        }
        while let lf = Scan.firstIndex(of: Grammar.lf, in: input, from: position) {
            position = lf + 1
            guard position - headStart <= limit else { throw HTTPError(.headTooLarge) }
            guard lf > lineStart, input[lf - 1] == Grammar.cr else { throw HTTPError(.bareLineFeed) }
            let isEmptyLine = lf - 1 == lineStart
            lineStart = position
            guard isEmptyLine else { continue }
            if lf - 1 == headStart {
                emptyLines += 1
                guard emptyLines <= Self.maxLeadingEmptyLines else { throw HTTPError(.badRequestLine) }
                headStart = position
                continue
            }
            return headStart..<position
        }
        position = input.count
        guard position - headStart <= limit else { throw HTTPError(.headTooLarge) }
        return nil
    }
}
