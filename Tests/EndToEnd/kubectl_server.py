"""The API server in a process of its own, and what the tests of it with real kubectl share.

HANSE_KUBECTL and HANSE_KUBECTL_OLD name the binaries (default: `kubectl` of PATH; the old one is left out when it is
not given), HANSE_APISERVER the server under test (default: the harness of the debug build).
"""

import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time

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
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else "it says nothing"
        if not line.startswith("ready "):
            raise RuntimeError("the server does not start: " + line)

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)


class Client:
    """kubectl's commands. Each test has a namespace of its own."""

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

    def run_kubectl(self, *arguments, stdin=None, namespace=True, binary=None, timeout=120):
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

    def endpoint(self):
        return self.ok("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")

    def lines_until(self, process, pattern, deadline=60):
        os.set_blocking(process.stdout.fileno(), False)
        text, end = "", time.monotonic() + deadline
        while time.monotonic() < end:
            # Asked before reading: it may end between a read that found nothing and the question.
            has_ended = process.poll() is not None
            try:
                chunk = os.read(process.stdout.fileno(), 65536)
            except BlockingIOError:
                chunk = b""
            if chunk:
                text += chunk.decode()
                if re.search(pattern, text, re.S):
                    return text
            elif has_ended:
                break
            else:
                time.sleep(0.02)
        self.fail("%r did not come; got %r" % (pattern, text))
