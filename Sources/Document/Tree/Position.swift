/// Where something stands in a text file.
public struct Position: Hashable, Sendable, Comparable, CustomStringConvertible {
    private var packedLine: UInt32
    private var packedColumn: UInt32

    /// The line, counted from 1; 0 when unknown.
    public var line: Int {
        get { Int(packedLine) }
        set { packedLine = UInt32(clamping: newValue) }
    }

    /// The column in characters, counted from 1; 0 when unknown.
    public var column: Int {
        get { Int(packedColumn) }
        set { packedColumn = UInt32(clamping: newValue) }
    }

    /// The position of what did not come from a file.
    public static let unknown = Position(line: 0, column: 0)

    /// Makes a position.
    public init(line: Int, column: Int) {
        packedLine = UInt32(clamping: line)
        packedColumn = UInt32(clamping: column)
    }

    /// True when the position is known.
    public var isKnown: Bool { packedLine != 0 }

    /// True when `lhs` stands before `rhs`.
    public static func < (lhs: Position, rhs: Position) -> Bool {
        (lhs.packedLine, lhs.packedColumn) < (rhs.packedLine, rhs.packedColumn)
    }

    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}
