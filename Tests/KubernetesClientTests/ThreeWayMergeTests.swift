import Document
import KubernetesClient
import Testing

@Suite struct ThreeWayMergeTests {
    let custom = ThreeWayMerge(kind: "ServiceMeshPeer", isCustom: true)
    let service = ThreeWayMerge(kind: "Service", isCustom: false)

    @Test func fieldsOfTheLastManifestGoAndOthersStay() {
        let original: Node = ["spec": ["a": 1, "b": 2]]
        let modified: Node = ["spec": ["a": 5, "c": 3]]
        let current: Node = ["spec": ["a": 1, "b": 2, "server": "x"], "status": ["ready": true]]
        let desired = custom.merge(original: original, modified: modified, current: current)
        #expect(desired == ["spec": ["a": 5, "c": 3, "server": "x"], "status": ["ready": true]])
        #expect(ThreeWayMerge.patch(from: current, to: desired) == ["spec": ["a": 5, "c": 3, "b": .null]])
    }

    @Test func nothingNewIsAnEmptyPatch() {
        let manifest: Node = ["spec": ["list": [1, ["x": 2]]]]
        let current: Node = ["spec": ["list": [1, ["x": 2]], "defaulted": 7]]
        let desired = custom.merge(original: manifest, modified: manifest, current: current)
        #expect(ThreeWayMerge.patch(from: current, to: desired) == [:])
    }

    @Test func nullsInTheManifestRemove() {
        let desired = custom.merge(
            original: .null, modified: ["spec": ["a": .null, "new": ["x": .null, "y": 1]]],
            current: ["spec": ["a": 1]])
        #expect(desired == ["spec": ["new": ["y": 1]]])
    }

    @Test func listsOfCustomKindsAreReplaced() {
        let desired = custom.merge(
            original: nil, modified: ["spec": ["ports": [["port": 1]]]],
            current: ["spec": ["ports": [["port": 1, "protocol": "TCP"]]]])
        #expect(desired == ["spec": ["ports": [["port": 1]]]])
    }

    @Test func portsOfServicesMergeByPort() {
        let manifest: Node = ["spec": ["ports": [["port": 80, "name": "http"], ["port": 443]]]]
        let current: Node = [
            "spec": [
                "ports": [
                    ["port": 80, "name": "http", "protocol": "TCP", "targetPort": 80],
                    ["port": 443, "protocol": "TCP", "targetPort": 443],
                ], "clusterIP": "127.0.11.3",
            ]
        ]
        #expect(service.merge(original: manifest, modified: manifest, current: current) == current)
        let fewer: Node = ["spec": ["ports": [["port": 80, "targetPort": 9090]]]]
        #expect(
            service.merge(original: manifest, modified: fewer, current: current) == [
                "spec": [
                    "ports": [["port": 80, "protocol": "TCP", "targetPort": 9090]], "clusterIP": "127.0.11.3",
                ]
            ])
    }

    @Test func portsOfOneNumberAndTwoProtocolsAreTwo() {
        let manifest: Node = [
            "spec": ["ports": [["port": 53, "protocol": "UDP"], ["port": 53, "protocol": "TCP"]]]
        ]
        let current: Node = [
            "spec": [
                "ports": [
                    ["port": 53, "protocol": "UDP", "targetPort": 53],
                    ["port": 53, "protocol": "TCP", "targetPort": 53],
                ]
            ]
        ]
        #expect(service.merge(original: manifest, modified: manifest, current: current) == current)
    }

    @Test func foreignElementsAndFinalizersStay() {
        let original: Node = ["metadata": ["finalizers": ["mine"]], "spec": ["ports": [["port": 80]]]]
        let modified: Node = ["metadata": ["finalizers": ["new"]], "spec": ["ports": [["port": 80]]]]
        let current: Node = [
            "metadata": ["finalizers": ["mine", "theirs"]], "spec": ["ports": [["port": 80], ["port": 9]]],
        ]
        #expect(
            service.merge(original: original, modified: modified, current: current) == [
                "metadata": ["finalizers": ["new", "theirs"]],
                "spec": ["ports": [["port": 80], ["port": 9]]],
            ])
    }

    @Test func containersMergeByName() {
        let deployment = ThreeWayMerge(kind: "Deployment", isCustom: false)
        func document(_ containers: Node) -> Node {
            ["spec": ["template": ["spec": ["containers": containers]]]]
        }
        let original = document([
            ["name": "a", "env": [["name": "X", "value": "1"], ["name": "Y", "value": "1"]]]
        ])
        let modified = document([["name": "a", "env": [["name": "X", "value": "2"]]]])
        let current = document([
            [
                "name": "a", "image": "i",
                "env": [
                    ["name": "X", "value": "1"], ["name": "Y", "value": "1"], ["name": "Z", "value": "9"],
                ],
            ],
            ["name": "sidecar"],
        ])
        #expect(
            deployment.merge(original: original, modified: modified, current: current)
                == document([
                    [
                        "name": "a", "image": "i",
                        "env": [["name": "X", "value": "2"], ["name": "Z", "value": "9"]],
                    ], ["name": "sidecar"],
                ]))
    }

    @Test func theAnnotationHoldsTheManifestWithoutItself() {
        let manifest: Node = [
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "a"], "data": ["k": "<&>"],
        ]
        let annotated = LastApplied.annotated(manifest)
        #expect(
            annotated.at("metadata", "annotations", LastApplied.annotation)?.string
                == "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"\\u003c\\u0026\\u003e\"},\"kind\":\"ConfigMap\","
                + "\"metadata\":{\"annotations\":{},\"name\":\"a\"}}\n")
        #expect(LastApplied.manifest(of: annotated)?["data"] == ["k": "<&>"])
        #expect(LastApplied.annotated(annotated) == annotated)
        #expect(LastApplied.manifest(of: manifest) == nil)
    }
}
