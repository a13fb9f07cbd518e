import Resources
import Testing

/// Fields that no schema knows, in strict and in warning validation.
@Suite struct UnknownFieldTests {
    @Test(arguments: [
        (ResourceType.configMap, "daata: {a: b}", "unknown field \"daata\""),
        (.service, "spec: {ports: [{port: 80, nodport: 1}]}", "unknown field \"spec.ports[0].nodport\""),
        (.serviceMeshPeer, "spec: {remote: {adresses: [a]}}", "unknown field \"spec.remote.adresses\""),
        (.serviceMeshControlPlane, "spec: {gateway: {}}", "unknown field \"spec.gateway\""),
        (
            .virtualService, "spec: {hosts: [x], http: [{routes: [], route: [{destination: {host: b}}]}]}",
            "unknown field \"spec.http[0].routes\""
        ),
    ])
    func unknownFieldsAreNamed(_ type: ResourceType, _ rest: String, _ expected: String) throws {
        let strict = try Support.validate(BadManifestTests.head(type) + rest, .strict)
        #expect(strict.error?.code == 400)
        #expect(strict.error?.message.hasSuffix("strict decoding error: " + expected) == true)
        #expect(try Support.validate(BadManifestTests.head(type) + rest, .warn).warnings == [expected])
    }

    @Test func oneAnswerNamesUnknownAndWrongFields() throws {
        let rest = "spec: {hosts: [x], http: [{rout: [], timeout: soon, route: [{destination: {host: b}}]}]}"
        let error = try #require(
            try Support.validate(BadManifestTests.head(.virtualService) + rest, .strict).error)
        #expect(
            error.message
                == "VirtualService in version \"v1\" cannot be handled as a VirtualService: strict decoding error: "
                + "unknown field \"spec.http[0].rout\"; besides: spec.http[0].timeout: Invalid value: \"soon\": "
                + "spec.http[0].timeout in body must be of type duration: \"soon\"")
    }
}
