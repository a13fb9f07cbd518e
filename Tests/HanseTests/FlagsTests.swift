import Testing

@testable import hanse

@Suite struct FlagsTests {
    static let set = FlagSet(
        command: "hanse test", arguments: "NAME", summary: "Test.",
        flags: [
            .value("namespace", short: "n", "NAME", "the namespace", default: "default"),
            .bool("all-namespaces", short: "A", "all namespaces"), .bool("recursive", short: "R", "recurse"),
            .bool("wait", "wait", default: true), .list("from-literal", "K=V", "a pair"),
            .optionalValue("dry-run", "MODE", whenBare: "client", "do nothing", default: "none"),
            .value("output", short: "o", "FORMAT", "format"), .value("timeout", "DURATION", "how long"),
            .value("port", "PORT", "the port"),
        ])

    func parse(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ParsedFlags {
        switch try Self.set.parse(arguments, environment: { environment[$0] }) {
        case .run(let flags): return flags
        case .help: throw UsageError("help")
        }
    }

    @Test func flagsAndArgumentsMayBeMixed() throws {
        let flags = try parse(["a", "--namespace=x", "b", "-o", "json", "--wait=false", "c"])
        #expect(flags.arguments == ["a", "b", "c"])
        #expect(flags["namespace"] == "x")
        #expect(flags["output"] == "json")
        #expect(!flags.bool("wait"))
    }

    @Test func shortFlagsTakeTheirValueInEverySpelling() throws {
        for spelling in [["-n", "x"], ["-nx"], ["-n=x"]] { #expect(try parse(spelling)["namespace"] == "x") }
        let flags = try parse(["-ARojson"])
        #expect(flags.bool("all-namespaces") && flags.bool("recursive"))
        #expect(flags["output"] == "json")
    }

    @Test func defaultsCountLastAndTheEnvironmentInBetween() throws {
        #expect(try parse([])["namespace"] == "default")
        #expect(try parse([], ["HANSE_NAMESPACE": "env"])["namespace"] == "env")
        #expect(try parse(["-n", "flag"], ["HANSE_NAMESPACE": "env"])["namespace"] == "flag")
        #expect(try parse([], ["HANSE_ALL_NAMESPACES": "true"]).bool("all-namespaces"))
        #expect(try parse([]).bool("wait"))
    }

    @Test func optionalValuesNeedAnEqualsSign() throws {
        #expect(try parse([])["dry-run"] == "none")
        let bare = try parse(["--dry-run", "server"])
        #expect(bare["dry-run"] == "client")
        #expect(bare.arguments == ["server"])
        #expect(try parse(["--dry-run=server"])["dry-run"] == "server")
    }

    @Test func listsKeepEveryValue() throws {
        let flags = try parse(["--from-literal", "a=1", "--from-literal=b=2,3"])
        #expect(flags.list("from-literal") == ["a=1", "b=2,3"])
        #expect(flags.list("from-literal", separated: true) == ["a=1", "b=2", "3"])
    }

    @Test func twoDashesEndTheFlags() throws {
        #expect(try parse(["--", "-n", "x"]).arguments == ["-n", "x"])
        #expect(try parse(["-"]).arguments == ["-"])
    }

    @Test(arguments: [
        (["--nope"], "unknown flag: --nope"), (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["--namespace"], "flag needs a value: --namespace"), (["-n"], "flag needs a value: -n"),
        (["--wait=maybe"], "invalid value \"maybe\" of --wait: expected true or false"),
    ])
    func namesTheFlagThatIsWrong(arguments: [String], message: String) {
        #expect(throws: UsageError(message)) { try parse(arguments) }
    }

    @Test func namesTheVariableThatIsWrong() {
        #expect(throws: UsageError("invalid value \"x\" of --wait: expected true or false (from HANSE_WAIT)"))
        {
            try parse([], ["HANSE_WAIT": "x"])
        }
    }

    @Test func typedValuesAreChecked() throws {
        let flags = try parse(["--timeout=90s", "--port=80", "-o", "json"])
        #expect(try flags.duration("timeout") == .seconds(90))
        #expect(try flags.int("port", in: 1...65535) == 80)
        #expect(throws: UsageError("invalid value \"80\" of --port: expected a number from 1 to 79")) {
            try flags.int("port", in: 1...79)
        }
        #expect(throws: UsageError("invalid value \"json\" of --output: expected one of yaml, name")) {
            try flags.choice("output", of: ["yaml", "name"])
        }
        #expect(
            throws: UsageError("invalid value \"80\" of --port: expected a duration such as 30s, 5m or 1h30m")
        ) {
            try flags.duration("port")
        }
        #expect(throws: UsageError("required flag is not set: --output")) { try parse([]).required("output") }
    }

    @Test func helpNamesEveryFlagWithItsVariable() {
        let help = Self.set.help
        #expect(help.contains("  -n, --namespace NAME"))
        #expect(help.contains("(default default) [HANSE_NAMESPACE]"))
        #expect(help.contains("      --dry-run[=MODE]"))
        #expect(help.contains("hanse test NAME [flags]"))
    }
}
