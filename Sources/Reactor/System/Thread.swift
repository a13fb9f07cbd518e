internal import CSystem
internal import Glibc

/// Plain threads.
///
/// The only way this house makes one.
enum Thread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread; `name` is cut to 15 bytes.
    static func spawn(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                // Balanced: the one retain made above is taken over here.
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                csystem_thread_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else { fatalError("cannot create thread \(name): \(Errno(code: code))") }
        pthread_detach(thread)
    }
}
