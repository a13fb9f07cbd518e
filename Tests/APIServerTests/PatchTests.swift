import Document
import Resources
import Testing

@testable import APIServer

/// RFC 7386, RFC 6902 and Kubernetes' strategic merge.
@Suite struct PatchTests {
    static func parse(_ text: String) throws -> Node { try JSON.parse(text) }

    @Test(arguments: [
        // RFC 7386, appendix A.
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, #"null"#, #"null"#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ]) func mergePatchFollowsItsStandard(target: String, patch: String, result: String) throws {
        #expect(
            MergePatch.apply(try Self.parse(patch), to: try Self.parse(target)) == (try Self.parse(result)))
    }

    @Test func mergePatchOfManyMembersIsFast() throws {
        var object = Object(members: (0..<50_000).map { Object.Member(key: "k\($0)", value: 1) })
        let target = Node(.object(object))
        object = Object(members: (25_000..<75_000).map { Object.Member(key: "k\($0)", value: 2) })
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(MergePatch.apply(Node(.object(object)), to: target).object?.count == 75_000)
        }
        #expect(time < .seconds(20), "by comparing each with each it takes minutes")
    }

    @Test(arguments: [
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (
            #"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"q"}]"#,
            #"{"foo":["bar","q","baz"]}"#
        ),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["a","b","c"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["a","c"]}"#),
        (#"{"baz":"qux"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#, #"{"baz":"boo"}"#),
        (
            #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
        ),
        (
            #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["all","cows","eat","grass"]}"#
        ),
        (
            #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#
        ),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/child","value":{"g":{}}}]"#,
            #"{"foo":"bar","child":{"g":{}}}"#
        ),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
            #"{"foo":"bar","baz":"qux"}"#
        ),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
        (
            #"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            #"{"foo":["bar",["abc","def"]]}"#
        ),
        (#"{"a":1}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":1,"b":1}"#),
        (#"{"a":1}"#, #"[{"op":"replace","path":"","value":{"b":2}}]"#, #"{"b":2}"#),
    ]) func jsonPatchFollowsItsStandard(target: String, patch: String, result: String) throws {
        let patched = try JSONPatch(try Self.parse(patch)).apply(to: try Self.parse(target))
        #expect(patched == (try Self.parse(result)))
    }

    @Test(arguments: [
        #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, #"[{"op":"test","path":"/foo","value":"x"}]"#,
        #"[{"op":"remove","path":"/none"}]"#, #"[{"op":"replace","path":"/none","value":1}]"#,
        #"[{"op":"add","path":"/list/3","value":1}]"#, #"[{"op":"add","path":"/list/01","value":1}]"#,
        #"[{"op":"add","path":"/list/x","value":1}]"#, #"[{"op":"move","from":"/list","path":"/list/0"}]"#,
        #"[{"op":"remove","path":""}]"#, #"[{"op":"copy","from":"/none","path":"/a"}]"#,
    ]) func jsonPatchThatDoesNotFitIsInapplicable(patch: String) throws {
        let patch = try JSONPatch(try Self.parse(patch))
        let target = try Self.parse(#"{"foo":"bar","list":[1]}"#)
        #expect(throws: PatchError.self) { try patch.apply(to: target) }
    }

    @Test(arguments: [
        #"{}"#, #"[1]"#, #"[{"path":"/a"}]"#, #"[{"op":"spam","path":"/a"}]"#, #"[{"op":"add","path":"/a"}]"#,
        #"[{"op":"add","path":"a","value":1}]"#, #"[{"op":"add","path":"/~2","value":1}]"#,
        #"[{"op":"move","path":"/a"}]"#, #"[{"op":"add","path":7,"value":1}]"#,
    ]) func malformedJSONPatchIsRefused(patch: String) throws {
        let node = try Self.parse(patch)
        #expect(throws: PatchError.self) { try JSONPatch(node) }
    }

    @Test func jsonPatchCannotGrowWithoutBound() throws {
        let doubling = (0..<40).flatMap { _ in
            [#"{"op":"copy","from":"/a","path":"/b"}"#, #"{"op":"move","from":"/b","path":"/a/-"}"#]
        }
        let patch = try JSONPatch(try Self.parse("[\(doubling.joined(separator: ","))]"))
        let target = try Self.parse(#"{"a":[1,1,1]}"#)
        #expect(throws: PatchError.self) { try patch.apply(to: target) }
    }

    static func strategic(_ target: String, _ patch: String, _ type: ResourceType = .service) throws -> Node {
        let schema = try #require(StrategicSchema.forType(type))
        return try StrategicMergePatch.apply(try parse(patch), to: try parse(target), schema: schema)
    }

    @Test func strategicMergeFollowsTheDocumentedExample() throws {
        let target = """
            {"spec":{"ports":[{"port":80,"targetPort":80},{"port":443,"targetPort":443}],"selector":{"app":"web"}}}
            """
        let patch = """
            {"spec":{"$setElementOrder/ports":[{"port":80},{"port":9000}],"ports":[{"port":80,"targetPort":9090},
            {"name":"metrics","port":9000},{"$patch":"delete","port":443}],"selector":{"version":"v2"}}}
            """
        let expected = """
            {"spec":{"ports":[{"port":80,"targetPort":9090},{"name":"metrics","port":9000}],
            "selector":{"app":"web","version":"v2"}}}
            """
        #expect(try Self.strategic(target, patch) == (try Self.parse(expected)))
    }

    @Test(arguments: [
        // Objects merge, null deletes, scalars and unlisted lists replace.
        (#"{"a":{"b":1,"c":2}}"#, #"{"a":{"b":null,"d":3}}"#, #"{"a":{"c":2,"d":3}}"#),
        (#"{"subsets":[1,2]}"#, #"{"subsets":[3]}"#, #"{"subsets":[3]}"#),
        // Directives.
        (#"{"spec":{"a":1,"b":2}}"#, #"{"spec":{"$patch":"replace","c":3}}"#, #"{"spec":{"c":3}}"#),
        (#"{"spec":{"a":1,"b":2}}"#, #"{"spec":{"$patch":"delete"}}"#, #"{"spec":{}}"#),
        (
            #"{"spec":{"a":1,"b":2}}"#, #"{"spec":{"$retainKeys":["b","c"],"c":3}}"#,
            #"{"spec":{"b":2,"c":3}}"#
        ),
        (
            #"{"spec":{"ports":[{"port":1},{"port":2}]}}"#,
            #"{"spec":{"ports":[{"$patch":"replace"},{"port":3}]}}"#,
            #"{"spec":{"ports":[{"port":3}]}}"#
        ),
        // Finalizers are a set.
        (
            #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["b","c"]}}"#,
            #"{"metadata":{"finalizers":["a","b","c"]}}"#
        ),
        (
            #"{"metadata":{"finalizers":["a","b"]}}"#,
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b"]}}"#,
            #"{"metadata":{"finalizers":["b"]}}"#
        ),
        // Order: the named ones in their order, the others where they were.
        (
            #"{"spec":{"ports":[{"port":1},{"port":2},{"port":3}]}}"#,
            #"{"spec":{"$setElementOrder/ports":[{"port":3},{"port":1}],"ports":[{"port":3,"name":"x"}]}}"#,
            #"{"spec":{"ports":[{"port":2},{"port":3,"name":"x"},{"port":1}]}}"#
        ),
        // Directives are never stored, wherever they are.
        (#"{}"#, #"{"spec":{"$patch":"merge","x":{"$retainKeys":["y"],"y":1}}}"#, #"{"spec":{"x":{"y":1}}}"#),
    ]) func strategicMerge(target: String, patch: String, expected: String) throws {
        #expect(try Self.strategic(target, patch) == (try Self.parse(expected)))
    }

    @Test func strategicMergeReachesIntoPodTemplates() throws {
        let target = """
            {"spec":{"template":{"spec":{"containers":[{"name":"a","image":"i","env":[{"name":"X","value":"1"}]},
            {"name":"b","image":"j"}]}}}}
            """
        let patch = """
            {"spec":{"template":{"spec":{"containers":[{"name":"a","image":"k","env":[{"name":"Y","value":"2"}]}]}}}}
            """
        let result = try Self.strategic(target, patch, .deployment)
        let containers = try #require(result.at("spec", "template", "spec", "containers")?.array)
        #expect(containers.map { $0["image"]?.string } == ["k", "j"])
        #expect(containers[0]["env"]?.array?.count == 2)
    }

    @Test(arguments: [
        #"{"spec":{"ports":[{"name":"x"}]}}"#, #"{"spec":{"ports":[7]}}"#, #"{"spec":{"$patch":"explode"}}"#,
        #"{"spec":{"$retainKeys":"x"}}"#, #"{"spec":{"$setElementOrder/ports":{}}}"#, #"[]"#,
    ]) func malformedStrategicPatchIsRefused(patch: String) throws {
        #expect(throws: PatchError.self) { try Self.strategic(#"{"spec":{"ports":[{"port":1}]}}"#, patch) }
    }

    @Test func customKindsHaveNoStrategicRules() {
        #expect(StrategicSchema.forType(.serviceMeshPeer) == nil)
    }
}
