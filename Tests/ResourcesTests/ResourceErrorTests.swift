import Document
import Resources
import Testing

@Suite struct ResourceErrorTests {
    static func json(_ error: ResourceError) -> String { JSON.serialize(error.statusNode) }

    @Test func missingObject() {
        #expect(
            Self.json(.notFound(.serviceMeshPeer, "x"))
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"servicemeshpeers.federation.maistra.io \"x\" not found","reason":"NotFound","details":{"name":"x","group":"federation.maistra.io","kind":"servicemeshpeers"},"code":404}"#
        )
        #expect(ResourceError.notFound(.namespace, "x").message == "namespaces \"x\" not found")
        #expect(ResourceError.notFound(.namespace, "x").details?.node(has: "group") == false)
    }

    @Test func conflicts() {
        #expect(ResourceError.alreadyExists(.configMap, "x").message == "configmaps \"x\" already exists")
        #expect(
            ResourceError.conflict(.configMap, "x").message
                == "Operation cannot be fulfilled on configmaps \"x\": the object has been modified; please apply your changes to the latest version and try again"
        )
        #expect(ResourceError.conflict(.configMap, "x").isConflict)
    }

    @Test func invalidObjectsListTheirCauses() {
        let one = ResourceError.Cause.required("spec.exportRules[0].type")
        let two = ResourceError.Cause.typeInvalid("spec.x", expected: "string", found: "integer")
        #expect(
            ResourceError.invalid(.exportedServiceSet, "x", causes: [one]).message
                == "ExportedServiceSet.federation.maistra.io \"x\" is invalid: spec.exportRules[0].type: Required value"
        )
        let both = ResourceError.invalid(.exportedServiceSet, "x", causes: [one, two])
        #expect(
            both.message
                == "ExportedServiceSet.federation.maistra.io \"x\" is invalid: [spec.exportRules[0].type: Required value, spec.x: Invalid value: \"integer\": spec.x in body must be of type string: \"integer\"]"
        )
        #expect(both.details?.kind == "ExportedServiceSet")
        #expect(both.code == 422)
    }

    @Test func terminatingNamespaces() {
        let error = ResourceError.namespaceTerminating(.configMap, "x", namespace: "n")
        #expect(
            error.message
                == "configmaps \"x\" is forbidden: unable to create new content in namespace n because it is being terminated"
        )
        #expect(error.causes.first?.reason == "NamespaceTerminating")
    }

    @Test func oldVersions() {
        let error = ResourceError.expired(requested: ResourceVersion(1), oldest: ResourceVersion(534))
        #expect(error.message == "too old resource version: 1 (534)")
        #expect(error.isExpired && error.code == 410)
    }

    @Test(arguments: [
        ResourceError.notFound(.service, "a"), .conflict(.service, "a"), .unauthorized, .methodNotAllowed,
        .invalid(.service, "a", causes: [.required("spec.ports")]), .expired(requested: .zero, oldest: .zero),
        .tooLargeResourceVersion(requested: ResourceVersion(9), current: ResourceVersion(1)),
        .badRequest("x"),
        .namespaceTerminating(.service, "a", namespace: "n"),
    ])
    func statusDocumentsReadBack(_ error: ResourceError) {
        #expect(ResourceError(statusNode: error.statusNode) == error)
    }

    @Test func successIsNoError() {
        #expect(ResourceError(statusNode: ["kind": "Status", "status": "Success"]) == nil)
        #expect(ResourceError(statusNode: ["kind": "Service"]) == nil)
    }
}

extension ResourceError.Details {
    fileprivate func node(has key: String) -> Bool {
        ResourceError(code: 0, reason: "", message: "", details: self).statusNode["details"]?[key] != nil
    }
}
