/// A peer's services as an importer holds them: sorted by hostname, with a checksum that follows each change.
public struct ServiceTable: Equatable, Sendable {
    /// What became of an event.
    public enum Outcome: Equatable, Sendable {
        /// It was applied and the checksum agrees.
        case applied
        /// It changed nothing: the list already had it.
        case alreadyIncluded
        /// The checksum would not agree: nothing was changed, the whole list is needed.
        case mismatch
    }

    /// The services, sorted by hostname.
    ///
    /// An exporter may list a hostname twice.
    public private(set) var services: [ServiceMessage] = []
    private var sum = Checksum.ListChecksum()

    /// The checksum of the services.
    public var checksum: UInt64 { sum.value }

    /// An empty table.
    public init() {}

    /// A table of a whole list.
    public init(_ services: [ServiceMessage]) {
        self.services = services.sorted(by: ServiceMessage.inListOrder)
        for service in services { sum.toggle(service) }
    }

    /// Applies one event if its checksum is then right.
    public mutating func apply(_ event: WatchEvent) -> Outcome {
        let range = self.range(of: event.service.hostname)
        var after = sum
        var removed: Int?
        switch event.action {
        case .add:
            // An exporter that lost track adds what is there already; then it takes the place of the old one.
            var appended = sum
            appended.toggle(event.service)
            if appended.value != event.checksum, range.count == 1 { removed = range.lowerBound }
        case .update:
            if range.count == 1 { removed = range.lowerBound }
        case .delete:
            removed =
                services[range].firstIndex(of: event.service) ?? (range.count == 1 ? range.lowerBound : nil)
        }
        if let removed { after.toggle(services[removed]) }
        if event.action != .delete { after.toggle(event.service) }

        guard after.value == event.checksum else {
            return checksum == event.checksum ? .alreadyIncluded : .mismatch
        }
        if event.action == .delete {
            guard let removed else { return .alreadyIncluded }
            services.remove(at: removed)
        } else if let removed {
            if services[removed] == event.service { return .alreadyIncluded }
            services[removed] = event.service
        } else {
            services.insert(event.service, at: range.upperBound)
        }
        sum = after
        return .applied
    }

    /// Where services of a hostname stand, or would stand.
    private func range(of hostname: String) -> Range<Int> {
        var low = 0
        var high = services.count
        while low < high {
            let middle = (low + high) / 2
            if services[middle].hostname < hostname { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < services.count, services[end].hostname == hostname { end += 1 }
        return low..<end
    }
}
