internal import Bytes
internal import EnvoyConfig

/// How a lookup of a host name ended.
enum DNSOutcome: Equatable {
    /// Its addresses, none when there is no such name; for how many seconds they hold, where that is known.
    case addresses([IPAddress], ttl: UInt32?)
    /// Nobody could tell.
    case failed(String)
}

/// One lookup of a host name: which question goes to which server next, and when it is over.
///
/// Owns no socket, clock or randomness. A server that is silent gets its further tries after the others had theirs;
/// one that refused or could not be reached is not asked that question again.
struct DNSLookup {
    /// What to look up, and with whom.
    struct Plan {
        /// The names to try until one exists.
        var names: [DNSName]
        var family: DNSOptions.LookupFamily
        /// The servers' numbers, the one to ask first in front.
        var servers: [Int]
        var tries: Int
        var usesTCP = false
    }

    /// What to do now.
    enum Step: Equatable {
        case ask(DNSName, DNSRecordType, server: Int, overTCP: Bool)
        case finish(DNSOutcome)
    }

    /// What became of a question.
    enum Event: Equatable {
        case replied(DNSReply)
        case timedOut
        case unreachable(String)
    }

    private let plan: Plan
    private let types: [DNSRecordType]
    private var typeIndex = 0
    private var nameIndex = 0
    private var place = 0
    private var round = 0
    private var refusing: Set<Int> = []
    private var isOverTCP: Bool
    private var addresses: [IPAddress] = []
    private var ttl = UInt32.max
    private var failure: String?

    init(_ plan: Plan) {
        self.plan = plan
        types = plan.family.types
        isOverTCP = plan.usesTCP
    }

    /// The first step.
    func begin() -> Step {
        plan.names.isEmpty || plan.servers.isEmpty || plan.tries < 1
            ? .finish(.failed("there is nobody to ask")) : current
    }

    /// The next step, after the last question came to this.
    mutating func next(after event: Event) -> Step {
        switch event {
        case .replied(.addresses(let found, let ttl)):
            return answered(found, ttl)
        case .replied(.truncated) where !isOverTCP:
            isOverTCP = true
            return current
        case .replied(.truncated), .replied(.malformed):
            return nextServer("malformed answer", mayAskAgain: false)
        case .replied(.refused(let code)):
            return nextServer("refused with code \(code)", mayAskAgain: false)
        case .timedOut:
            return nextServer("no answer in time", mayAskAgain: true)
        case .unreachable(let reason):
            return nextServer(reason, mayAskAgain: false)
        }
    }

    private var current: Step {
        .ask(plan.names[nameIndex], types[typeIndex], server: plan.servers[place], overTCP: isOverTCP)
    }

    private mutating func answered(_ found: [IPAddress], _ ttl: UInt32) -> Step {
        if found.isEmpty, nameIndex + 1 < plan.names.count {
            nameIndex += 1
            startQuestion()
            return current
        }
        if !found.isEmpty {
            addresses += found
            self.ttl = min(self.ttl, ttl)
            if plan.family != .all { return finish() }
        }
        return nextType()
    }

    private mutating func nextServer(_ reason: String, mayAskAgain: Bool) -> Step {
        if !mayAskAgain { refusing.insert(place) }
        if refusing.count < plan.servers.count {
            repeat {
                place += 1
                if place == plan.servers.count {
                    place = 0
                    round += 1
                }
            } while refusing.contains(place)
            if round < plan.tries {
                isOverTCP = plan.usesTCP
                return current
            }
        }
        failure = reason
        return nextType()
    }

    private mutating func nextType() -> Step {
        guard typeIndex + 1 < types.count else { return finish() }
        typeIndex += 1
        nameIndex = 0
        startQuestion()
        return current
    }

    private mutating func startQuestion() {
        place = 0
        round = 0
        refusing = []
        isOverTCP = plan.usesTCP
    }

    private func finish() -> Step {
        // One family's addresses do, but their absence is known only when both were told.
        if addresses.isEmpty, let failure { return .finish(.failed(failure)) }
        return .finish(.addresses(addresses, ttl: addresses.isEmpty ? nil : ttl))
    }
}

extension DNSOptions.LookupFamily {
    /// What to ask for, in this order; but for `all`, until there is an address.
    var types: [DNSRecordType] {
        switch self {
        case .auto, .all: [.aaaa, .a]
        case .v4Preferred: [.a, .aaaa]
        case .v4Only: [.a]
        case .v6Only: [.aaaa]
        }
    }

    /// Those that a lookup would have found, each once.
    func choose(from addresses: [IPAddress]) -> [IPAddress] {
        var chosen: [IPAddress] = []
        for type in types {
            for address in addresses where address.isV6 == (type == .aaaa) && !chosen.contains(address) {
                chosen.append(address)
            }
            if self != .all, !chosen.isEmpty { break }
        }
        return chosen
    }
}
