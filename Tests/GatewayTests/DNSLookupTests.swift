import Bytes
import EnvoyConfig
import Testing

@testable import Gateway

/// Which server is asked what, and what comes of it.
struct DNSLookupTests {
    typealias Family = DNSOptions.LookupFamily

    private static let v4: [IPAddress] = [.v4(0x7F00_0001)]
    private static let v6: [IPAddress] = [.v6(0, 1)]
    private static let none = DNSLookup.Event.replied(.addresses([], ttl: 0))
    private static let name = DNSName("peer.example").map { [$0] } ?? []

    private func found(_ addresses: [IPAddress], _ ttl: UInt32 = 60) -> DNSLookup.Event {
        .replied(.addresses(addresses, ttl: ttl))
    }

    private func lookup(
        _ family: Family = .v4Only, servers: [Int] = [0], tries: Int = 4, names: [DNSName] = name,
        usesTCP: Bool = false
    ) -> DNSLookup {
        DNSLookup(
            DNSLookup.Plan(names: names, family: family, servers: servers, tries: tries, usesTCP: usesTCP))
    }

    /// What is asked, as `a 0` or `aaaa 1 tcp`, and how it ended.
    private func run(_ lookup: DNSLookup, _ events: DNSLookup.Event...) -> (asked: [String], end: DNSOutcome?)
    {
        var lookup = lookup
        var step = lookup.begin()
        var asked: [String] = []
        var left = events[...]
        while case .ask(_, let type, let server, let overTCP) = step {
            asked.append("\(type) \(server)\(overTCP ? " tcp" : "")")
            guard let event = left.popFirst() else { return (asked, nil) }
            step = lookup.next(after: event)
        }
        #expect(left.isEmpty, "events left")
        guard case .finish(let outcome) = step else { return (asked, nil) }
        return (asked, outcome)
    }

    @Test func anAnswerEndsIt() {
        let (asked, end) = run(lookup(), found(Self.v4, 7))
        #expect(asked == ["a 0"] && end == .addresses(Self.v4, ttl: 7))
    }

    @Test func anEmptyAnswerIsAnAnswer() {
        #expect(run(lookup(), Self.none).end == .addresses([], ttl: nil))
    }

    @Test func autoAsksForIPv4OnlyWithoutIPv6() {
        #expect(run(lookup(.auto), found(Self.v6)).asked == ["aaaa 0"])
        let (asked, end) = run(lookup(.auto), Self.none, found(Self.v4))
        #expect(asked == ["aaaa 0", "a 0"] && end == .addresses(Self.v4, ttl: 60))
        #expect(run(lookup(.v4Preferred), Self.none, found(Self.v6)).asked == ["a 0", "aaaa 0"])
        #expect(run(lookup(.v6Only), Self.none).asked == ["aaaa 0"])
    }

    @Test func allAsksForBoth() {
        let both = run(lookup(.all), found(Self.v6, 9), found(Self.v4, 4))
        #expect(both.asked == ["aaaa 0", "a 0"] && both.end == .addresses(Self.v6 + Self.v4, ttl: 4))
        let one = run(lookup(.all), .unreachable("gone"), found(Self.v4))
        #expect(one.end == .addresses(Self.v4, ttl: 60))
    }

    @Test func halfAnAnswerIsNotAnEmptyOne() {
        #expect(run(lookup(.auto), Self.none, .unreachable("gone")).end == .failed("gone"))
        #expect(run(lookup(.auto), .unreachable("gone"), Self.none).end == .failed("gone"))
    }

    @Test func aSilentServerIsAskedAgainAfterTheOthers() {
        let (asked, end) = run(
            lookup(servers: [1, 0], tries: 2), .timedOut, .timedOut, .timedOut, .timedOut)
        #expect(asked == ["a 1", "a 0", "a 1", "a 0"] && end == .failed("no answer in time"))
    }

    @Test func aServerThatRefusedIsNotAskedAgain() {
        let (asked, end) = run(
            lookup(servers: [0, 1, 2]), .replied(.refused(2)), .timedOut, .unreachable("gone"), found(Self.v4)
        )
        #expect(asked == ["a 0", "a 1", "a 2", "a 1"] && end == .addresses(Self.v4, ttl: 60))
        let all = run(lookup(servers: [0, 1]), .replied(.refused(5)), .replied(.malformed))
        #expect(all.asked == ["a 0", "a 1"] && all.end == .failed("malformed answer"))
    }

    @Test func whatIsTruncatedIsAskedOverTCP() {
        let (asked, end) = run(
            lookup(servers: [0, 1]), .replied(.truncated), .replied(.truncated), found(Self.v4))
        #expect(asked == ["a 0", "a 0 tcp", "a 1"] && end == .addresses(Self.v4, ttl: 60))
        #expect(run(lookup(usesTCP: true), found(Self.v4)).asked == ["a 0 tcp"])
    }

    @Test func theNextNameIsTriedWhenOneDoesNotExist() {
        let names = ["a.b", "a"].compactMap { DNSName($0) }
        var machine = lookup(names: names)
        #expect(machine.begin() == .ask(names[0], .a, server: 0, overTCP: false))
        #expect(machine.next(after: Self.none) == .ask(names[1], .a, server: 0, overTCP: false))
        #expect(machine.next(after: found(Self.v4)) == .finish(.addresses(Self.v4, ttl: 60)))
    }

    @Test func withNobodyToAskItFails() {
        #expect(run(lookup(servers: [])).end == .failed("there is nobody to ask"))
        #expect(run(lookup(names: [])).end == .failed("there is nobody to ask"))
    }

