"""Certificates and TLS calls by the openssl command alone."""

import base64
import pathlib
import time

from harness.processes import run

EXTENSIONS = """
[ca]
default_ca = this
[this]
database = {directory}/index
new_certs_dir = {directory}
serial = {directory}/serial
unique_subject = no
default_md = sha256
policy = any
copy_extensions = none
x509_extensions = leaf
[any]
[leaf]
basicConstraints = critical,{constraints}
{key_usage}
extendedKeyUsage = {usage}
subjectAltName = critical,{names}
"""


def openssl(*arguments, input=None):
    result = run(["openssl", *arguments], input=input)
    assert result.code == 0, result
    return result.out


class Identity:
    """A certificate file and its key file."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key


class Authority:
    """A CA whose key we have: it can sign anything, which is what these tests are about."""

    def __init__(self, directory, certificate, key):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = self.directory / "ca.pem", self.directory / "ca.key"
        self.certificate.write_text(certificate)
        self.key.write_text(key)
        (self.directory / "index").write_text("")
        (self.directory / "serial").write_text("1000\n")
        self._count = 0

    @classmethod
    def of_mesh(cls, mesh, directory):
        """The mesh's own CA, read from its Secret with the admin's rights."""
        secret = mesh.api().get("secrets", mesh.namespace, "istio-ca-secret")["data"]
        text = {key: base64.b64decode(value).decode() for key, value in secret.items()}
        return cls(directory, text["ca-cert.pem"], text["ca-key.pem"])

    @classmethod
    def make(cls, directory, name="somebody"):
        """A new CA that no mesh knows."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O={name}",
                "-days", "30", "-keyout", directory / "new.key", "-out", directory / "new.pem")
        return cls(directory, (directory / "new.pem").read_text(), (directory / "new.key").read_text())

    def issue(self, *uris, begins=-3600, ends=3600, usage="clientAuth,serverAuth", names=None,
              constraints="CA:FALSE", key_usage="digitalSignature"):
        """A leaf over a fresh key with these URI SANs, valid from `begins` to `ends` seconds from now."""
        self._count += 1
        stem = self.directory / f"leaf-{self._count}"
        key, request, certificate, config = (stem.with_suffix(s) for s in (".key", ".csr", ".pem", ".cnf"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/",
                "-keyout", key, "-out", request)
        names = names or ",".join(f"URI:{uri}" for uri in uris)
        config.write_text(EXTENSIONS.format(
            directory=self.directory, usage=usage, names=names, constraints=constraints,
            key_usage=f"keyUsage = critical,{key_usage}" if key_usage else ""))

        def moment(offset):
            return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + offset))

        openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.certificate, "-keyfile", self.key,
                "-in", request, "-out", certificate, "-startdate", moment(begins), "-enddate", moment(ends),
                "-subj", "/CN=x")
        return Identity(certificate, key)


def call(address, port, name, identity=None, path="/details/0", flags=("-tls1_3",)):
    """One HTTP request inside a TLS connection; everything that openssl saw, the answer included."""
    arguments = ["openssl", "s_client", "-quiet", "-ign_eof", *flags, "-connect", f"{address}:{port}"]
    arguments += ["-servername", name] if name else ["-noservername"]
    if identity:
        arguments += ["-cert", identity.certificate, "-key", identity.key]
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    result = run(["timeout", "20", *arguments], input=request)
    return result.out + result.err
