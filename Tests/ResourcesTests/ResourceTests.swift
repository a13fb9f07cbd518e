import Document
import Resources
import Testing

@Suite struct ResourceTests {
    @Test func keepsWhatItDoesNotRead() throws {
        let text = """
            kind: Deployment
            apiVersion: apps/v1
            metadata: {name: details, labels: {app: details}}
            spec: {selector: {}, template: {spec: {containers: [{name: a, lifecycle: {preStop: {exec: {command: [x]}}}}]}}}
            """
        let resource = try Support.resource(text)
        #expect(resource.type == .deployment)
        let result = try Support.validate(text)
        #expect(result.error == nil)
        #expect(result.resource.node == resource.node)
    }

    @Test func metadataReadsAndWrites() {
        var resource = Resource(type: .service, namespace: "a", name: "b")
        #expect(resource.key == ObjectKey(namespace: "a", name: "b"))
        #expect(resource.resourceVersion == nil)
        resource.resourceVersion = ResourceVersion(7)
        resource.labels["x"] = "y"
        resource.finalizers = ["f"]
        resource.generation = 3
        #expect(resource.node.at("metadata", "resourceVersion")?.string == "7")
        #expect(resource.node.at("metadata", "labels", "x")?.string == "y")
        resource.labels = [:]
        resource.finalizers = []
        resource.resourceVersion = nil
        resource.generation = 0
        #expect(resource.node.at("metadata")?.object?.keys == ["name", "namespace"])
    }

    @Test func ownersReadBackAsWritten() {
        var owner = Resource(type: .serviceMeshControlPlane, namespace: "a", name: "mesh")
        owner.uid = "u1"
        var resource = Resource(type: .service, namespace: "a", name: "b")
        resource.ownerReferences = [OwnerReference(controller: owner)]
        #expect(resource.ownerReferences.first?.isController == true)
        #expect(resource.ownerReferences.first?.apiVersion == "maistra.io/v2")
        #expect(resource.ownerReferences.first?.uid == "u1")
    }

    @Test(arguments: [
        ("[]", "the document is not an object with apiVersion and kind"),
        ("apiVersion: v1", "Object 'Kind' is missing in the document"),
        ("kind: Service", "Object 'apiVersion' is missing in the Service"),
        ("{kind: Servise, apiVersion: v1}", "no matches for kind \"Servise\" in version \"v1\""),
        ("{kind: 5, apiVersion: v1}", "Object 'Kind' is missing in the document"),
    ])
    func saysWhyADocumentIsNoResource(_ text: String, _ message: String) throws {
        #expect(throws: ResourceError.badRequest(message)) { try Support.resource(text) }
    }

    @Test(arguments: ["", "-1", "+1", "01", "1.5", "18446744073709551616", " 1"])
    func refusesOddVersions(_ text: String) {
        #expect(ResourceVersion(text) == nil)
    }

    @Test func versionsAreCounted() throws {
        #expect(try #require(ResourceVersion("9")) < ResourceVersion(10))
        #expect(ResourceVersion("18446744073709551615")?.value == UInt64.max)
        #expect(ResourceVersion("0") == .zero)
    }
}
