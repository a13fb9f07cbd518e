import Bytes
import EnvoyConfig
import HTTPCodec
import Testing

@testable import Gateway

/// Records as they stand in the log.
@Suite struct LogFormatTests {
    private func line(_ log: AccessLog, _ record: StreamRecord) throws -> String {
        var line: [UInt8] = []
        try LogFormat(log).append(record, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    private var record: StreamRecord {
        var record = StreamRecord()
        record.startTime = WallTime(seconds: 1_780_000_000)
        record.end = Instant(nanoseconds: 7_000_000)
        record.protocolName = "HTTP/1.1"
        record.responseCode = 503
        record.flags = [.noHealthyUpstream]
        record.bytesReceived = 12
        record.bytesSent = 19
        return record
    }

    @Test func theDefaultIsEnvoysText() throws {
        #expect(
            try line(AccessLog(), record)
                == #"[2026-05-28T20:26:40.000Z] "- - HTTP/1.1" 503 UH 12 19 7 - "-" "-" "-" "-" "-""# + "\n")
    }

    @Test func textEndsWhereItsFormatEnds() throws {
        #expect(try line(AccessLog(text: "%RESPONSE_CODE%/%DURATION%;"), record) == "503/7;")
        #expect(try line(AccessLog(text: "%UPSTREAM_HOST%"), record) == "-")
    }

    @Test func jsonHasNumbersAndNulls() throws {
        let log = AccessLog(fields: [.init("code", "%RESPONSE_CODE%"), .init("host", "%UPSTREAM_HOST%")])
        #expect(try line(log, record) == "{\"code\":503,\"host\":null}\n")
    }

    @Test func keysAndValuesAreEscaped() throws {
        var record = record
        record.details = "say \"no\"\\\u{1}"
        record.terminationDetails = "caf\u{E9}"
        let log = AccessLog(fields: [
            .init("a\"b", "%RESPONSE_CODE_DETAILS%"), .init("t", "<%CONNECTION_TERMINATION_DETAILS%>"),
        ])
        #expect(
            try line(log, record) == #"{"a\"b":"say \"no\"\\\u0001","t":"<caf\#u{E9}>"}"# + "\n")
    }

    @Test func bytesThatAreNoTextAreReplaced() throws {
        var head = HeadView()
        head.add(Array("x-odd".utf8), [0x61, 0xFF, 0x62])
        var record = record
        record.requestHead = head
        #expect(
            try line(AccessLog(fields: [.init("x", "%REQ(x-odd)%")]), record) == "{\"x\":\"a\u{FFFD}b\"}\n")
    }

    @Test func aLengthCutsTheValue() throws {
        var head = HeadView()
        head.add(Array("x-a".utf8), Array("abcdef".utf8))
        var record = record
        record.requestHead = head
        #expect(try line(AccessLog(text: "%REQ(X-A)%:4|%REQ(X-A):4%"), record) == "abcdef:4|abcd")
    }

    @Test func addressesAndTimesOfBothSides() throws {
        var record = record
        record.remoteAddress = SocketAddress("127.0.0.9:4321")
        let facts = Facts()
        record.connection = facts
        record.upstreamHost = SocketAddress("127.0.0.2:9080")
        record.requestEnd = Instant(nanoseconds: 2_000_000)
        record.responseStart = Instant(nanoseconds: 5_000_000)
        record.grpcStatus = 14
        let log = AccessLog(fields: [
            .init("peer", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%"),
            .init("own", "%DOWNSTREAM_LOCAL_ADDRESS%"), .init("port", "%DOWNSTREAM_LOCAL_PORT%"),
            .init("up", "%UPSTREAM_REMOTE_ADDRESS%"),
            .init("times", "%REQUEST_DURATION%/%RESPONSE_DURATION%/%RESPONSE_TX_DURATION%"),
            .init("grpc", "%GRPC_STATUS%"), .init("code", "%GRPC_STATUS_NUMBER%"),
        ])
        #expect(
            try line(log, record)
                == #"{"peer":"127.0.0.9 4321","own":"[::1]:80","port":80,"up":"127.0.0.2:9080","#
                + #""times":"2/5/2","grpc":"Unavailable","code":14}"# + "\n")
    }
}

/// A connection as a log asks about it.
private final class Facts: ConnectionFacts {
    let localAddress = SocketAddress("[::1]:80")
    let peerFingerprint: [UInt8]? = [0xAB, 0x01]
    let ownURISAN: String? = "spiffe://east.local/ns/a/sa/b"
    let tlsVersion: String? = "TLSv1.3"
    let number: UInt64 = 17
}
