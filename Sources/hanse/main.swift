import Glibc
import Reactor

/// The dispatch table: a new command is one line here and one file in `Commands/`.
let hanse = CommandGroup(
    command: "hanse",
    summary: "Hanse federates service meshes that do not trust each other by default.",
    commands: [
        Command(
            name: "controller", summary: "run the control plane of one mesh", run: ControllerCommand.run),
        Command(name: "apply", summary: "create or change objects by manifests", run: ApplyCommand.run),
        Command(name: "create", summary: "create an object from flags or a file", run: CreateCommand.run),
        Command(name: "delete", summary: "delete objects", run: DeleteCommand.run),
        Command(name: "get", summary: "print objects", run: GetCommand.run),
        Command(name: "wait", summary: "wait until objects are as they shall be", run: WaitCommand.run),
        Command(
            name: "preview", summary: "show what manifests export, import and route, offline",
            run: PreviewCommand.run),
        Command(name: "gateway", summary: "run the data plane", run: GatewayCommand.run),
        Command(name: "version", summary: "print the version", run: VersionCommand.run),
    ])

exit(await hanse.run(Array(Environment.arguments.dropFirst())))
