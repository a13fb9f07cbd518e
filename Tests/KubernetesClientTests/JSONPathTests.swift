import Document
import KubernetesClient
import Testing

@Suite struct JSONPathTests {
    static let list: Node = [
        "kind": "List",
        "items": [
            [
                "kind": "Service", "metadata": ["name": "a", "labels": ["app": "x"]],
                "spec": ["ports": [["port": 80], ["port": 443]]],
                "status": [
                    "loadBalancer": ["ingress": [["ip": "127.0.11.3"]]],
                    "conditions": [
                        ["type": "Ready", "status": "True"], ["type": "Synced", "status": "False"],
                    ],
                ],
            ],
            [
                "kind": "Service", "metadata": ["name": "b"],
                "data": ["root-cert.pem": "PEM", "n": 5, "yes": true],
            ],
        ],
    ]

    @Test(arguments: [
        ("{.kind}", "List"), ("{$.kind}", "List"), ("kind: {.kind}!", "kind: List!"),
        ("{.items[*].metadata.name}", "a b"), ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "b"),
        ("{.items[0].status.loadBalancer.ingress[0].ip}", "127.0.11.3"),
        ("{.items[1].data.root-cert\\.pem}", "PEM"), ("{.items[1].data['root-cert.pem']}", "PEM"),
        ("{.items[1]['data']['n']}", "5"), ("{.items[1].data.yes}", "true"),
        ("{.items[0].status.conditions[?(@.type==\"Ready\")].status}", "True"),
        ("{.items[0].status.conditions[?(@.type=='Synced')].status}", "False"),
        ("{.items[0].status.conditions[?(@.type!=\"Ready\")].type}", "Synced"),
        ("{.items[0].spec.ports[?(@.port>100)].port}", "443"),
        ("{.items[0].spec.ports[?(@.port<=80)].port}", "80"),
        ("{.items[?(@.data)].metadata.name}", "b"),
        ("{.items[?(@.metadata.labels.app==\"x\")].metadata.name}", "a"),
        ("{range .items[*]}{.metadata.name}={.kind}{\"\\n\"}{end}", "a=Service\nb=Service\n"),
        ("{range .items[*]}[{.metadata.name}]{end}.", "[a][b]."),
        ("{..port}", "80 443"), ("{.items[0].spec.ports[0:1].port}", "80"),
        ("{.items[0].spec.ports[1:].port}", "443"),
        ("{.items[0,1].metadata.name}", "a b"), ("{.items[0].spec.ports[0]}", "{\"port\":80}"),
        ("{.items[0].metadata.labels}", "{\"app\":\"x\"}"), ("{.nope}", ""), ("{.nope.deeper[0].x}", ""),
        ("{.items[1].status.loadBalancer.ingress[0].ip}", ""), ("{.items[0].metadata.labels.*}", "x"),
        ("{.items[*]['kind', 'nope']}", "Service Service"), ("plain", "plain"),
        ("{'a'}{\"\\t\"}{'b'}", "a\tb"),
        ("{ .kind }", "List"), ("{.items[0].spec.ports[*].port}", "80 443"),
    ])
    func rendersAsKubectlDoes(template: String, text: String) throws {
        #expect(try JSONPath(template).render(Self.list) == text)
    }

    @Test(arguments: [
        ("{.a", "unclosed action, expected '}'"), ("{range .a}x", "unclosed range, expected {end}"),
        ("{end}", "not in range, nothing to end"),
        ("{.a[}", "unexpected \"}\" at character 5, expected an index, a slice, a quoted key, * or a filter"),
        ("{.a[0}", "unexpected \"}\" at character 6, expected ']'"), ("{'a}", "unterminated quoted string"),
        (
            "{.a[?(@.b==)]}",
            "unexpected \")]}\" at character 12, expected a string, a number, true, false or a path that begins with @"
        ),
        ("{.a[?@.b]}", "unexpected \"@.b]}\" at character 6, expected '(' after '?'"),
        ("{.a b}", "unexpected \"b}\" at character 5, expected '}'"),
    ])
    func saysWhatIsWrong(template: String, message: String) {
        let failure = #expect(throws: JSONPath.Failure.self) { try JSONPath(template) }
        #expect(failure?.message == message)
    }

    @Test func anIndexBeyondTheListIsAnError() throws {
        let path = try JSONPath("{.items[2].kind}")
        #expect(throws: JSONPath.Failure.self) { try path.render(Self.list) }
    }

    @Test(arguments: [".kind", "kind", "{.kind}", "$.kind", "{kind}", "['kind']"])
    func relaxedExpressionsNeedNoBraces(text: String) throws {
        #expect(try JSONPath(relaxed: text).values(in: Self.list) == ["List"])
    }

    @Test func anyDamageIsAnErrorAndNeverATrap() {
        let template = Array(#"x{range .a[?(@.b=="c")].d['e\.f'][0:-1,2]}{..g}{"\n"}{end}"#.utf8)
        for index in template.indices {
            for byte in Array(" {}[]().@$?\"'\\,:0-*=!".utf8) {
                var damaged = template
                damaged[index] = byte
                _ = try? JSONPath(String(decoding: damaged, as: UTF8.self)).render(Self.list)
            }
            _ = try? JSONPath(String(decoding: template.prefix(index), as: UTF8.self)).render(Self.list)
        }
    }
}
