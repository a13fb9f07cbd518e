internal import Bytes
internal import Reactor
internal import Synchronization

/// Writes access log lines to standard output from a thread of its own, so that a slow reader never stops traffic.
final class AccessLogWriter: Sendable {
    /// Unwritten bytes beyond this are dropped and counted.
    static let maxPending = 8 * 1024 * 1024

    private struct State: Sendable {
        var pending: [UInt8] = []
        var isWriting = false
        var dropped: Int64 = 0
    }

    private let state = Mutex(State())
    private let pool = BlockingPool(name: "access-log", threads: 1)

    func write(_ lines: [UInt8]) {
        let mustStart = state.withLock { state in
            guard state.pending.count + lines.count <= Self.maxPending else {
                state.dropped += 1
                return false
            }
            state.pending += lines
            if state.isWriting { return false }
            state.isWriting = true
            return true
        }
        guard mustStart else { return }
        pool.submit { self.drain() }
    }

    private func drain() {
        while true {
            let lines = state.withLock { state in
                let lines = state.pending
                state.pending = []
                if lines.isEmpty { state.isWriting = false }
                return lines
            }
            guard !lines.isEmpty else { return }
            Output.stdout(bytes: lines)
        }
    }

    /// Whether all lines are written.
    var isIdle: Bool { state.withLock { !$0.isWriting && $0.pending.isEmpty } }

    /// Writes that did not fit.
    var dropped: Int64 { state.withLock { $0.dropped } }
}
