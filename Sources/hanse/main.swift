import Glibc
import Reactor

/// The dispatch table: a new command is one line here and one file in `Commands/`.
let hanse = CommandGroup(
    command: "hanse",
    summary: "Hanse federates service meshes that do not trust each other by default.",
    commands: [
        Command(name: "version", summary: "print the version", run: VersionCommand.run)
    ])

exit(await hanse.run(Array(Environment.arguments.dropFirst())))
