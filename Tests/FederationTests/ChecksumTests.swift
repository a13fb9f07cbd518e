import Federation
import Testing

/// The constants were computed by the original implementation.
@Suite struct ChecksumTests {
    @Test func emptyListHasThePublishedChecksum() {
        #expect(Checksum.of([]) == 3_035_108_133_973_235_477)
        #expect(ServiceList(services: []).checksum == 3_035_108_133_973_235_477)
    }

    @Test func remoteHasThePublishedChecksum() {
        #expect(
            Checksum.of(remoteAddresses: ["1.2.3.4"], discoveryPort: 0, servicePort: 0)
                == 6_616_815_946_839_796_218)
        #expect(
            Checksum.of(remoteAddresses: [], discoveryPort: 0, servicePort: 0)
                == 12_006_355_516_315_088_614)
    }

    private static let a = ServiceMessage(
        name: "ratings", namespace: "bookinfo", hostname: "ratings.bookinfo.svc.mesh2-exports.local",
        servicePorts: [ServicePort(name: "http", port: 9080, protocol: "HTTP")],
        serviceAccounts: ["east.local/ns/mesh/sa/in-service-account"])
    private static let b = ServiceMessage(
        name: "reviews", namespace: "bookinfo", hostname: "reviews.bookinfo.svc.mesh2-exports.local")

    @Test func orderOfServicesPortsAndAccountsDoesNotMatter() {
        var one = Self.a
        one.servicePorts = [
            ServicePort(name: "x", port: 1, protocol: "TCP"),
            ServicePort(name: "y", port: 2, protocol: "TCP"),
        ]
        one.serviceAccounts = ["p", "q"]
        var two = one
        two.servicePorts.reverse()
        two.serviceAccounts.reverse()
        #expect(Checksum.of([one, Self.b]) == Checksum.of([Self.b, two]))
    }

    @Test func equalElementsCancel() {
        #expect(Checksum.of([Self.a, Self.a]) == Checksum.of([]))
        var twice = Self.a
        twice.serviceAccounts = ["x", "x"]
        var none = Self.a
        none.serviceAccounts = []
        #expect(Checksum.of([twice]) == Checksum.of([none]))
    }

    @Test func everyFieldCounts() {
        let base = Checksum.of([Self.a])
        let changes: [(inout ServiceMessage) -> Void] = [
            { $0.name = "x" }, { $0.namespace = "x" }, { $0.hostname = "x" },
            { $0.servicePorts[0].name = "x" }, { $0.servicePorts[0].port = 1 },
            { $0.servicePorts[0].protocol = "TCP" }, { $0.serviceAccounts = ["x"] },
        ]
        for change in changes {
            var changed = Self.a
            change(&changed)
            #expect(Checksum.of([changed]) != base)
        }
    }

    @Test func sortsOurOwnListByHostname() {
        let list = ServiceList(services: [Self.b, Self.a])
        #expect(list.services == [Self.a, Self.b])
        #expect(list.checksum == Checksum.of([Self.a, Self.b]))
    }
}
