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
    private let byteLimit: Int
    /// The JSON of the objects kept.
    private var bytes = 0

    /// An empty window that starts at `floor` and keeps at most so many changes and bytes of objects, but always
    /// the newest change.
    init(floor: UInt64, limit: Int, byteLimit: Int) {
        self.floor = floor
        self.limit = max(1, limit)
        self.byteLimit = byteLimit
    }

    /// Adds the newest change.
    mutating func append(_ event: StoreEvent) {
        events.append(event)
        bytes += event.object.json.count
        while events.count - first > limit || (bytes > byteLimit && events.count - first > 1) {
            floor = events[first].version
            bytes -= events[first].object.json.count
            first += 1
        }
        // Dropping from the front is worth a copy only now and then.
        if first > events.count / 2 {
            events.removeFirst(first)
            first = 0
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
