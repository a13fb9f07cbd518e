internal import CSystem
internal import Synchronization

/// Which thread a loop runs on.
///
/// Compared on each use of what is confined to it.
public final class ThreadIdentity: Sendable {
    private let id = Atomic<UInt64>(0)

    init() {}

    /// Whether the caller runs on the thread; false before the loop started.
    public var isCurrent: Bool { id.load(ordering: .relaxed) == csystem_thread_id() }

    func adoptCurrentThread() { id.store(csystem_thread_id(), ordering: .relaxed) }

    /// The thread ends: a later one may get the same number and must not be taken for it.
    func clear() { id.store(0, ordering: .relaxed) }
}

/// A value that only its loop's thread may touch, in a box that may travel anywhere.
///
/// Sendable although `Value` is not: `value` is the only access and stops the process on any other thread,
/// so no two threads ever use it at once. A box dropped elsewhere may end the value's life there, but then
/// no other reference to it exists, and reference counting orders the release after every earlier use.
public final class LoopBound<Value>: @unchecked Sendable {
    private let storage: Value
    private let thread: ThreadIdentity

    /// Boxes a value on the loop's thread.
    public init(_ value: Value, loop: EventLoop) {
        loop.assertOnLoop()
        storage = value
        thread = loop.thread
    }

    /// Boxes the state of a loop that is not running yet: no other thread knows it.
    init(beforeStart value: Value, thread: ThreadIdentity) {
        storage = value
        self.thread = thread
    }

    /// The value.
    ///
    /// Loop thread only, checked in release builds too.
    public var value: Value {
        precondition(thread.isCurrent, "state of an event loop used on another thread")
        return storage
    }
}
