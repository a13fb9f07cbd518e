import Bytes
import Document
import KubernetesClient
import TLS
import Testing

@Suite struct KubeconfigTests {
    static let text = """
        apiVersion: v1
        kind: Config
        current-context: rosa
        clusters:
        - name: rosa
          cluster: {server: "https://127.0.11.1:6443", certificate-authority: ca.pem}
        - name: plain
          cluster: {server: "http://localhost:8080/base/"}
        - name: trusting
          cluster: {server: "https://[::1]:6443", insecure-skip-tls-verify: true, tls-server-name: api}
        users:
        - name: admin
          user: {token: t0ken}
        - name: file
          user: {token: t0ken, tokenFile: /run/token}
        - name: half
          user: {client-certificate-data: YQ==}
        - name: plugin
          user: {exec: {command: aws}}
        - name: basic
          user: {username: u, password: p}
        contexts:
        - name: rosa
          context: {cluster: plain, user: admin, namespace: east-mesh-system}
        - name: file
          context: {cluster: plain, user: file}
        - name: half
          context: {cluster: plain, user: half}
        - name: plugin
          context: {cluster: plain, user: plugin}
        - name: basic
          context: {cluster: trusting, user: basic}
        - name: missing
          context: {cluster: nope}
        - name: ca
          context: {cluster: rosa}
        """

    func configuration() throws -> Kubeconfig {
        try Kubeconfig(Array(Self.text.utf8), file: "kubeconfig", directory: "/etc/hanse")
    }

    func connect(_ context: String?) throws -> ClusterConnection {
        try configuration().connection(context: context) { (path) throws(ConfigurationError) in
            throw ConfigurationError("asked for \(path)")
        }
    }

    @Test func theCurrentContextCountsWhenNoneIsNamed() throws {
        let connection = try connect(nil)
        #expect(connection.server.description == "http://localhost:8080/base")
        #expect(connection.namespace == "east-mesh-system")
        #expect(connection.credential == .token("t0ken"))
        #expect(connection.tls == nil)
    }

    @Test func credentialsOfEveryKind() throws {
        #expect(try connect("file").credential == .tokenFile("/run/token"))
        let basic = try connect("basic")
        #expect(basic.credential == .basic(username: "u", password: "p"))
        #expect(basic.skipsVerification && basic.serverName == "api")
        #expect(basic.server.authority == "[::1]:6443")
        #expect(basic.namespace == "default")
    }

    @Test(arguments: [
        ("missing", "cluster \"nope\" of context \"missing\" does not exist"),
        ("no", "context \"no\" does not exist"),
        ("half", "user \"half\" has a client-certificate but no client-key"),
        (
            "plugin",
            "user \"plugin\" logs in by exec, which is not supported; expected a client certificate or a token"
        ),
        ("ca", "asked for /etc/hanse/ca.pem"),
    ])
    func namesTheEntryThatIsWrong(context: String, message: String) {
        #expect(throws: ConfigurationError(message)) { try connect(context) }
    }

    @Test func theFirstFileWins() throws {
        var first = try Kubeconfig(
            Array("clusters: [{name: plain, cluster: {server: 'http://first'}}]".utf8), file: "a",
            directory: "")
        first.merge(try configuration())
        #expect(first.clusters["plain"]?.server == "http://first")
        #expect(first.currentContext == "rosa")
        #expect(first.contexts.count == 7)
    }

    @Test func findingsNameTheirPlace() {
        let text =
            "clusters:\n- name: a\n  cluster: {server: 5, insecure-skip-tls-verify: x}\nusers:\n- user: {}\n- name: b\n  user: {client-key-data: '%'}\n"
        let error = #expect(throws: DocumentError.self) {
            try Kubeconfig(Array(text.utf8), file: "k", directory: "")
        }
        #expect(
            error?.description == """
                k:3:21: clusters[0].cluster.server: expected a string
                k:3:50: clusters[0].cluster.insecure-skip-tls-verify: expected true or false
                k:5:3: users[0].name: required
                k:7:27: users[1].user.client-key-data: not base64
                """)
    }

    @Test(arguments: [
        ("https://h", "https://h:443"), ("http://h/", "http://h:80"), ("HTTPS://h:1/a/b/", "https://h:1/a/b"),
        ("https://[fe80::1]", "https://[fe80::1]:443"),
        ("https://127.0.11.1:6443", "https://127.0.11.1:6443"),
    ])
    func readsURLs(text: String, canonical: String) {
        #expect(ServerURL(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "h:80", "ftp://h", "https://", "https://:80", "https://h:0", "https://h:x", "https://h:70000",
        "https://[::1", "https://[h]", "https://u@h", "https://h?x", "https://[::1]x",
    ])
    func refusesOtherTexts(text: String) {
        #expect(ServerURL(text) == nil)
    }
}
