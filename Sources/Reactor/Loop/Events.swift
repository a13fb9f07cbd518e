internal import CSystem

/// What a descriptor is ready for, and what is waited for.
///
/// The bits are epoll's.
public struct IOEvents: OptionSet, Sendable, Hashable {
    /// epoll's bits.
    public let rawValue: UInt32

    /// Wraps epoll's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection or the end of the stream can be read.
    public static let readable = IOEvents(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written, or a connect finished.
    public static let writable = IOEvents(rawValue: EPOLLOUT.rawValue)
    /// The peer shut down its sending half.
    public static let readHangUp = IOEvents(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are closed.
    ///
    /// Always reported, never asked for.
    public static let hangUp = IOEvents(rawValue: EPOLLHUP.rawValue)
    /// An error waits in `Socket.takeError()`.
    ///
    /// Always reported, never asked for.
    public static let error = IOEvents(rawValue: EPOLLERR.rawValue)
    /// Report changes only: the handler must read and write until `wouldBlock`.
    public static let edgeTriggered = IOEvents(rawValue: EPOLLET.rawValue)

    /// What a stream socket registers once for its whole life: no `epoll_ctl` for back-pressure.
    ///
    /// A read shorter than asked drained the socket, and the next bytes come as an edge; but when the event
    /// carried `readHangUp`, `hangUp` or `error`, the end has had its edge already: read on until it.
    public static let stream: IOEvents = [.readable, .writable, .readHangUp, .edgeTriggered]
}

/// Receives the readiness of one registered descriptor, on the loop's thread.
///
/// The loop holds the handler strongly until `deregister`; a handler deregistered within a batch gets no
/// further event of that batch.
public protocol EventHandler: AnyObject {
    /// The descriptor is ready.
    ///
    /// May register, deregister and close anything, itself included.
    func handle(_ events: IOEvents)

    /// The loop ends with this descriptor still registered: let go of it, tell whoever waits.
    func loopEnded()
}

extension EventHandler {
    /// Nothing by default: the loop drops the handler.
    public func loopEnded() {}
}

/// A registered descriptor: slot and generation, so that a reused slot is never mistaken.
public struct Registration: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }
}
