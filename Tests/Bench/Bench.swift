import CSystem
import Foundation
import Glibc

/// `hanse-bench`: one command that measures Hanse's gateway against the proxies it replaces.
@main
struct Bench {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments == ["backend"] { try Backend().serve() }
            let options: Options
            do { options = try Options(arguments) } catch {
                print("hanse-bench: \(error)\n\n\(Options.usage)")
                exit(2)
            }
            if options.wantsHelp { return print(Options.usage) }
            try measure(options)
        } catch {
            FileHandle.standardError.write(Data("hanse-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func measure(_ options: Options) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/hanse-bench-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer {
            if options.keepsFolder {
                FileHandle.standardError.write(Data("kept \(folder)\n".utf8))
            } else {
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
        let runner = try Runner(options, folder: folder)
        try runner.run()
        print(runner.report.text())
        if let file = options.jsonFile { try runner.report.json().write(to: URL(fileURLWithPath: file)) }
    }

    /// As many descriptors as we may have: idle tunnels need two at each hop.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(7), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(7), &limit)
    }
}
