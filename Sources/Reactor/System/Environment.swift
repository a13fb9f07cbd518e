internal import CSystem
internal import Glibc

/// What the process was started with.
public enum Environment {
    /// The value of an environment variable; nil when absent.
    public static func get(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    /// Every variable as `NAME=value`, as handed to children.
    public static var all: [String] {
        var result: [String] = []
        guard var cursor = csystem_environment() else { return result }
        // The list ends with a null pointer.
        while let entry = cursor.pointee {
            result.append(String(cString: entry))
            cursor += 1
        }
        return result
    }

    /// The command line, the program's name first.
    public static var arguments: [String] { CommandLine.arguments }

    /// The absolute path of the running program; nil when the kernel does not tell.
    public static var executablePath: String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The directory that relative paths start from; `/` when it is gone.
    public static var workingDirectory: String {
        guard let text = getcwd(nil, 0) else { return "/" }
        defer { free(text) }
        return String(cString: text)
    }

    /// How many processors this process may run on, at least 1.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// This process.
    public static var processID: Int32 { getpid() }

    /// The host's name; empty when unknown.
    public static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
