import Bytes
import Document
import Federation
import Testing

@Suite struct MessageTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private let details = ServiceMessage(
        name: "details", namespace: "dev", hostname: "details.dev.svc.rosa-exports.local",
        servicePorts: [ServicePort(name: "http", port: 9080, protocol: "HTTP")],
        serviceAccounts: ["aro.local/ns/aro/sa/in-service-account"])

    @Test func writesAListAsAGoExporterDoes() {
        #expect(text(ServiceList(services: []).json) == #"{"checksum":3035108133973235477}"#)
        let list = ServiceList(checksum: .max, services: [details])
        let expected =
            #"{"checksum":18446744073709551615,"services":[{"name":"details","namespace":"dev","#
            + #""hostname":"details.dev.svc.rosa-exports.local","#
            + #""servicePorts":[{"name":"http","port":9080,"protocol":"HTTP"}],"#
            + #""serviceAccounts":["aro.local/ns/aro/sa/in-service-account"]}]}"#
        #expect(text(list.json) == expected)
    }

    @Test func omitsEmptyMembersAndEscapesForHTML() {
        let odd = ServiceMessage(
            name: "a<b>&\"\\\u{1}\u{2028}é", namespace: "", hostname: "h",
            servicePorts: [ServicePort(name: "", port: 0, protocol: "")])
        let event = WatchEvent(action: .add, service: odd, checksum: 0)
        #expect(
            text(event.line)
                == #"{"action":"add","service":{"name":"a\u003cb\u003e\u0026\"\\\u0001\u2028é","#
                + #""hostname":"h","servicePorts":[{}]},"checksum":0}"# + "\r\n")
    }

    @Test func readsBackWhatItWrites() throws {
        let list = ServiceList(services: [
            details, ServiceMessage(name: "<&>", namespace: "n", hostname: "x"),
        ])
        #expect(try ServiceList(json: list.json) == list)
        for action in WatchEvent.Action.allCases {
            let message = WatchMessage.change(
                WatchEvent(action: action, service: details, checksum: 1 << 63 + 5))
            #expect(try WatchMessage(json: message.line) == message)
        }
        for message in [WatchMessage.heartbeat(checksum: .max), .resync(checksum: 7)] {
            #expect(try WatchMessage(json: message.line) == message)
        }
    }

    @Test func readsAbsentNullAndUnknownMembersAsGoDoes() throws {
        let list = try ServiceList(
            json: Array(#"{"services":[{"name":"a","servicePorts":null,"extra":{}},null],"checksum":9}"#.utf8)
        )
        #expect(list.checksum == 9)
        #expect(
            list.services == [
                ServiceMessage(name: "a", namespace: "", hostname: ""),
                ServiceMessage(name: "", namespace: "", hostname: ""),
            ])
    }

    @Test func computesTheChecksumOfAListWithoutOne() throws {
        #expect(try ServiceList(node: ["services": []]).checksum == Checksum.of([]))
    }

    @Test(arguments: [
        (#"{"services":{}}"#, "services: expected an array"),
        (#"{"services":[1]}"#, "services[0]: expected an object"),
        (#"{"services":[{"name":1}]}"#, "services[0].name: expected a string"),
        (
            #"{"services":[{"servicePorts":[{"port":"80"}]}]}"#,
            "services[0].servicePorts[0].port: expected an integer"
        ),
        (#"{"services":[{"serviceAccounts":[[]]}]}"#, "services[0].serviceAccounts[0]: expected a string"),
        (#"{"checksum":-1}"#, "checksum: expected an unsigned 64-bit integer"),
        (#"{"checksum":18446744073709551616}"#, "checksum: expected an unsigned 64-bit integer"),
        (#"[]"#, "expected an object"),
    ])
    func refusesWrongTypesByPath(_ json: String, _ message: String) {
        let error = #expect(throws: DiscoveryMessageError.self) { try ServiceList(json: Array(json.utf8)) }
        #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["", "{", "<html>", "{} {}", "\u{0}"])
    func refusesWhatIsNotJSON(_ text: String) {
        #expect(throws: DiscoveryMessageError.self) { try ServiceList(json: Array(text.utf8)) }
        #expect(throws: DiscoveryMessageError.self) { try WatchMessage(json: Array(text.utf8)) }
    }

    @Test func refusesMoreThanTheLimits() {
        let list = ServiceList(services: [details, details])
        #expect(throws: DiscoveryMessageError.tooManyServices(limit: 1)) {
            try ServiceList(json: list.json, limits: DiscoveryLimits(maxServices: 1))
        }
        #expect(throws: DiscoveryMessageError.self) {
            try ServiceList(json: list.json, limits: DiscoveryLimits(maxListBytes: 20))
        }
    }

    @Test func refusesAnUnknownAction() {
        let error = #expect(throws: DiscoveryMessageError.self) {
            try WatchMessage(json: Array(#"{"action":"explode","service":{},"checksum":1}"#.utf8))
        }
        #expect(error?.description.contains("explode") == true)
    }

    /// Whatever a peer sends is read or refused, and what is read is written and read back the same.
    @Test(arguments: 0..<20) func survivesDamagedMessages(_ seed: UInt64) throws {
        var random = Random(state: seed)
        let list = ServiceList(services: [details]).json
        let event = WatchMessage.change(WatchEvent(action: .update, service: details, checksum: .max)).line
        for _ in 0..<500 {
            var bytes = random.chance(2) ? list : event
            for _ in 0...random.next() % 4 {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: bytes[at...].prefix(20), at: at)
                default: bytes.removeSubrange(at...)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            if let read = try? ServiceList(json: bytes) { #expect(try ServiceList(json: read.json) == read) }
            if let read = try? WatchMessage(json: bytes) {
                #expect(try WatchMessage(json: read.line) == read)
            }
        }
    }
}
