import Document
import Testing

@Suite struct YAMLWriterTests {
    @Test func looksLikeKubectl() {
        let node: Node = [
            "spec": [
                "ports": [["name": "http", "port": 80], ["name": "y"]], "empty": [], "none": [:],
                "nested": [[1, 2], []],
            ],
            "kind": "Service",
            "metadata": ["name": "ratings", "annotations": ["a.b/c": "{\"x\":1}\n", "k": "true"]],
            "data": ["ca.pem": "-----BEGIN\nabc\n-----END", "k10": "1", "k9": "1", "8080": .null],
        ]
        #expect(
            YAML.serialize(node) == """
                data:
                  "8080": null
                  ca.pem: |-
                    -----BEGIN
                    abc
                    -----END
                  k9: "1"
                  k10: "1"
                kind: Service
                metadata:
                  annotations:
                    a.b/c: |
                      {"x":1}
                    k: "true"
                  name: ratings
                spec:
                  empty: []
                  nested:
                  - - 1
                    - 2
                  - []
                  none: {}
                  ports:
                  - name: http
                    port: 80
                  - name: "y"

                """)
    }

    @Test(arguments: [
        "2026-11-21T04:43:34Z", "2026-1-2", "2026-1-2t3:4:5.678-07:00", "2026-01-02 03:04:05", "12:30:45",
        "yes", "0x1f",
        "1.5", "null", "~", "",
    ])
    func quotesWhatReadersWouldMisread(text: String) {
        #expect(YAML.serialize(["v": Node(text)]) == "v: \"\(text)\"\n")
    }

    @Test(arguments: [
        "2026-13-01", "2026-02-30", "26-01-01", "2026-01-02T03:04:05", "v1", "a b", "127.0.0.1",
        "http://x:80/",
    ])
    func leavesOtherStringsPlain(text: String) {
        #expect(YAML.serialize(["v": Node(text)]) == "v: \(text)\n")
    }

    @Test(arguments: awkwardStrings)
    func everyStringComesBack(text: String) throws {
        #expect(try YAML.parse(YAML.serialize(["v": Node(text)])) == [["v": Node(text)]])
        #expect(try YAML.parse(YAML.serialize([Node(text)])) == [[Node(text)]])
        var object = Object()
        object[text] = "x"
        #expect(try YAML.parse(YAML.serialize(Node(object))) == [Node(object)])
    }

    @Test func randomTreesComeBack() throws {
        for seed in 0..<400 {
            var random = SplitMix(state: UInt64(seed))
            let node: Node = ["v": randomNode(&random, depth: 4)]
            let text = YAML.serialize(node)
            #expect(try YAML.parse(text) == [node], "\(text)")
        }
    }

    @Test func writesScalarsAtTheTop() {
        #expect(YAML.serialize("x") == "x\n")
        #expect(YAML.serialize(5) == "5\n")
        #expect(YAML.serialize([:]) == "{}\n")
        #expect(YAML.serialize(documents: [["a": 1], ["b": 2]]) == "a: 1\n---\nb: 2\n")
    }

    @Test(arguments: [
        (1.0, "1\n"), (1.5, "1.5\n"), (1234567.5, "1.2345675e+06\n"), (1e21, "1e+21\n"), (0.00001, "1e-05\n"),
        (1e20, "100000000000000000000\n"),
    ])
    func numbersLookLikeKubectls(value: Double, text: String) {
        #expect(YAML.serialize(Node(value)) == text)
    }
}
