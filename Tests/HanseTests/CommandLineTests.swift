import Document
import Foundation
import Testing

/// The built binary against the embedded server, over TLS.
@Suite struct CommandLineTests {
    static let manifest = """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: lab
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: a
          namespace: lab
          labels: {app: x}
        data:
          k: v
          root-cert.pem: |
            PEM
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: ratings, namespace: lab}
        spec:
          selector: {app: ratings}
          ports:
          - port: 9080
            name: http
        ---
        apiVersion: federation.maistra.io/v1
        kind: ExportedServiceSet
        metadata: {name: west, namespace: lab}
        spec:
          exportRules:
          - type: NameSelector
            nameSelector: {namespace: lab, name: ratings}
        """

    static func outcomes(_ verb: String, _ suffix: String = "") -> String {
        ["namespace/lab", "configmap/a", "service/ratings", "exportedserviceset.federation.maistra.io/west"]
            .map { "\($0) \(verb)\(suffix)\n" }.joined()
    }

    @Test func applyCreatesChangesAndLeavesAlone() async throws {
        try await CommandLineServer.with { server in
            let path = try server.write("m.yaml", Self.manifest)
            let dry = try await server.hanse("apply", "-f", path, "--dry-run=client")
            #expect(dry.output == Self.outcomes("created", " (dry run)"))
            #expect(try await server.hanse("apply", "-f", path).output == Self.outcomes("created"))
            #expect(
                try await server.hanse("apply", "-f", path)
                    == .init(output: Self.outcomes("unchanged"), error: "", code: 0))
            let changed = Self.manifest.replacingOccurrences(of: "9080", with: "9090").replacingOccurrences(
                of: "  k: v\n", with: "")
            _ = try server.write("m.yaml", changed)
            let expected =
                "namespace/lab unchanged\nconfigmap/a configured\nservice/ratings configured\nexportedserviceset.federation.maistra.io/west unchanged\n"
            #expect(try await server.hanse("apply", "-f", path).output == expected)
            let ports = try await server.hanse(
                "get", "svc/ratings", "-n", "lab", "-o", "jsonpath={.spec.ports[*].port}")
            #expect(ports == .init(output: "9090", error: "", code: 0))
            let data = try await server.hanse("get", "cm", "a", "-n", "lab", "-o", "jsonpath={.data}")
            #expect(data.output == #"{"root-cert.pem":"PEM\n"}"#)
        }
    }

    @Test func applyReadsStandardInputAndFolders() async throws {
        try await CommandLineServer.with { server in
            let list =
                #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"l1"}}]}"#
            #expect(
                try await server.hanse("apply", "-f", "-", input: list).output == "configmap/l1 created\n")
            _ = try server.write("d/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
            _ = try server.write(
                "d/a.json", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#)
            _ = try server.write("d/skip.txt", "not a manifest")
            _ = try server.write("d/deep/c.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
            let folder = server.directory + "/d"
            #expect(
                try await server.hanse("apply", "-f", folder).output
                    == "configmap/a created\nconfigmap/b created\n")
            #expect(
                try await server.hanse("apply", "-R", "-f", folder).output
                    == "configmap/a unchanged\nconfigmap/b unchanged\nconfigmap/c created\n")
        }
    }

    @Test func applySaysWhatIsWrongAndGoesOn() async throws {
        try await CommandLineServer.with { server in
            let bad = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: u}
                daata: {a: b}
                ---
                apiVersion: x.y/v1
                kind: Foo
                metadata: {name: f}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: good}
                """
            let path = try server.write("bad.yaml", bad)
            let result = try await server.hanse("apply", "-f", path)
            #expect(result.code == 1)
            #expect(result.output == "configmap/good created\n")
            #expect(
                result.error.contains("Error from server (BadRequest): error when creating \"\(path)\": "))
            #expect(result.error.contains("unknown field \"daata\""))
            #expect(result.error.contains("no matches for kind \"Foo\" in version \"x.y/v1\""))
            let warned = try await server.hanse("apply", "-f", path, "--validate=warn", "--dry-run=server")
            #expect(warned.error.contains("Warning: unknown field \"daata\"\n"))
            let syntax = try server.write("syntax.yaml", "a: 1\na: 2\n")
            #expect(
                try await server.hanse("apply", "-f", syntax).error
                    == "error: error parsing \(syntax): \(syntax):2:1: key \"a\" is given twice, first at 1:1; a key may be given once\n"
            )
        }
    }

    @Test func getPrintsTablesAndDocuments() async throws {
        try await CommandLineServer.with { server in
            let path = try server.write("m.yaml", Self.manifest)
            _ = try await server.hanse("apply", "-f", path)
            let table = try await server.hanse("get", "cm,svc", "-n", "lab", "--no-headers")
            #expect(table.output.hasPrefix("configmap/a   2     "))
            #expect(table.output.contains("\n\nservice/ratings   ClusterIP   "))
            #expect(
                try await server.hanse("get", "cm,svc", "-n", "lab", "-o", "name").output
                    == "configmap/a\nservice/ratings\n")
            let list = try await server.hanse("get", "cm", "-A", "-o", "json")
            #expect(try JSON.parse(list.output)["items"]?[0]?.at("metadata", "name") == "a")
            let document = try await server.hanse("get", "cm/a", "-n", "lab", "-o", "yaml")
            #expect(document.output.contains("data:\n  k: v\n  root-cert.pem: |\n    PEM\nkind: ConfigMap\n"))
            #expect(
                try await server.hanse("get", "cm", "-l", "app=y", "-n", "lab")
                    == .init(output: "", error: "No resources found in lab namespace.\n", code: 0))
            #expect(
                try await server.hanse("get", "cm/nope", "-n", "lab")
                    == .init(
                        output: "", error: "Error from server (NotFound): configmaps \"nope\" not found\n",
                        code: 1))
            #expect(
                try await server.hanse("get", "cm/nope", "-n", "lab", "--ignore-not-found")
                    == .init(output: "", error: "", code: 0))
            #expect(
                try await server.hanse("get", "nope")
                    == .init(
                        output: "", error: "error: the server doesn't have a resource type \"nope\"\n",
                        code: 1))
            let usage = try await server.hanse("get", "cm", "-o", "bogus")
            #expect(usage.code == 2)
        }
    }

    @Test func getFollowsChanges() async throws {
        try await CommandLineServer.with { server in
            _ = try await server.hanse("create", "cm", "first")
            let watch = try server.start(CommandLineServer.binary, ["get", "cm", "-w", "-o", "name"])
            #expect(await watch.waitForOutput("configmap/first\n"))
            _ = try await server.hanse("create", "cm", "second")
            #expect(await watch.waitForOutput("configmap/first\nconfigmap/second\n"))
            watch.terminate()
            _ = await watch.finish()
        }
    }

    @Test func createMakesConfigMapsSecretsAndNamespaces() async throws {
        try await CommandLineServer.with { server in
            let file = try server.write("root.pem", "PEM\n")
            #expect(
                try await server.hanse("create", "namespace", "lab")
                    == .init(output: "namespace/lab created\n", error: "", code: 0))
            #expect(
                try await server.hanse("create", "namespace", "lab").error
                    == "Error from server (AlreadyExists): namespaces \"lab\" already exists\n")
            let arguments = [
                "create", "configmap", "ca", "-n", "lab", "--from-file=root-cert.pem=\(file)",
                "--from-literal=yes=no",
            ]
            let dry = try await server.hanse(arguments: arguments + ["--dry-run=client", "-o", "yaml"])
            #expect(
                dry.output == """
                    apiVersion: v1
                    data:
                      root-cert.pem: |
                        PEM
                      "yes": "no"
                    kind: ConfigMap
                    metadata:
                      creationTimestamp: null
                      name: ca
                      namespace: lab

                    """)
            #expect(try await server.hanse(arguments: arguments).output == "configmap/ca created\n")
            #expect(
                try await server.hanse("get", "cm/ca", "-n", "lab", "-o", #"jsonpath={.data.root-cert\.pem}"#)
                    .output == "PEM\n")
            #expect(
                try await server.hanse("create", "cm", "ca", "-n", "lab").error
                    == "error: failed to create configmap: configmaps \"ca\" already exists\n")
            #expect(
                try await server.hanse("create", "secret", "generic", "s", "--from-literal=a=b").output
                    == "secret/s created\n")
            #expect(try await server.hanse("get", "secret/s", "-o", "jsonpath={.data.a}").output == "Yg==")
            #expect(try await server.hanse("create", "cm", "x", "--from-literal=a").code == 2)
            #expect(try await server.hanse("create", "cm", "x", "--from-literal=a/b=c").code == 1)
        }
    }

    @Test func deleteWaitsForFinalizers() async throws {
        try await CommandLineServer.with { server in
            let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f, finalizers: [x.y/z]}\n"
            let path = try server.write("f.yaml", object)
            _ = try await server.hanse("apply", "-f", path)
            let early = try await server.hanse("delete", "cm", "f", "--timeout=100ms")
            #expect(
                early
                    == .init(
                        output: "configmap \"f\" deleted\n",
                        error: "error: timed out waiting for the condition on configmaps/f\n", code: 1))
            let waiting = try server.start(CommandLineServer.binary, ["wait", "cm/f", "--for=delete"])
            let deleting = try server.start(CommandLineServer.binary, ["delete", "-f", path])
            #expect(await deleting.waitForOutput("configmap \"f\" deleted\n"))
            _ = try server.write("f.yaml", object.replacingOccurrences(of: "[x.y/z]", with: "[]"))
            _ = try await server.hanse("apply", "-f", path)
            #expect(await deleting.finish().code == 0)
            #expect(await waiting.finish().code == 0)
            #expect(
                try await server.hanse("delete", "cm", "f").error
                    == "Error from server (NotFound): configmaps \"f\" not found\n")
            #expect(
                try await server.hanse("delete", "cm", "f", "--ignore-not-found")
                    == .init(output: "", error: "", code: 0))
        }
    }

    @Test func waitSeesValuesAndTimesOut() async throws {
        try await CommandLineServer.with { server in
            #expect(
                try await server.hanse("wait", "ns/default", "--for=jsonpath={.status.phase}=Active")
                    == .init(output: "namespace/default condition met\n", error: "", code: 0))
            #expect(
                try await server.hanse("wait", "ns/default", "--for=condition=Ready", "--timeout=100ms")
                    == .init(
                        output: "",
                        error: "error: timed out waiting for the condition on namespaces/default\n", code: 1))
            #expect(
                try await server.hanse("wait", "cm/nope", "--for=condition=Ready").error
                    == "Error from server (NotFound): configmaps \"nope\" not found\n")
            let waiting = try server.start(CommandLineServer.binary, ["wait", "cm/later", "--for=create"])
            _ = try await server.hanse("create", "cm", "later")
            #expect(await waiting.finish().output == "configmap/later condition met\n")
            #expect(try await server.hanse("wait", "cm/later").code == 2)
        }
    }

    @Test func aServerThatIsDownIsNamed() async throws {
        try await CommandLineServer.with { server in
            let config = """
                {apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}],
                contexts: [{name: c, context: {cluster: c}}]}
                """
            let path = try server.write("dead.kubeconfig", config)
            let result = try await server.hanse("get", "ns", "--kubeconfig", path)
            #expect(
                result
                    == .init(
                        output: "",
                        error:
                            "The connection to the server 127.0.0.1:9 was refused - did you specify the right host or port?\n",
                        code: 1))
            #expect(
                try await server.hanse("get", "ns", "--context", "nope").error
                    == "error: context \"nope\" does not exist\n")
        }
    }

    static let same: [[String]] = [
        ["get", "cm", "-n", "lab"], ["get", "svc,cm", "-n", "lab"],
        ["get", "cm/a", "-n", "lab", "-o", "yaml"],
        ["get", "cm", "a", "-n", "lab", "-o", "json"], ["get", "cm", "-n", "lab", "-o", "json"],
        ["get", "cm", "-n", "lab", "-o", "yaml"],
        ["get", "cm,svc", "-n", "lab", "-o", "name"], ["get", "cm", "nope", "-n", "lab"],
        ["get", "cm,svc", "a", "ratings", "-n", "lab"],
        ["get", "nope"], ["get", "cm", "-n", "nope"], ["get", "svc", "-n", "lab", "-o", "wide"],
        ["get", "cm", "-n", "lab", "--show-labels"],
        ["get", "cm/a", "svc/ratings", "-n", "lab"], ["get", "secrets", "-A"],
        ["get", "cm/a", "-n", "lab", "-o", "jsonpath={.data.nope[0]}"],
        ["apply", "-f", "m.yaml"], ["apply", "-f", "m.yaml", "--dry-run=server"],
        ["apply", "-f", "bad.yaml"], ["apply", "-f", "nofile.yaml"],
        ["create", "namespace", "lab"], ["create", "configmap", "a", "-n", "lab"],
        ["create", "cm", "n", "--from-literal=a=b", "--dry-run=server"],
        ["create", "secret", "generic", "s", "--from-literal=a=b", "--dry-run=client", "-o", "yaml"],
        ["delete", "cm", "nope", "-n", "lab"], ["delete", "cm", "-l", "app=nope", "-n", "lab"],
        ["delete", "-f", "m.yaml", "--dry-run=server"],
        ["wait", "ns/lab", "--for=jsonpath={.status.phase}=Active"],
        ["wait", "cm/a", "-n", "lab", "--for=condition=x", "--timeout=100ms"],
    ]

    @Test(.enabled(if: CommandLineServer.kubectl != nil)) func kubectlSaysTheSame() async throws {
        try await CommandLineServer.with { server in
            let path = try server.write("m.yaml", Self.manifest)
            let bad =
                "apiVersion: federation.maistra.io/v1\nkind: ExportedServiceSet\nmetadata: {name: bad, namespace: lab}\nspec:\n  exportRules:\n  - type: Nope\n  - nameSelector: {namespace: 5}\n"
            _ = try server.write("bad.yaml", bad)
            _ = try await server.hanse("apply", "-f", path)
            for arguments in Self.same {
                let full = arguments.map { $0.hasSuffix(".yaml") ? server.directory + "/" + $0 : $0 }
                // Ages change with the second, so both may be asked again.
                var pair = try await (server.hanse(arguments: full), server.kubectl(arguments: full))
                for _ in 0..<9 where pair.0 != pair.1 {
                    pair = try await (server.hanse(arguments: full), server.kubectl(arguments: full))
                }
                #expect(pair.0 == pair.1, "\(arguments)")
            }
        }
    }
}
