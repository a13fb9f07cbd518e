import Document
import Resources
import Testing

/// The structural schemas themselves, on a definition of the tests' own.
@Suite struct SchemaTests {
    static let crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: servicemeshmembers.maistra.io}
        spec:
          group: maistra.io
          names: {kind: ServiceMeshMember}
          versions:
          - name: v1
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    required: [must]
                    properties:
                      must: {type: string, minLength: 2, maxLength: 4}
                      count: {type: integer, minimum: 0, maximum: 10, format: int32}
                      share: {type: number, minimum: 0}
                      switch: {type: boolean, default: true}
                      mode: {type: string, enum: [A, B], default: A}
                      nothing: {type: string, nullable: true}
                      either: {x-kubernetes-int-or-string: true}
                      free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: object, properties: {a: {type: string}}}}}
                      map: {type: object, additionalProperties: {type: integer}}
                      empty: {type: object}
                      set: {type: array, x-kubernetes-list-type: set, items: {type: string}, maxItems: 3}
                      keyed: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}, v: {type: string, default: d}}}}
                      some: {type: array, minItems: 1, items: {type: string}}
                      when: {type: string, format: date-time}
                      wait: {type: string, format: duration}
                      old: {description: 'Deprecated: use must.', type: string}
                      nested: {type: object, default: {}, properties: {x: {type: integer, default: 7}}}
        """

    static func check(_ spec: String, _ mode: FieldValidation = .warn) throws -> ValidationResult {
        let registry = try SchemaRegistry(crds: try Support.documents(crd))
        let resource = try Support.resource(
            """
            apiVersion: maistra.io/v1
            kind: ServiceMeshMember
            metadata: {name: default, namespace: a}
            spec: \(spec)
            """)
        return registry.validate(resource, mode: mode)
    }

    @Test(arguments: [
        ("{}", ["spec.must: Required value"]),
        (
            "{must: 5}",
            [#"spec.must: Invalid value: "integer": spec.must in body must be of type string: "integer""#]
        ),
        ("{must: a}", [#"spec.must: Invalid value: "a": spec.must in body should be at least 2 chars long"#]),
        ("{must: abcde}", ["spec.must: Too long: may not be longer than 4"]),
        (
            "{must: ab, count: 11}",
            ["spec.count: Invalid value: 11: spec.count in body should be less than or equal to 10"]
        ),
        (
            "{must: ab, count: -1}",
            ["spec.count: Invalid value: -1: spec.count in body should be greater than or equal to 0"]
        ),
        (
            "{must: ab, count: 1.5}",
            [#"spec.count: Invalid value: "number": spec.count in body must be of type integer: "number""#]
        ),
        ("{must: ab, mode: C}", [#"spec.mode: Unsupported value: "C": supported values: "A", "B""#]),
        (
            "{must: ab, either: []}",
            [
                #"spec.either: Invalid value: "array": spec.either in body must be of type integer or string: "array""#
            ]
        ),
        (
            "{must: ab, map: {a: x}}",
            [#"spec.map.a: Invalid value: "string": spec.map.a in body must be of type integer: "string""#]
        ),
        ("{must: ab, set: [a, b, a]}", [#"spec.set[2]: Duplicate value: "a""#]),
        ("{must: ab, set: [a, b, c, d]}", ["spec.set: Too many: 4: must have at most 3 items"]),
        ("{must: ab, keyed: [{k: a}, {k: a}]}", [#"spec.keyed[1]: Duplicate value: {"k":"a"}"#]),
        (
            "{must: ab, some: []}",
            ["spec.some: Invalid value: 0: spec.some in body should have at least 1 items"]
        ),
        (
            "{must: ab, when: yesterday}",
            [
                #"spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday""#
            ]
        ),
        (
            "{must: ab, wait: 5}",
            [#"spec.wait: Invalid value: "integer": spec.wait in body must be of type string: "integer""#]
        ),
        (
            "{must: ab, wait: '5'}",
            [#"spec.wait: Invalid value: "5": spec.wait in body must be of type duration: "5""#]
        ),
        ("[]", [#"spec: Invalid value: "array": spec in body must be of type object: "array""#]),
        (
            "{count: x, mode: C, set: [1]}",
            [
                #"spec.count: Invalid value: "string": spec.count in body must be of type integer: "string""#,
                #"spec.mode: Unsupported value: "C": supported values: "A", "B""#,
                #"spec.set[0]: Invalid value: "integer": spec.set[0] in body must be of type string: "integer""#,
                "spec.must: Required value",
            ]
        ),
        (
            "{must: ab, count: 2.0, share: 1, either: x, wait: 1m30s, when: '2024-01-02T03:04:05Z', set: [a]}",
            []
        ),
    ])
    func reportsEveryProblem(_ spec: String, _ expected: [String]) throws {
        #expect(try Self.check(spec).causes.map(\.description) == expected)
    }

    @Test func fillsInDefaultsAlsoBelowDefaults() throws {
        let spec = try #require(try Self.check("{must: ab, keyed: [{k: a}]}").resource.spec)
        #expect(spec["switch"]?.bool == true)
        #expect(spec["mode"]?.string == "A")
        #expect(spec.at("nested", "x")?.int == 7)
        #expect(spec["keyed"]?[0]?["v"]?.string == "d")
        #expect(spec["count"] == nil)
    }

    @Test func nullMeansAbsentUnlessItIsAValue() throws {
        let result = try Self.check("{must: ab, nothing: null, count: null, mode: null}", .strict)
        #expect(result.error == nil)
        #expect(result.resource.spec?["nothing"]?.isNull == true)
        #expect(result.resource.spec?["count"] == nil)
        #expect(result.resource.spec?["mode"]?.string == "A")
        #expect(try Self.check("{must: null}").causes.map(\.description) == ["spec.must: Required value"])
    }

    @Test func prunesWhatItDoesNotKnow() throws {
        let result = try Self.check(
            "{must: ab, typo: 1, empty: {a: 1}, free: {x: 1, known: {a: b, c: d}}, keyed: [{k: a, z: 1}]}")
        #expect(
            result.unknownFields.map(\.description) == [
                "spec.typo", "spec.empty.a", "spec.free.known.c", "spec.keyed[0].z",
            ])
        #expect(result.error == nil)
        #expect(result.resource.spec?["typo"] == nil)
        #expect(result.resource.spec?.at("free", "x")?.int == 1)
        #expect(result.resource.spec?.at("free", "known") == ["a": "b"])
    }

    @Test func modesDecideWhatIsSaid() throws {
        let spec = "{must: ab, typo: 1, old: x}"
        let warn = try Self.check(spec, .warn)
        #expect(warn.warnings == ["unknown field \"spec.typo\"", "spec.old is deprecated: use must."])
        let ignore = try Self.check(spec, .ignore)
        #expect(ignore.warnings.isEmpty && ignore.error == nil)
        let strict = try Self.check("{must: ab, typo: 1, typa: 2}", .strict)
        #expect(
            strict.error?.message
                == "ServiceMeshMember in version \"v1\" cannot be handled as a ServiceMeshMember: strict decoding error: unknown field \"spec.typo\", unknown field \"spec.typa\""
        )
        #expect(strict.error?.code == 400)
    }

    @Test func problemsKnowTheirPlace() throws {
        let registry = try SchemaRegistry(crds: try Support.documents(Self.crd))
        let resource = try Support.resource(
            "apiVersion: maistra.io/v1\nkind: ServiceMeshMember\nmetadata: {name: default}\nspec:\n  must: 5\n"
        )
        let finding = try #require(registry.validate(resource).problems.first?.finding)
        #expect(finding.position == Position(line: 5, column: 9))
        #expect(finding.path?.description == "spec.must")
    }

    @Test(arguments: [
        "{type: object, oneOf: []}", "{type: string, pattern: x}", "{type: text}", "{}",
        "{type: object, properties: {a: {type: array, items: {type: object, not: {}}}}}",
    ])
    func refusesSchemasItCannotEnforce(_ text: String) {
        #expect(throws: DocumentError.self) { try Support.schema(text) }
    }
}
