/// Columns of text as kubectl prints them: each as wide as its widest cell and three spaces, at least six.
///
/// Widths are kept from one block of rows to the next, so that the rows of a watch stand below each other.
public struct TextTable: Sendable {
    private var widths: [Int] = []

    /// A table that has printed nothing yet.
    public init() {}

    /// The rows as lines.
    ///
    /// The last cell of a row is not padded; cells are cut at their first line end.
    public mutating func render(_ rows: [[String]]) -> String {
        let cells = rows.map { $0.map(Self.clean) }
        for row in cells {
            for (column, cell) in row.dropLast().enumerated() {
                let width = max(6, cell.unicodeScalars.count + 3)
                if column < widths.count {
                    widths[column] = max(widths[column], width)
                } else {
                    widths.append(width)
                }
            }
        }
        var text = ""
        for row in cells {
            for (column, cell) in row.enumerated() {
                text += cell
                if column + 1 < row.count {
                    text += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
                }
            }
            text += "\n"
        }
        return text
    }

    /// One line without control characters: a terminal must not be steered by what an object holds.
    private static func clean(_ cell: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in cell.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x0C, 0x0D:
                out.append(contentsOf: "...".unicodeScalars)
                return String(out)
            case 0x1B: out.append(contentsOf: "^[".unicodeScalars)
            case 0..<0x20, 0x7F..<0xA0: out.append(" ")
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
