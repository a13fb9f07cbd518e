import Bytes
import EnvoyConfig
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
}
