internal import Bytes

/// A ring of points on which each member owns the arcs before its own: few requests move when one comes or goes.
struct HashRing: Sendable {
    /// Points of the largest ring.
    static let maxSize = 65_536

    /// Sorted by place.
    private let points: [(place: UInt64, member: Int)]

    init() { points = [] }

    /// Every member gets points by its share of `totalWeight`, so many that all who have part in that get
    /// `minimumSize` together.
    ///
    /// A member has the same points whoever else is on the ring: that is what keeps requests in place.
    init(_ members: [(number: Int, member: Balancer.Member)], minimumSize: Int, totalWeight sum: Int) {
        guard sum > 0 else {
            points = []
            return
        }
        let size = min(Self.maxSize, max(1, minimumSize))
        var points: [(place: UInt64, member: Int)] = []
        for (number, member) in members {
            let count = max(1, (size * max(1, member.weight) + sum - 1) / sum)
            for index in 0..<count {
                points.append((Self.mixed(member.key + Array("_\(index)".utf8)), number))
            }
        }
        self.points = points.sorted { ($0.place, $0.member) < ($1.place, $1.member) }
    }

    /// FNV-1a, whose low bits of short texts lie close together, spread over all 64.
    static func mixed(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var z = FNV1.hash64a(bytes)
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The member that owns a place; nil on an empty ring.
    func member(at place: UInt64) -> Int? {
        guard !points.isEmpty else { return nil }
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return points[low == points.count ? 0 : low].member
    }
}
