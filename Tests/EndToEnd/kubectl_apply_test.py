#!/usr/bin/env python3
"""What real kubectl, old and new, writes to the API server. Runs with `python3 -m unittest` and with pytest."""

import json
import os
import subprocess
import unittest

from kubectl_server import EXPORTS, MEMBER_ROLL, OLD, PEER, SERVICE, Client


class Commands(Client):
    """What both kubectls must do."""

    # create

    def test_create_verbs(self):
        self.ok("create", "configmap", "ca", "--from-literal=root-cert.pem=PEM", "--from-literal=b=2")
        self.assertEqual(self.json("configmap", "ca")["data"], {"root-cert.pem": "PEM", "b": "2"})
        self.ok("create", "secret", "generic", "s", "--from-literal=k=v")
        secret = self.json("secret", "s")
        self.assertEqual((secret["type"], secret["data"]), ("Opaque", {"k": "dg=="}))
        self.ok("create", "serviceaccount", "sa")
        self.ok("create", "service", "clusterip", "svc", "--tcp=80:8080")
        port = self.json("service", "svc")["spec"]["ports"][0]
        self.assertEqual((port["port"], port["targetPort"], port["protocol"]), (80, 8080, "TCP"))
        self.ok("create", "deployment", "d", "--image=i", "--replicas=2")
        spec = self.json("deployment", "d")["spec"]
        self.assertEqual(spec["replicas"], 2)
        self.assertEqual(spec["template"]["spec"]["containers"][0]["image"], "i")

    def test_create_twice_and_without_namespace(self):
        self.assertIn("AlreadyExists", self.fails("create", "namespace", self.namespace))
        self.ok("create", "configmap", "a", "--from-literal=a=1")
        self.assertIn(
            'configmaps "a" already exists', self.fails("create", "configmap", "a", "--from-literal=a=1"))
        text = self.fails("-n", "nowhere", "create", "configmap", "a", "--from-literal=a=1", namespace=False)
        self.assertIn('namespaces "nowhere" not found', text)

    def test_bad_names_are_refused(self):
        text = self.fails("create", "configmap", "Bad_Name", "--from-literal=a=1")
        self.assertIn("metadata.name", text)
        self.assertIn("Invalid", text)

    def test_from_file_and_dry_run(self):
        path = os.path.join(self.server.directory, self.namespace + ".pem")
        with open(path, "w", encoding="ascii") as file:
            file.write("-----BEGIN CERTIFICATE-----\n")
        self.ok("create", "configmap", "root", "--from-file=root-cert.pem=" + path)
        self.assertEqual(
            self.ok("get", "configmap", "root", "-o", "jsonpath={.data.root-cert\\.pem}"),
            "-----BEGIN CERTIFICATE-----\n")
        if self.is_new:
            # The old client looks for dry run in an OpenAPI v2 document, which is empty here.
            self.ok("create", "configmap", "never", "--from-literal=a=1", "--dry-run=server")
            self.assertIn("NotFound", self.fails("get", "configmap", "never"))

    # apply

    def test_apply_stdin_is_created_unchanged_configured(self):
        for kind, text, changed in [
            ("servicemeshpeer.federation.maistra.io/west", PEER.format(namespace=self.namespace),
             PEER.format(namespace=self.namespace).replace("west.local\n", "far.local\n")),
            ("service/web", SERVICE.format(target=9000), SERVICE.format(target=9001)),
            ("servicemeshmemberroll.maistra.io/default", MEMBER_ROLL, MEMBER_ROLL.replace("[bookinfo]", "[a, b]")),
        ]:
            self.assertIn(kind + " created", self.ok("apply", "-f", "-", stdin=text))
            self.assertIn(kind + " unchanged", self.ok("apply", "-f", "-", stdin=text))
            self.assertIn(kind + " configured", self.ok("apply", "-f", "-", stdin=changed))
            self.assertIn(kind + " unchanged", self.ok("apply", "-f", "-", stdin=changed))
        self.assertEqual(self.json("service", "web")["spec"]["ports"][1]["targetPort"], 9001)

    def test_apply_directory_file_and_list(self):
        directory = os.path.join(self.server.directory, self.namespace)
        os.makedirs(os.path.join(directory, "sub"))
        with open(os.path.join(directory, "a.yaml"), "w", encoding="utf8") as file:
            file.write(PEER.format(namespace=self.namespace) + "---\n" + SERVICE.format(target=9000))
        with open(os.path.join(directory, "sub", "b.yaml"), "w", encoding="utf8") as file:
            file.write(MEMBER_ROLL)
        output = self.ok("apply", "-f", directory)
        self.assertIn("servicemeshpeer", output)
        self.assertIn("service/web created", output)
        self.assertNotIn("memberroll", output)
        self.assertIn("memberroll", self.ok("apply", "-R", "-f", directory))
        self.ok("apply", "-f", os.path.join(directory, "a.yaml"))
        items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l%d" % i}} for i in range(3)]
        output = self.ok("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        self.assertEqual(output.count("created"), 3)

    def test_apply_reports_every_wrong_field(self):
        text = """
apiVersion: federation.maistra.io/v1
kind: ExportedServiceSet
metadata: {name: west}
spec:
  exportRules:
  - nameSelector: {namespace: 5}
"""
        error = self.fails("apply", "-f", "-", stdin=text)
        self.assertIn("spec.exportRules[0].type", error)
        self.assertIn("spec.exportRules[0].nameSelector.namespace", error)

    def test_unknown_fields_are_refused_by_default(self):
        text = PEER.format(namespace=self.namespace).replace("remote:", "remotes:\n    x: 1\n  remote:")
        if self.is_new:
            self.assertIn('unknown field "spec.remotes"', self.fails("apply", "-f", "-", stdin=text))
            result = self.run_kubectl("apply", "--validate=warn", "-f", "-", stdin=text)
            self.assertIn('unknown field "spec.remotes"', result.stderr)
            self.assertEqual(result.returncode, 0)
        else:
            # This client does not ask for strict validation: a warning, and the field is gone.
            self.ok("apply", "-f", "-", stdin=text)
        self.assertNotIn("remotes", self.json("servicemeshpeer", "west")["spec"])

    def test_the_alias_of_published_manifests_is_taken(self):
        text = EXPORTS.format(namespace=self.namespace, alias="alias: {namespace: x, name: y}")
        result = self.run_kubectl("apply", "-f", "-", stdin=text)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("alias", result.stderr)

    def test_unknown_kind_and_version(self):
        text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"
        self.assertIn("no matches for kind", self.fails("apply", "-f", "-", stdin=text))
        self.assertIn("the server doesn't have a resource type", self.fails("get", "things"))

    def test_replace_edit_patch_label_annotate_scale(self):
        self.ok("apply", "-f", "-", stdin=SERVICE.format(target=9000))
        self.ok("label", "service", "web", "tier=front")
        self.ok("annotate", "service", "web", "note=one")
        self.assertEqual(self.json("service", "web")["metadata"]["labels"]["tier"], "front")
        self.ok("label", "service", "web", "tier-")
        self.assertNotIn("tier", self.json("service", "web")["metadata"]["labels"])
        self.ok("patch", "service", "web", "-p", '{"spec":{"ports":[{"port":80,"targetPort":8081}]}}')
        ports = self.json("service", "web")["spec"]["ports"]
        self.assertEqual([(p["port"], p["targetPort"]) for p in ports], [(80, 8081), (9000, 9000)])
        self.ok("patch", "service", "web", "--type=json", "-p", '[{"op":"remove","path":"/spec/ports/1"}]')
        self.ok("patch", "service", "web", "--type=merge", "-p", '{"metadata":{"labels":{"x":"y"}}}')
        self.assertIn("(no change)", self.ok("patch", "service", "web", "--type=merge", "-p", '{}'))
        document = self.json("service", "web")
        document["metadata"]["labels"]["replaced"] = "yes"
        self.ok("replace", "-f", "-", stdin=json.dumps(document))
        self.assertIn("Conflict", self.fails("replace", "-f", "-", stdin=json.dumps(document)))
        self.ok("create", "deployment", "d", "--image=i")
        self.ok("scale", "deployment", "d", "--replicas=3")
        self.assertEqual(self.json("deployment", "d")["spec"]["replicas"], 3)
        self.ok("set", "image", "deployment/d", "i=j")
        self.ok("apply", "-f", "-", stdin=PEER.format(namespace=self.namespace))
        self.assertRegex(
            self.fails("patch", "servicemeshpeer", "west", "-p", '{"spec":{}}'), "is not supported|unknown format")

    def test_edit(self):
        self.ok("create", "configmap", "e", "--from-literal=a=before")
        environment = dict(
            os.environ, KUBECONFIG=self.server.kubeconfig, HOME=os.path.join(self.server.directory, self.id()),
            EDITOR="sed -i s/before/after/", KUBE_EDITOR="sed -i s/before/after/")
        result = subprocess.run(
            [self.kubectl, "-n", self.namespace, "edit", "configmap", "e"], env=environment, capture_output=True,
            text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.json("configmap", "e")["data"]["a"], "after")

    def test_status_is_not_written_by_apply(self):
        text = MEMBER_ROLL + "status: {conditions: [{type: Ready, status: 'True'}]}\n"
        self.ok("apply", "-f", "-", stdin=text)
        self.assertNotIn("conditions", self.json("smmr", "default").get("status") or {})


class NewKubectlApplyTest(Commands, unittest.TestCase):
    """The newest kubectl: aggregated discovery, strict validation by the server, protobuf bodies."""

    def test_diff(self):
        self.ok("apply", "-f", "-", stdin=SERVICE.format(target=9000))
        result = self.run_kubectl("diff", "-f", "-", stdin=SERVICE.format(target=9000))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = self.run_kubectl("diff", "-f", "-", stdin=SERVICE.format(target=9001))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("+    targetPort: 9001", result.stdout)

    def test_server_side_apply_is_refused(self):
        text = self.fails("apply", "--server-side", "-f", "-", stdin=MEMBER_ROLL)
        self.assertIn("unknown format", text)


@unittest.skipUnless(OLD, "HANSE_KUBECTL_OLD is not set")
class OldKubectlApplyTest(Commands, unittest.TestCase):
    """An old kubectl: legacy discovery, validation by the client, JSON bodies."""

    kubectl = OLD
    is_new = False


if __name__ == "__main__":
    unittest.main()