    /// Whatever comes, it ends, within the tries it has.
    @Test func randomEventsEnd() {
        for seed in 0..<2000 {
            let servers = seed % 4 + 1
            let family = Family.allCases[seed % 5]
            var machine = lookup(family, servers: Array(0..<servers), tries: 3)
            var step = machine.begin()
            var asked = 0
            while case .ask = step {
                asked += 1
                let events: [DNSLookup.Event] = [
                    .timedOut, .unreachable("x"), .replied(.refused(2)), .replied(.truncated),
                    .replied(.malformed), .timedOut, .timedOut, .timedOut,
                ]
                step = machine.next(after: events.randomElement() ?? .timedOut)
            }
            #expect(asked <= family.types.count * servers * 3 * 2)
        }
    }

    @Test(
        arguments: [
            (.v4Only, v4), (.v6Only, v6), (.auto, v6), (.v4Preferred, v4), (.all, v6 + v4),
        ] as [(Family, [IPAddress])])
    func familiesChooseAddresses(_ family: Family, _ chosen: [IPAddress]) {
        #expect(family.choose(from: Self.v4 + Self.v6 + Self.v4) == chosen)
    }

    @Test func pausesFollowTheAnswers() {
        var options = DNSOptions()
        options.refreshRate = .seconds(4)
        var pauses = RefreshPauses(options)
        let answer = DNSOutcome.addresses(Self.v4, ttl: 9)
        #expect(pauses.pause(after: answer, random: 1) == .seconds(4))
        #expect(pauses.pause(after: .failed(""), random: 1) == .seconds(4))
        options.respectsTTL = true
        options.jitter = .seconds(1)
        options.failureRefreshRate = DNSOptions.FailureRefreshRate()
        options.failureRefreshRate?.baseInterval = .seconds(1)
        options.failureRefreshRate?.maxInterval = .seconds(3)
        pauses = RefreshPauses(options)
        #expect(pauses.pause(after: answer, random: 1000) == .seconds(9))
        #expect(pauses.pause(after: answer, random: 500) == .milliseconds(9500))
        #expect(pauses.pause(after: .addresses(Self.v4, ttl: 0), random: 0) == .seconds(4))
        #expect(pauses.pause(after: .addresses([], ttl: nil), random: 0) == .seconds(4))
        let failing = (0..<40).map { _ in pauses.pause(after: .failed(""), random: 0) }
        #expect(failing[..<3] == [.seconds(1), .seconds(2), .seconds(3)] && failing[39] == .seconds(3))
        _ = pauses.pause(after: answer, random: 0)
        #expect(pauses.pause(after: .failed(""), random: 0) == .seconds(1))
    }
}

/// What the host itself knows of names.
struct SystemNamesTests {
    private let system = SystemNames(
        resolvConf: """
            # a comment
            nameserver 127.0.0.53  ; the first
            nameserver ::1
            nameserver fe80::1%eth0
            nameserver
            search mesh.example  example
            options rotate ndots:2 timeout:1
            """,
        hosts: "127.0.0.9 one two.example # three\n::9 one\nnonsense four\n")

    @Test func readsResolvConf() {
        #expect(system.servers.map(\.description) == ["127.0.0.53:53", "[::1]:53"])
        #expect(system.search == ["mesh.example", "example"].compactMap { DNSName($0) })
    }

    @Test(arguments: [
        ("a.b.c", ["a.b.c", "a.b.c.mesh.example", "a.b.c.example"]), ("a.b.c.", ["a.b.c"]),
        ("a.b", ["a.b.mesh.example", "a.b.example", "a.b"]), ("", []),
    ])
    func searchesByTheDotsOfTheName(_ host: String, _ names: [String]) {
        #expect(system.candidates(for: host, searching: true) == names.compactMap { DNSName($0) })
        #expect(system.candidates(for: host, searching: false) == [DNSName(host)].compactMap { $0 })
    }

    @Test func knowsTheNamesInHosts() {
        #expect(system.addresses(of: "ONE") == [.v4(0x7F00_0009), .v6(0, 9)])
        #expect(system.addresses(of: "two.example.") == [.v4(0x7F00_0009)])
        #expect(system.addresses(of: "three") == nil && system.addresses(of: "four") == nil)
    }

    @Test(arguments: ["localhost", "Localhost.", "a.localhost"]) func neverAsksForLocalhost(_ host: String) {
        #expect(system.addresses(of: host) == [.v6(0, 1), .v4(0x7F00_0001)])
        #expect(system.addresses(of: "notlocalhost") == nil)
    }

    @Test func hostsMayNameOtherAddressesOfLocalhost() {
        let system = SystemNames(resolvConf: "", hosts: "127.0.0.7 localhost")
        #expect(system.addresses(of: "localhost") == [.v4(0x7F00_0007), .v6(0, 1)])
    }

    @Test func configuredServersComeFirstUnlessTheyStandIn() {
        var resolver = DNSOptions.CaresResolver()
        #expect(DNSResolver.servers(resolver, system) == system.servers)
        resolver.resolvers = [Address("127.0.0.1", port: 0), Address("127.0.0.2", port: 99)]
        #expect(DNSResolver.servers(resolver, system).map(\.description) == ["127.0.0.1:53", "127.0.0.2:99"])
        resolver.useResolversAsFallback = true
        #expect(DNSResolver.servers(resolver, system) == system.servers)
        let bare = SystemNames(resolvConf: "", hosts: "")
        #expect(DNSResolver.servers(resolver, bare).map(\.port) == [53, 99])
        #expect(DNSResolver.servers(.init(), bare).map(\.description) == ["127.0.0.1:53"])
    }
}
