#!/usr/bin/env python3
"""The API server driven by real kubectl, old and new.

HANSE_KUBECTL and HANSE_KUBECTL_OLD name the binaries (default: `kubectl` of PATH; the old one is left out when it is
not given), HANSE_APISERVER the server under test (default: the harness of the debug build). Runs with
`python3 -m unittest` and with pytest.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER = os.environ.get("HANSE_APISERVER", os.path.join(ROOT, ".build/debug/apiserver-harness"))
NEW = os.environ.get("HANSE_KUBECTL", "kubectl")
OLD = os.environ.get("HANSE_KUBECTL_OLD", "")

PEER = """
apiVersion: federation.maistra.io/v1
kind: ServiceMeshPeer
metadata:
  name: west
  namespace: {namespace}
spec:
  remote:
    addresses: [127.0.12.1]
  gateways:
    ingress: {{name: ingress-west}}
    egress: {{name: egress-west}}
  security:
    trustDomain: west.local
    clientID: west.local/ns/west/sa/egress
"""

EXPORTS = """
apiVersion: federation.maistra.io/v1
kind: ExportedServiceSet
metadata:
  name: west
  namespace: {namespace}
spec:
  exportRules:
  - type: LabelSelector
    labelSelector:
      namespace: bookinfo
      selector: {{matchLabels: {{app: ratings}}}}
      {alias}
"""

SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: web
  labels: {{app: web}}
spec:
  selector: {{app: web}}
  ports:
  - {{name: http, port: 80}}
  - {{name: metrics, port: 9000, targetPort: {target}}}
"""

MEMBER_ROLL = """
apiVersion: maistra.io/v1
kind: ServiceMeshMemberRoll
metadata:
  name: default
spec:
  members: [bookinfo]
"""


class Server:
    """One server process in a state directory of its own."""

    def __init__(self, name="rosa"):
        self.directory = tempfile.mkdtemp(prefix="hanse-kubectl-")
        self.name = name
        self.process = None
        self.start()

    @property
    def state(self):
        return os.path.join(self.directory, "state")

    @property
    def kubeconfig(self):
        return os.path.join(self.state, "admin.kubeconfig")

    def start(self):
        self.process = subprocess.Popen(
            [SERVER, "serve", self.state, "127.0.0.1", "0", self.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            raise RuntimeError("the server does not start: " + line)

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)


class Commands:
    """What both kubectls must do. Each test has a namespace of its own."""

    kubectl = NEW
    is_new = True

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        type(self).count += 1
        self.namespace = "t%d" % self.count
        self.ok("create", "namespace", self.namespace)

    def run_kubectl(self, *arguments, stdin=None, namespace=True, binary=None, timeout=60):
        command = [binary or self.kubectl]
        if namespace:
            command += ["-n", self.namespace]
        environment = dict(
            os.environ, KUBECONFIG=self.server.kubeconfig, HOME=os.path.join(self.server.directory, self.id()))
        return subprocess.run(
            command + list(arguments), input=stdin, env=environment, capture_output=True, text=True, timeout=timeout)

    def ok(self, *arguments, **options):
        result = self.run_kubectl(*arguments, **options)
        self.assertEqual(result.returncode, 0, "%s\n%s%s" % (arguments, result.stdout, result.stderr))
        return result.stdout

    def fails(self, *arguments, **options):
        result = self.run_kubectl(*arguments, **options)
        self.assertNotEqual(result.returncode, 0, "%s\n%s" % (arguments, result.stdout))
        return result.stderr

    def json(self, *arguments):
        return json.loads(self.ok("get", *arguments, "-o", "json"))

    def background(self, *arguments):
        environment = dict(
            os.environ, KUBECONFIG=self.server.kubeconfig, HOME=os.path.join(self.server.directory, self.id()))
        process = subprocess.Popen(
            [self.kubectl, "-n", self.namespace] + list(arguments), env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

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

    def endpoint(self):
        return self.ok("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")

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
            text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.json("configmap", "e")["data"]["a"], "after")

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

    def lines_until(self, process, pattern, deadline=20):
        os.set_blocking(process.stdout.fileno(), False)
        text, end = "", time.monotonic() + deadline
        while time.monotonic() < end:
            try:
                chunk = os.read(process.stdout.fileno(), 65536)
            except BlockingIOError:
                chunk = b""
            if chunk:
                text += chunk.decode()
                if re.search(pattern, text, re.S):
                    return text
            elif process.poll() is not None:
                break
            else:
                time.sleep(0.02)
        self.fail("%r did not come; got %r" % (pattern, text))

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
        process = self.background("wait", "--for=condition=Ready", "smmr/default", "--timeout=30s")
        time.sleep(0.3)
        status = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        self.ok(
            "patch", "smmr", "default", "--subresource=status", "--type=merge", "-p", json.dumps(status), binary=NEW)
        self.lines_until(process, "condition met")
        self.assertEqual(process.wait(timeout=10), 0)
        self.assertEqual(self.json("smmr", "default")["spec"]["members"], ["bookinfo"])

    def test_wait_times_out_and_misses(self):
        self.ok("apply", "-f", "-", stdin=MEMBER_ROLL)
        self.assertIn(
            "timed out", self.fails("wait", "--for=condition=Ready", "smmr/default", "--timeout=1s"))
        self.assertIn("not found", self.fails("wait", "--for=condition=Ready", "smmr/none", "--timeout=1s"))

    def test_status_is_not_written_by_apply(self):
        text = MEMBER_ROLL + "status: {conditions: [{type: Ready, status: 'True'}]}\n"
        self.ok("apply", "-f", "-", stdin=text)
        self.assertNotIn("conditions", self.json("smmr", "default").get("status") or {})

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
        self.assertEqual(process.wait(timeout=30), 0)
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
        end = time.monotonic() + 20
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

    def test_wait_for_jsonpath_and_create(self):
        process = self.background("wait", "--for=create", "cm/late", "--timeout=30s")
        self.ok("create", "configmap", "late", "--from-literal=a=1")
        self.assertEqual(process.wait(timeout=30), 0)
        self.ok("wait", "--for=jsonpath={.data.a}=1", "cm/late", "--timeout=10s")


@unittest.skipUnless(OLD, "HANSE_KUBECTL_OLD is not set")
class OldKubectlTest(Commands, unittest.TestCase):
    """An old kubectl: legacy discovery, validation by the client, JSON bodies."""

    kubectl = OLD
    is_new = False


if __name__ == "__main__":
    unittest.main()
