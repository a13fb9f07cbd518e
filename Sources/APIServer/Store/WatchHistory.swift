/// The newest changes of one type, oldest first: the window watches can start in.
struct WatchHistory {
    /// What a watcher at some version gets next.
    enum Step {
        case event(StoreEvent)
        /// Nothing has happened since.
        case current
        /// Changes after that version are no longer known.
        case expired
    }

    private var events: [StoreEvent] = []
    private var first = 0
    /// Changes up to this version are no longer kept.
    private(set) var floor: UInt64
    private let limit: Int

    /// An empty window that starts at `floor` and keeps `limit` changes.
    init(floor: UInt64, limit: Int) {
        self.floor = floor
        self.limit = max(1, limit)
    }

    /// Adds the newest change.
    mutating func append(_ event: StoreEvent) {
        events.append(event)
        if events.count - first > limit {
            floor = events[first].version
            first += 1
            // Dropping from the front is worth a copy only now and then.
            if first > limit {
                events.removeFirst(first)
                first = 0
            }
        }
    }

    /// The first change after `version`.
    func step(after version: UInt64) -> Step {
        guard version >= floor else { return .expired }
        var low = first
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].version > version { high = middle } else { low = middle + 1 }
        }
        return low < events.count ? .event(events[low]) : .current
    }
}
