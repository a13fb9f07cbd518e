public import Document
import Synchronization

/// The events of one watch.
public final class APIWatch: Sendable {
    /// One change.
    public struct Event: Sendable, Equatable {
        /// `ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK`.
        public var type: String
        /// The object after the change, or a Table of one row.
        public var object: Node
    }

    private struct State {
        var decoder = WatchDecoder()
        var ready: [WatchDecoder.Event] = []
        var isCancelled = false
    }

    private let stream: any APIStream
    private let state = Mutex(State())

    init(_ stream: any APIStream) {
        self.stream = stream
    }

    /// Waits for the next event; nil when the server ended the watch in good order or it was cancelled.
    ///
    /// One caller at a time. An ERROR event is thrown.
    public func next() async throws(APIError) -> Event? {
        while true {
            let (event, isCancelled) = state.withLock { state in
                (state.ready.isEmpty ? nil : state.ready.removeFirst(), state.isCancelled)
            }
            if isCancelled { return nil }
            if let event { return Event(type: event.type, object: event.object) }
            let piece: [UInt8]?
            do {
                piece = try await stream.next()
            } catch {
                if state.withLock({ $0.isCancelled }) { return nil }
                throw error
            }
            guard let piece else { return nil }
            let result = state.withLock { state -> Result<Void, APIError> in
                do throws(APIError) {
                    state.ready += try state.decoder.receive(piece)
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    }

    /// Ends the watch.
    public func cancel() {
        state.withLock { $0.isCancelled = true }
        stream.cancel()
    }
}
