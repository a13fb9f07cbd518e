import Document
import KubernetesClient
import Testing

@Suite struct TableTests {
    static let table: Node = [
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": ["resourceVersion": "614"],
        "columnDefinitions": [
            ["name": "Name", "priority": 0], ["name": "Hosts", "priority": 0],
            ["name": "Age", "priority": 0],
            ["name": "Selector", "priority": 1],
        ],
        "rows": [
            [
                "cells": ["ratings", "[\"ratings\"]", "11m", "app=x"],
                "object": ["metadata": ["name": "ratings", "namespace": "lab"]],
            ],
            [
                "cells": ["r", .null, 5, .null],
                "object": ["metadata": ["name": "r", "namespace": "lab-2", "labels": ["b": "2", "a": "1"]]],
            ],
        ],
    ]

    func render(_ change: (inout ServerTable.Options) -> Void = { _ in }) throws -> String {
        var options = ServerTable.Options()
        change(&options)
        let table = try #require(ServerTable(Self.table))
        var text = TextTable()
        return text.render([table.header(options)] + table.lines(options))
    }

    @Test func columnsAreThreeSpacesApart() throws {
        #expect(
            try render() == """
                NAME      HOSTS         AGE
                ratings   ["ratings"]   11m
                r                       5

                """)
    }

    @Test func optionsAddColumns() throws {
        #expect(
            try render { options in
                options.isWide = true
                options.showsNamespace = true
                options.showsLabels = true
                options.labelColumns = ["x/a"]
                options.namePrefix = "virtualservice.networking.istio.io/"
            } == """
                NAMESPACE   NAME                                         HOSTS         AGE   SELECTOR   A     LABELS
                lab         virtualservice.networking.istio.io/ratings   ["ratings"]   11m   app=x            <none>
                lab-2       virtualservice.networking.istio.io/r                       5                      a=1,b=2

                """)
    }

    @Test func laterBlocksKeepTheWidths() {
        var text = TextTable()
        _ = text.render([["NAME", "AGE"], ["a-long-name", "1s"]])
        #expect(text.render([["b", "2s"]]) == "b             2s\n")
    }

    @Test func cellsCannotSteerTheTerminal() {
        var text = TextTable()
        #expect(text.render([["a\nb", "\u{1B}[31mx\u{7}"]]) == "a...   ^[[31mx \n")
    }

    @Test func otherDocumentsAreNoTables() {
        #expect(ServerTable(["kind": "ConfigMapList", "items": []]) == nil)
    }
}
