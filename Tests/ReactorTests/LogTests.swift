import Bytes
import Testing

@testable import Reactor

@Suite struct LogTests {
    private let time = WallTime(seconds: 0, nanoseconds: 5_000_000)

    @Test func writesOneTextLine() {
        let line = Log.render(.text, time, .info, "store", "wrote", ["name": "a b", "count": "3"])
        #expect(line == "1970-01-01T00:00:00.005Z INFO store: wrote name=\"a b\" count=3")
    }

    @Test func foreignTextCannotForgeALine() {
        let line = Log.render(.text, time, .warning, "peer", "bad\nline", ["x": "a\"\r\n\u{1B}"])
        #expect(line == "1970-01-01T00:00:00.005Z WARNING peer: bad\\nline x=\"a\\\"\\r\\n\\u001b\"")
    }

    @Test func writesJSON() {
        let line = Log.render(.json, time, .error, "peer", "said \"no\"", ["path": "C:\\"])
        #expect(
            line == #"{"time":"1970-01-01T00:00:00.005Z","level":"error","component":"peer","#
                + #""message":"said \"no\"","path":"C:\\"}"#)
    }
}

@Suite struct TimerWheelTests {
    @Test func agreesWithASortedListOnRandomWalks() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let wheel = TimerWheel(now: Instant(nanoseconds: 1_000_000_007))
            var now: Int64 = 1_000_000_007
            var fired: [Int] = []
            var timers: [LoopTimer] = []
            var deadlines: [Int: Int64] = [:]
            for id in 0..<50 { timers.append(LoopTimer(wheel) { fired.append(id) }) }
            for _ in 0..<2000 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    let id = Int.random(in: 0..<50, using: &random)
                    let deadline = now + Int64.random(in: -1_000_000...20_000_000_000, using: &random)
                    timers[id].arm(at: Instant(nanoseconds: deadline))
                    deadlines[id] = deadline
                case 2:
                    let id = Int.random(in: 0..<50, using: &random)
                    timers[id].disarm()
                    deadlines[id] = nil
                default:
                    let wake = wheel.nextWake()
                    #expect((wake == nil) == deadlines.isEmpty)
                    if let first = deadlines.values.min(), let wake {
                        // Never sleeps past a deadline by more than one tick.
                        #expect(wake.nanoseconds <= max(first, now) + TimerWheel.tickNanoseconds)
                    }
                    now += Int64.random(in: 0...1_000_000_000, using: &random)
                    fired = []
                    wheel.advance(to: Instant(nanoseconds: now))
                    // Early is a defect; late by less than one tick is the wheel's grain.
                    let must = deadlines.filter { $0.value + TimerWheel.tickNanoseconds <= now }.keys
                    let may = deadlines.filter { $0.value <= now }.keys
                    #expect(Set(fired).isSuperset(of: must))
                    #expect(Set(fired).isSubset(of: may))
                    #expect(Set(fired).count == fired.count)
                    for id in fired { deadlines[id] = nil }
                }
                #expect(wheel.count == deadlines.count)
            }
        }
    }
}
