import Bytes
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-21T04:43:34Z", 1_795_236_214),
        ("2000-02-29T23:59:59Z", 951_868_799), ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func readsAndWritesTheSameText(text: String, seconds: Int64) {
        #expect(WallTime(rfc3339: text) == WallTime(seconds: seconds))
        #expect(WallTime(seconds: seconds).rfc3339 == text)
    }

    @Test func readsOffsetsAndFractions() {
        #expect(WallTime(rfc3339: "1970-01-01T01:00:00+01:00")?.seconds == 0)
        #expect(
            WallTime(rfc3339: "1969-12-31t16:30:00.5-07:30") == WallTime(seconds: 0, nanoseconds: 500_000_000)
        )
        #expect(WallTime(rfc3339: "1970-01-01T00:00:00.1234567899Z")?.nanoseconds == 123_456_789)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z", "1900-02-29T00:00:00Z",
        "1970-01-01T24:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
        "1970-01-01 00:00:00Z", "+970-01-01T00:00:00Z",
    ])
    func refusesWhatIsNotRFC3339(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test func writesFractionsWithFixedDigits() {
        let time = WallTime(seconds: 0, nanoseconds: 7_008_009)
        #expect(time.rfc3339Milliseconds == "1970-01-01T00:00:00.007Z")
        #expect(time.rfc3339Microseconds == "1970-01-01T00:00:00.007008Z")
    }

    @Test func everyDayOfFourHundredYearsComesBack() {
        for day in stride(from: Int64(-150_000), through: 150_000, by: 1) {
            let date = CivilDate(daysSince1970: day)
            #expect(date.daysSince1970 == day)
        }
    }

    @Test func wallTimeCarriesNanoseconds() {
        #expect(WallTime(seconds: 1, nanoseconds: -1) == WallTime(seconds: 0, nanoseconds: 999_999_999))
        let time = WallTime(seconds: 10, nanoseconds: 600_000_000) + .milliseconds(700)
        #expect(time == WallTime(seconds: 11, nanoseconds: 300_000_000))
        #expect(time - WallTime(seconds: 10) == .milliseconds(1300))
        #expect(time - .seconds(1) == WallTime(seconds: 10, nanoseconds: 300_000_000))
    }

    @Test func instantsSaturate() {
        #expect(Instant(nanoseconds: .max) + .seconds(1) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: 5) + .nanoseconds(7) - Instant(nanoseconds: 2) == .nanoseconds(10))
        #expect(Instant(nanoseconds: 5) - .nanoseconds(7) == Instant(nanoseconds: -2))
        #expect(Duration.seconds(Int64.max).inNanoseconds == .max)
    }

    @Test(arguments: [
        ("300ms", Int64(300_000_000), "300ms"), ("1.5h", 5_400_000_000_000, "1h30m0s"),
        ("2h45m", 9_900_000_000_000, "2h45m0s"),
        ("-3s", -3_000_000_000, "-3s"), ("0", 0, "0s"), ("90s", 90_000_000_000, "1m30s"),
        (".5s", 500_000_000, "500ms"),
        ("1us", 1000, "1µs"), ("24h", 86_400_000_000_000, "24h0m0s"), ("1m0.25s", 60_250_000_000, "1m0.25s"),
        ("15ns", 15, "15ns"),
    ])
    func readsAndWritesGoDurations(text: String, nanoseconds: Int64, printed: String) {
        #expect(Duration(go: text)?.inNanoseconds == nanoseconds)
        #expect(Duration.nanoseconds(nanoseconds).go == printed)
    }

    @Test(arguments: ["", "5", "s", "1x", "1.2.3s", "--1s", ".s", "1h-3m", "999999999h"])
    func refusesOtherDurations(text: String) {
        #expect(Duration(go: text) == nil)
    }
}
