import Document
import Testing

@Suite struct NodeTests {
    @Test func equalityIgnoresPositionsAndOrderOfMembers() {
        #expect(Node(.int(1), position: Position(line: 1, column: 2)) == 1)
        #expect(["a": 1, "b": [2]] as Node == ["b": [2], "a": 1])
        #expect(["a": 1] as Node != ["a": 1, "b": .null])
        #expect([1, 2] as Node != [2, 1])
    }

    @Test func numbersCompareByValue() {
        #expect(Node(1.0) == 1)
        #expect(Node(.uint(5)) == 5)
        #expect(Node(1.5) != 1)
        #expect(Node(UInt64.max) != Node(Int64.max))
        #expect(Node(UInt64.max).int == nil)
        #expect(Node(-1).uint == nil)
        #expect(Node(2.0).int == 2)
        #expect(Node("1") != 1)
    }

    @Test func membersAreSetAndRemovedInPlace() {
        var node: Node = ["a": 1, "b": 2, "c": 3]
        node["b"] = 5
        node["d"] = "x"
        node["a"] = nil
        #expect(node.object?.keys == ["b", "c", "d"])
        #expect(node["b"] == 5)
        var scalar: Node = 5
        scalar["x"] = nil
        #expect(scalar == 5)
        scalar["x"] = 1
        #expect(scalar == ["x": 1])
        node["b"]?["deep"] = 7
        #expect(node.at("b", "deep") == 7)
    }

    @Test func nestedPathsAreMadeAndRemoved() {
        var node: Node = [:]
        node.set(["a", "b", "c"], to: 1)
        #expect(node == ["a": ["b": ["c": 1]]])
        node.set(["a", "x", "y"], to: nil)
        #expect(node == ["a": ["b": ["c": 1]]])
        node.set(["a", "b", "c"], to: nil)
        #expect(node == ["a": ["b": [:]]])
        #expect(node.at("a", "nope", "c") == nil)
        #expect(node["a"]?[0] == nil)
    }

    @Test func theLastOfEqualKeysStays() {
        let object = Object(members: [
            .init(key: "a", value: 1), .init(key: "b", value: 2), .init(key: "a", value: 3),
        ])
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == 3)
    }

    @Test func pathsReadAsUsersWriteThem() {
        #expect(
            FieldPath().appending("spec").appending("exportRules").appending(0).appending("type").description
                == "spec.exportRules[0].type")
        #expect(FieldPath("data", "a.b", "c").description == "data[\"a.b\"].c")
        #expect(
            FieldPath("metadata").appending(FieldPath("labels", "x/y")).description
                == "metadata.labels[\"x/y\"]")
        #expect(FieldPath().description == "")
        #expect(FieldPath("").description == "[\"\"]")
    }

    @Test func findingsLeaveOutWhatIsUnknown() {
        let path = FieldPath("spec", "x")
        #expect(
            Finding(file: "f.yaml", position: Position(line: 3, column: 4), path: path, message: "bad")
                .description
                == "f.yaml:3:4: spec.x: bad")
        #expect(Finding(position: Position(line: 3, column: 4), message: "bad").description == "3:4: bad")
        #expect(Finding(file: "f", message: "bad").description == "f: bad")
        #expect(Finding(path: path, message: "bad").description == "spec.x: bad")
        #expect(Finding(message: "bad").description == "bad")
    }

    @Test func stringMapsAndListsKeepOnlyStrings() {
        let node: Node = ["a": "x", "b": 1, "c": ["p", 2, "q"]]
        #expect(node.stringMap == ["a": "x"])
        #expect(node["c"]?.strings == ["p", "q"])
        #expect(Node(["b": "2", "a": "1"]).object?.keys == ["a", "b"])
    }
}
