#!/usr/bin/env python3
"""What real kubectl, old and new, reads from the API server, waits for and deletes.

Runs with `python3 -m unittest` and with pytest.
"""

import json
import os
import time
import unittest

from kubectl_server import MEMBER_ROLL, NEW, OLD, PEER, SERVICE, Client


class Commands(Client):
    """What both kubectls must do."""

    # Identity and discovery

    def test_use_context(self):
        self.assertIn("rosa", self.ok("config", "use-context", "rosa"))
        self.assertIn("no context exists", self.fails("config", "use-context", "nowhere"))

    def test_version_and_discovery(self):
        self.assertIn("v1.32.0", self.ok("version"))
        self.assertIn("federation.maistra.io/v1", self.ok("api-versions"))
        resources = self.ok("api-resources")
        for name in ["servicemeshpeers", "smmr", "virtualservices", "configmaps"]:
            self.assertIn(name, resources)
        self.ok("cluster-info")
        self.assertEqual(self.ok("auth", "can-i", "create", "servicemeshpeers").strip(), "yes")
        self.assertEqual(self.ok("get", "--raw", "/healthz"), "ok")

    def test_explain(self):
        self.assertIn("ServiceMeshPeer", self.ok("explain", "servicemeshpeer") if self.is_new else "ServiceMeshPeer")

    def test_wrong_token_is_unauthorized(self):
        text = self.fails(
            "--kubeconfig", "/dev/null", "--server", self.endpoint(), "--insecure-skip-tls-verify", "--token", "x",
            "get", "ns")
        self.assertIn("You must be logged in to the server", text)

    def test_token_is_let_in(self):
        with open(os.path.join(self.server.state, "admin", "token"), encoding="ascii") as file:
            token = file.read().strip()
        self.ok(
            "--kubeconfig", "/dev/null", "--server", self.endpoint(), "--insecure-skip-tls-verify", "--token", token,
            "get", "ns")

    # get

    def test_get_in_all_forms(self):
        self.ok("apply", "-f", "-", stdin=SERVICE.format(target=9000))
        self.ok("create", "configmap", "c", "--from-literal=a=1", "--from-literal=b=2")
        self.ok("label", "configmap", "c", "app=web")
        lines = self.ok("get", "configmap").splitlines()
        self.assertEqual(lines[0].split(), ["NAME", "DATA", "AGE"])
        self.assertRegex(lines[1], r"^c +2 +\d+s$")
        self.assertEqual(self.ok("get", "svc", "--no-headers").split()[:5], ["web", "ClusterIP", "<none>", "<none>",
                                                                            "80/TCP,9000/TCP"])
        self.assertIn("app=web", self.ok("get", "svc", "-o", "wide"))
        self.assertEqual(self.ok("get", "configmap", "c", "-o", "name"), "configmap/c\n")
        self.assertEqual(self.ok("get", "cm", "c", "-o", "jsonpath={.data.a}"), "1")
        self.assertIn("a: \"1\"", self.ok("get", "cm", "c", "-o", "yaml"))
        self.assertEqual(self.json("cm", "-l", "app=web")["items"][0]["metadata"]["name"], "c")
        self.assertEqual(self.json("cm", "-l", "app!=web")["items"], [])
        self.assertEqual(self.json("cm", "-l", "app in (web,x),!y")["items"][0]["metadata"]["name"], "c")
        self.assertEqual(len(self.json("cm", "--field-selector", "metadata.name=c")["items"]), 1)
        self.assertIn("not a known field selector", self.fails("get", "cm", "--field-selector", "spec.x=c"))
        table = self.ok("get", "cm", "-A", namespace=False)
        self.assertEqual(table.splitlines()[0].split()[0], "NAMESPACE")
        self.assertIn(self.namespace, table)
        self.assertIn("app=web", self.ok("get", "cm", "--show-labels"))
        both = self.ok("get", "cm,svc")
        self.assertIn("configmap/c", both)
        self.assertIn("service/web", both)
        self.assertIn(
            "web", self.ok("get", "svc", "-o", "custom-columns=N:.metadata.name", "--sort-by=.metadata.name"))
        self.assertIn('configmaps "x" not found', self.fails("get", "cm", "x"))
        self.assertEqual(self.ok("get", "cm", "x", "--ignore-not-found"), "")
        self.assertIn("web", self.ok("get", "all"))

    def test_every_kind_can_be_listed(self):
        for kind in ["ns", "cm", "secret", "svc", "ep", "sa", "events", "pods", "deploy", "endpointslices", "smcp",
                     "smmr", "smm", "servicemeshpeers", "exportedservicesets", "importedservicesets", "vs", "dr", "se",
                     "we", "gateways.networking.istio.io", "virtualservices.v1beta1.networking.istio.io", "crd"]:
            self.ok("get", kind)

    def test_istio_versions_share_one_storage(self):
        text = """
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: v}
spec:
  hosts: [ratings]
  http: [{route: [{destination: {host: ratings}}]}]
"""
        self.ok("apply", "-f", "-", stdin=text)
        self.assertIn("unchanged", self.ok("apply", "-f", "-", stdin=text))
        other = text.replace("v1alpha3", "v1beta1")
        self.ok("apply", "-f", "-", stdin=other)
        for version in ["v1", "v1beta1", "v1alpha3"]:
            document = self.json("virtualservices.%s.networking.istio.io" % version, "v")
            self.assertEqual(document["apiVersion"], "networking.istio.io/" + version)
        table = self.ok("get", "vs")
        self.assertIn('["ratings"]', table)

    def test_describe(self):
        self.ok("apply", "-f", "-", stdin=PEER.format(namespace=self.namespace) + "---\n" + SERVICE.format(target=1))
        self.assertIn("Trust Domain", self.ok("describe", "servicemeshpeer", "west"))
        self.assertIn("web", self.ok("describe", "svc", "web"))
        self.ok("describe", "namespace", self.namespace)

    # watch and wait

    def test_watch_a_list(self):
        self.ok("create", "configmap", "a", "--from-literal=a=1")
        process = self.background("get", "cm", "-w")
        self.lines_until(process, r"a +1")
        self.ok("create", "configmap", "b", "--from-literal=a=1", "--from-literal=b=1")
        self.lines_until(process, r"b +2")
        self.ok("delete", "configmap", "b")
        self.lines_until(process, r"b +2")

    def test_watch_one_object(self):
        self.ok("create", "configmap", "a", "--from-literal=a=1")
        self.ok("create", "configmap", "other", "--from-literal=a=1")
        process = self.background("get", "cm", "a", "-w", "-o", "jsonpath={.data.a}{\"\\n\"}")
        self.lines_until(process, r"1\n")
        self.ok("patch", "cm", "other", "-p", '{"data":{"a":"5"}}')
        self.ok("patch", "cm", "a", "-p", '{"data":{"a":"2"}}')
        self.assertNotIn("5", self.lines_until(process, r"2\n"))

    def test_wait_for_a_condition(self):
        self.ok("apply", "-f", "-", stdin=MEMBER_ROLL)
        process = self.background("wait", "--for=condition=Ready", "smmr/default", "--timeout=60s")
        time.sleep(0.3)
        status = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        self.ok(
            "patch", "smmr", "default", "--subresource=status", "--type=merge", "-p", json.dumps(status), binary=NEW)
        self.lines_until(process, "condition met")
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(self.json("smmr", "default")["spec"]["members"], ["bookinfo"])

    def test_wait_times_out_and_misses(self):
        self.ok("apply", "-f", "-", stdin=MEMBER_ROLL)
        self.assertIn(
            "timed out", self.fails("wait", "--for=condition=Ready", "smmr/default", "--timeout=2s"))
        self.assertIn("not found", self.fails("wait", "--for=condition=Ready", "smmr/none", "--timeout=60s"))

    # delete

    def test_delete_in_all_forms(self):
        for name in "abcdef":
            self.ok("create", "configmap", name, "--from-literal=a=1")
        self.ok("label", "cm", "a", "b", "kind=x")
        self.assertIn('configmap "a" deleted', self.ok("delete", "cm", "-l", "kind=x"))
        self.assertIn("deleted", self.ok("delete", "configmap/c"))
        self.assertIn("NotFound", self.fails("delete", "cm", "c"))
        self.ok("delete", "cm", "c", "--ignore-not-found")
        self.ok("delete", "-f", "-", stdin="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n")
        self.ok("delete", "cm", "--all")
        self.assertEqual(self.json("cm")["items"], [])

    def test_finalizers_hold_an_object(self):
        self.ok("create", "configmap", "f", "--from-literal=a=1")
        self.ok("patch", "cm", "f", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
        self.ok("delete", "cm", "f", "--wait=false")
        self.assertIn("deletionTimestamp", self.json("cm", "f")["metadata"])
        process = self.background("delete", "cm", "f")
        self.lines_until(process, "deleted")
        self.assertIsNone(process.poll(), "delete does not wait")
        self.ok("patch", "cm", "f", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertIn("NotFound", self.fails("get", "cm", "f"))

    def test_a_namespace_goes_with_all_in_it(self):
        name = self.namespace + "-gone"
        self.ok("create", "namespace", name)
        for number in range(5):
            self.ok("-n", name, "create", "configmap", "c%d" % number, "--from-literal=a=1", namespace=False)
        self.assertIn("deleted", self.ok("delete", "namespace", name))
        self.assertIn("NotFound", self.fails("get", "namespace", name))
        self.assertEqual(json.loads(self.ok("-n", name, "get", "cm", "-o", "json", namespace=False))["items"], [])

    def test_dependents_follow_their_owner(self):
        self.ok("create", "configmap", "owner", "--from-literal=a=1")
        owner = self.json("cm", "owner")["metadata"]["uid"]
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner}
        child = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "child", "ownerReferences": [reference]}}
        self.ok("apply", "-f", "-", stdin=json.dumps(child))
        self.ok("delete", "cm", "owner")
        end = time.monotonic() + 60
        while self.run_kubectl("get", "secret", "child").returncode == 0:
            self.assertLess(time.monotonic(), end, "the dependent stays")

    def test_a_restart_keeps_everything(self):
        self.ok("apply", "-f", "-", stdin=PEER.format(namespace=self.namespace))
        before = self.json("servicemeshpeer", "west")
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(self.json("servicemeshpeer", "west"), before)


class NewKubectlTest(Commands, unittest.TestCase):
    """The newest kubectl: aggregated discovery, strict validation by the server, protobuf bodies."""

    def test_whoami(self):
        self.assertIn("system:masters", self.ok("auth", "whoami"))

    def test_wait_for_jsonpath_and_create(self):
        process = self.background("wait", "--for=create", "cm/late", "--timeout=60s")
        self.ok("create", "configmap", "late", "--from-literal=a=1")
        self.assertEqual(process.wait(timeout=90), 0)
        self.ok("wait", "--for=jsonpath={.data.a}=1", "cm/late", "--timeout=10s")


@unittest.skipUnless(OLD, "HANSE_KUBECTL_OLD is not set")
class OldKubectlTest(Commands, unittest.TestCase):
    """An old kubectl: legacy discovery, validation by the client, JSON bodies."""

    kubectl = OLD
    is_new = False


if __name__ == "__main__":
    unittest.main()
