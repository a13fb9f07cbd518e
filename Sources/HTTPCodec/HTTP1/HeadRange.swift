/// A range of a head's bytes in half the memory: heads and fields are moved often, and no head has 4 GiB.
struct HeadRange: Hashable, Sendable {
    private let lower: UInt32
    private let upper: UInt32

    init(_ range: Range<Int>) {
        lower = UInt32(range.lowerBound)
        upper = UInt32(range.upperBound)
    }

    // Not stored: a lazy global is asked for its state at each use.
    static var empty: HeadRange { HeadRange(0..<0) }

    var range: Range<Int> { Int(lower)..<Int(upper) }
}
