import Bytes
import Document
import Federation
import Testing

@Suite struct StatusTests {
    private func time(_ seconds: Int) -> WallTime { WallTime(seconds: Int64(seconds)) }
    private func moment(_ seconds: Int) -> Moment {
        Moment(instant: Instant(nanoseconds: 0) + .seconds(seconds), wall: time(seconds))
    }

    @Test func neverTriedConnectionShowsOnlyThatItIsNotConnected() {
        #expect(PeerConnectionStatus().node == ["connected": false])
    }

    @Test func lastConnectedMovesOnlyOnSuccess() {
        var status = PeerConnectionStatus()
        status.ended(at: time(1), status: "connection refused")
        status.ended(at: time(2), status: "403 Forbidden")
        #expect(status.node == ["connected": false, "lastDisconnectStatus": "403 Forbidden"])
        status.opened(at: time(3))
        #expect(status.lastConnected == time(3) && status.connected)
        status.ended(at: time(4), status: "200 OK")
        status.ended(at: time(5), status: "503 Service Unavailable")
        #expect(status.lastConnected == time(3) && status.lastDisconnect == time(4))
    }

    @Test func showsEveryTimeAsUTCSeconds() {
        var status = PeerConnectionStatus()
        status.opened(at: time(0))
        status.fullSyncCarried(at: time(1))
        status.eventCarried(at: time(2))
        status.ended(at: time(3), status: "200 OK")
        status.opened(at: WallTime(seconds: 4, nanoseconds: 999_999_999))
        #expect(
            status.node == [
                "connected": true, "lastConnected": "1970-01-01T00:00:04Z",
                "lastFullSync": "1970-01-01T00:00:01Z", "lastEvent": "1970-01-01T00:00:02Z",
                "lastDisconnect": "1970-01-01T00:00:03Z", "lastDisconnectStatus": "200 OK",
            ])
    }

    @Test func aLongErrorIsCut() {
        var status = PeerConnectionStatus()
        status.ended(at: time(0), status: String(repeating: "x", count: 10_000))
        #expect(status.lastDisconnectStatus?.count == 512)
    }

    @Test func processesAreActiveWhileTheirWatchIsOpen() {
        var open = PeerConnectionStatus()
        open.opened(at: time(0))
        let closed = PeerConnectionStatus()
        let remotes = [
            RemoteStatus(source: "10.0.0.2", connection: closed),
            RemoteStatus(source: "10.0.0.1", connection: open),
        ]
        let node = PeerDiscoveryStatus.status(of: [
            PeerDiscoveryStatus(pod: "c", watch: closed),
            PeerDiscoveryStatus(pod: "b", watch: open, remotes: remotes),
            PeerDiscoveryStatus(pod: "a", watch: open),
        ])
        let watch: Node = ["connected": true, "lastConnected": "1970-01-01T00:00:00Z"]
        #expect(
            node == [
                "discoveryStatus": [
                    "active": [
                        ["pod": "a", "watch": watch],
                        [
                            "pod": "b", "watch": watch,
                            "remotes": [
                                [
                                    "source": "10.0.0.1", "connected": true,
                                    "lastConnected": "1970-01-01T00:00:00Z",
                                ],
                                ["source": "10.0.0.2", "connected": false],
                            ],
                        ],
                    ],
                    "inactive": [["pod": "c", "watch": ["connected": false]]],
                ]
            ])
    }

    @Test func emptyListsAreLeftOutOfAPeersStatus() {
        #expect(PeerDiscoveryStatus.status(of: []) == ["discoveryStatus": [:]])
        let node = PeerDiscoveryStatus.status(of: [
            PeerDiscoveryStatus(pod: "a", watch: PeerConnectionStatus())
        ])
        #expect(node["discoveryStatus"]?["active"] == nil)
        #expect(node["discoveryStatus"]?["inactive"]?[0]?["remotes"] == nil)
    }

    @Test func exportsAreSortedByLocalService() {
        func export(_ namespace: String, _ name: String, _ exported: String) -> ExportedService {
            ExportedService(
                local: LocalService(name: name, namespace: namespace, hostname: "\(name).\(namespace).h"),
                exportedHostname: exported, message: message(name))
        }
        let status = exportedServiceSetStatus([
            export("b", "a", "x1"), export("a", "b", "x2"), export("a", "a", "x4"), export("a", "a", "x3"),
        ])
        #expect(
            status["exportedServices"]?.array?.map { $0["exportedName"]?.string } == ["x3", "x4", "x2", "x1"])
        #expect(
            status["exportedServices"]?[0]
                == [
                    "exportedName": "x3",
                    "localService": ["name": "a", "namespace": "a", "hostname": "a.a.h"],
                ])
        #expect(exportedServiceSetStatus([]) == ["exportedServices": []])
    }

    @Test func importsListTheUnmatchedWithEmptyNames() {
        let named = LocalName(name: "r", namespace: "n", hostname: "r.n.h")
        let status = importedServiceSetStatus([
            ImportedService(exported: message("b"), localName: nil, importAsLocal: false, locality: nil),
            ImportedService(exported: message("a"), localName: named, importAsLocal: false, locality: nil),
        ])
        #expect(
            status == [
                "importedServices": [
                    [
                        "exportedName": "a.n.svc.east-exports.local",
                        "localService": ["name": "r", "namespace": "n", "hostname": "r.n.h"],
                    ],
                    [
                        "exportedName": "b.n.svc.east-exports.local",
                        "localService": ["name": "", "namespace": "", "hostname": ""],
                    ],
                ]
            ])
        #expect(importedServiceSetStatus([]) == ["importedServices": []])
        #expect(
            importedServiceSetStatus([], staleSince: time(9))
                == ["importedServices": [], "staleSince": "1970-01-01T00:00:09Z"])
    }

    // MARK: Remotes

    @Test func remoteIsConnectedWhileAnyOfItsWatchesIs() {
        var table = RemoteTable()
        table.listSent(source: "a", now: moment(0))
        #expect(table.remotes.isEmpty, "who only reads the list does not watch")
        table.accepted(source: "a", now: moment(1))
        table.accepted(source: "a", now: moment(2))
        table.listSent(source: "a", now: moment(3))
        table.eventSent(source: "a", now: moment(4))
        table.ended(source: "a", now: moment(5))
        #expect(table.remotes.map(\.connection.connected) == [true])
        table.ended(source: "a", now: moment(6))
        table.ended(source: "a", now: moment(7))
        var expected = PeerConnectionStatus()
        expected.lastConnected = time(2)
        expected.lastFullSync = time(3)
        expected.lastEvent = time(4)
        expected.lastDisconnect = time(6)
        #expect(table.remotes == [RemoteStatus(source: "a", connection: expected)])
    }

    @Test func remoteThatLeftIsForgottenAfterFiveMinutes() {
        var table = RemoteTable()
        table.accepted(source: "a", now: moment(0))
        table.accepted(source: "b", now: moment(0))
        table.ended(source: "a", now: moment(10))
        table.prune(moment(309))
        #expect(table.remotes.map(\.source) == ["a", "b"])
        table.prune(moment(310))
        #expect(table.remotes.map(\.source) == ["b"])
    }

    @Test func rememberedRemotesAreBounded() {
        var table = RemoteTable(limit: 3)
        for index in 0..<10 {
            table.accepted(source: "s\(index)", now: moment(index))
            if index != 0 { table.ended(source: "s\(index)", now: moment(index)) }
        }
        #expect(table.remotes.map(\.source) == ["s0", "s8", "s9"])
    }
}
