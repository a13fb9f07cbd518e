/// What one peer is offered: the list, its checksum and its JSON, each made once per change at most.
public struct ExportList: Sendable {
    /// The services, sorted by hostname, each hostname once.
    public private(set) var services: [ServiceMessage]
    private var sum = Checksum.ListChecksum()
    private var cachedJSON: [UInt8]?

    /// The checksum of the services.
    public var checksum: UInt64 { sum.value }

    /// A list of services; of several with one hostname the first in list order is kept.
    public init(_ services: [ServiceMessage] = []) {
        self.services = Self.unique(services)
        for service in self.services { sum.toggle(service) }
    }

    /// The answer to `GET /v1/services/`, made when it is first asked for.
    public mutating func json() -> [UInt8] {
        if let cachedJSON { return cachedJSON }
        let json = ServiceList(checksum: checksum, services: services).json
        cachedJSON = json
        return json
    }

    /// Replaces the services.
    ///
    /// Returns the changes in the order in which watchers get them: what left the list, then what is new or
    /// different, each with the checksum of the list after it. Nothing when nothing changed.
    public mutating func update(to newServices: [ServiceMessage]) -> [WatchEvent] {
        let new = Self.unique(newServices)
        if new == services { return [] }
        var deleted: [ServiceMessage] = []
        var changed: [(old: ServiceMessage?, new: ServiceMessage)] = []
        var (i, j) = (0, 0)
        while i < services.count || j < new.count {
            if j == new.count || (i < services.count && services[i].hostname < new[j].hostname) {
                deleted.append(services[i])
                i += 1
            } else if i == services.count || new[j].hostname < services[i].hostname {
                changed.append((nil, new[j]))
                j += 1
            } else {
                if services[i] != new[j] { changed.append((services[i], new[j])) }
                i += 1
                j += 1
            }
        }

        var events: [WatchEvent] = []
        events.reserveCapacity(deleted.count + changed.count)
        for service in deleted {
            sum.toggle(service)
            events.append(WatchEvent(action: .delete, service: service, checksum: sum.value))
        }
        for (old, service) in changed {
            if let old { sum.toggle(old) }
            sum.toggle(service)
            events.append(
                WatchEvent(action: old == nil ? .add : .update, service: service, checksum: sum.value))
        }
        services = new
        cachedJSON = nil
        return events
    }

    private static func unique(_ services: [ServiceMessage]) -> [ServiceMessage] {
        var unique: [ServiceMessage] = []
        unique.reserveCapacity(services.count)
        for service in services.sorted(by: ServiceMessage.inListOrder)
        where unique.last?.hostname != service.hostname {
            unique.append(service)
        }
        return unique
    }
}
