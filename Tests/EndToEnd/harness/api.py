"""A small client of the API server: JSON over TLS with the credentials of a kubeconfig."""

import base64
import http.client
import json
import os
import ssl
import tempfile
import time
import urllib.parse

import yaml

# Where the kinds that the suites read live.
PATHS = {
    "namespaces": "/api/v1",
    "configmaps": "/api/v1",
    "secrets": "/api/v1",
    "services": "/api/v1",
    "events": "/api/v1",
    "servicemeshpeers": "/apis/federation.maistra.io/v1",
    "exportedservicesets": "/apis/federation.maistra.io/v1",
    "importedservicesets": "/apis/federation.maistra.io/v1",
    "servicemeshcontrolplanes": "/apis/maistra.io/v2",
    "servicemeshmemberrolls": "/apis/maistra.io/v1",
    "virtualservices": "/apis/networking.istio.io/v1beta1",
    "workloadentries": "/apis/networking.istio.io/v1beta1",
}


class APIStatus(Exception):
    """An answer that is not 2xx."""

    def __init__(self, code, body):
        self.code = code
        self.body = body
        self.reason = body.get("reason", "") if isinstance(body, dict) else ""
        super().__init__(f"{code} {self.reason}: {body.get('message') if isinstance(body, dict) else body}")


class APIClient:
    """One keep-alive connection to the server of a kubeconfig; not for several threads."""

    # Less than what the server leaves a connection idle: its end may cross the next request.
    IDLE = 45

    def __init__(self, kubeconfig, timeout=30):
        text = yaml.safe_load(open(kubeconfig, encoding="utf-8"))
        contexts = {entry["name"]: entry["context"] for entry in text["contexts"]}
        context = contexts[text["current-context"]]
        cluster = next(c["cluster"] for c in text["clusters"] if c["name"] == context["cluster"])
        user = next(u["user"] for u in text["users"] if u["name"] == context["user"])
        url = urllib.parse.urlsplit(cluster["server"])
        self.host, self.port, self.timeout = url.hostname, url.port, timeout
        roots = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._tls = ssl.create_default_context(cadata=roots)
        self._headers = {"Accept": "application/json"}
        if "token" in user:
            self._headers["Authorization"] = f"Bearer {user['token']}"
        else:
            self._load_certificate(user)
        self._connection = None
        self._used = 0

    def _load_certificate(self, user):
        paths = []
        for key in ("client-certificate-data", "client-key-data"):
            handle, path = tempfile.mkstemp()
            os.write(handle, base64.b64decode(user[key]))
            os.close(handle)
            paths.append(path)
        self._tls.load_cert_chain(*paths)
        for path in paths:
            os.unlink(path)

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    def request(self, method, path, body=None, content_type="application/json"):
        """The parsed answer; raises APIStatus for anything but 2xx, OSError for a broken connection."""
        if time.monotonic() - self._used > self.IDLE:
            self.close()
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout, context=self._tls)
        headers = dict(self._headers)
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            headers["Content-Type"] = content_type
        try:
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise OSError(f"{method} {path}: {error}") from error
        self._used = time.monotonic()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text.decode(errors="replace")
        if response.status // 100 != 2:
            raise APIStatus(response.status, answer)
        return answer

    @staticmethod
    def path(plural, namespace=None, name=None, query=""):
        path = PATHS[plural]
        if namespace:
            path += f"/namespaces/{namespace}"
        path += f"/{plural}"
        if name:
            path += f"/{name}"
        return path + (f"?{query}" if query else "")

    def get(self, plural, namespace, name):
        return self.request("GET", self.path(plural, namespace, name))

    def list(self, plural, namespace=None, query=""):
        return self.request("GET", self.path(plural, namespace, query=query))["items"]

    def create(self, plural, namespace, body):
        return self.request("POST", self.path(plural, namespace), body)

    def replace(self, plural, namespace, name, body):
        return self.request("PUT", self.path(plural, namespace, name), body)

    def patch(self, plural, namespace, name, body):
        return self.request(
            "PATCH", self.path(plural, namespace, name), body, "application/merge-patch+json")

    def delete(self, plural, namespace, name):
        return self.request("DELETE", self.path(plural, namespace, name))
