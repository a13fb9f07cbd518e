internal import Glibc

/// A null-terminated list of C strings, as exec takes it.
struct CStrings: ~Copyable {
    private var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        pointers = strings.map { strdup($0) }
        pointers.append(nil)
    }

    deinit { for pointer in pointers { free(pointer) } }

    /// Lends the list; it ends with a null pointer.
    borrowing func withPointer<R>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a C string list is never empty") }
            return body(base)
        }
    }
}
