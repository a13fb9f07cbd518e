import Document
import EnvoyConfig
import Testing

/// The formats an access log may have.
@Suite struct AccessLogTests {
    private func read(_ format: String) throws -> (log: AccessLog, findings: [String]) {
        let type = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
        let text = #"{"name": "out", "typed_config": {"@type": "\#(type)"\#(format)}}"#
        var reader = ConfigReader()
        let log = AccessLog(reading: try JSON.parse(Array(text.utf8)), reader: &reader)
        return (log, reader.findings.map(\.description))
    }

    @Test func withoutAFormatItIsEnvoysDefault() throws {
        let (log, findings) = try read("")
        #expect(findings.isEmpty)
        #expect(log == AccessLog())
        #expect(AccessLog.defaultText.hasPrefix("[%START_TIME%] \"%REQ(:METHOD)%"))
    }

    @Test func textAndJSONSurviveWritingAndReading() throws {
        for log in [
            AccessLog(), AccessLog(text: "%RESPONSE_CODE% %DURATION%\n"),
            AccessLog(fields: [AccessLog.Field("code", "%RESPONSE_CODE%")]),
        ] {
            var reader = ConfigReader()
            #expect(AccessLog(reading: log.node, reader: &reader) == log)
            #expect(reader.findings.isEmpty)
        }
    }

    @Test func bothFormatsOrABadOperatorAreRefused() throws {
        let both =
            #", "log_format": {"json_format": {"a": "b"}, "text_format_source": {"inline_string": "x"}}"#
        #expect(try read(both).findings.count == 1)
        let bad = #", "log_format": {"text_format_source": {"inline_string": "%NO_SUCH_OPERATOR%"}}"#
        #expect(try read(bad).findings.count == 1)
    }
}
