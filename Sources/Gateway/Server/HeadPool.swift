internal import HTTPCodec

/// Heads whose memory serves the next request of a worker.
final class HeadPool {
    private static let maxHeads = 64
    private static let maxBytes = 16 * 1024

    private var spare: [HeadView] = []

    /// An empty head, with memory when there is some.
    func take() -> HeadView { spare.popLast() ?? HeadView() }

    /// Takes the memory of a head that nobody reads any more, and leaves an empty one.
    func giveBack(_ head: inout HeadView) {
        guard head.capacity > 0 else { return }
        var given = HeadView()
        swap(&given, &head)
        guard spare.count < Self.maxHeads, given.capacity <= Self.maxBytes else { return }
        given.removeAll()
        spare.append(consume given)
    }
}
