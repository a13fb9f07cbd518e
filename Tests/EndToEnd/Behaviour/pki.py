"""One set of certificates for a whole run: three trust domains, good leaves and every kind of bad one."""

import functools
import hashlib
import pathlib
import shutil
import ssl
import tempfile
import atexit

from harness.tls import Authority, Identity

ALPHA = "spiffe://alpha.local/ns/alpha-mesh/sa/egress-service-account"
BETA = "spiffe://beta.local/ns/beta-mesh/sa/ingress-service-account"
GAMMA = "spiffe://gamma.local/ns/gamma-mesh/sa/egress-service-account"
OTHER = "spiffe://alpha.local/ns/alpha-mesh/sa/another-account"


class Certificates:
    """Leaves by name, each made when it is first asked for."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self._authorities = {}
        self._leaves = {}

    def authority(self, name):
        """The CA of a domain: alpha, beta, gamma; any other name is a CA that nobody trusts."""
        if name not in self._authorities:
            self._authorities[name] = Authority.make(self.directory / name, name)
        return self._authorities[name]

    def root(self, name):
        return str(self.authority(name).certificate)

    def leaf(self, authority, *uris, **options):
        """An `Identity`; the same arguments give the same leaf. It outlives the longest run."""
        key = (authority, uris, tuple(sorted(options.items())))
        if key not in self._leaves:
            self._leaves[key] = self.authority(authority).issue(*uris, **{"ends": 86400, **options})
        return self._leaves[key]

    @property
    def alpha(self):
        return self.leaf("alpha", ALPHA)

    @property
    def beta(self):
        return self.leaf("beta", BETA)

    @property
    def gamma(self):
        return self.leaf("gamma", GAMMA)

    @property
    def other(self):
        """A second identity of alpha."""
        return self.leaf("alpha", OTHER)


@functools.lru_cache(maxsize=None)
def certificates():
    """The certificates of this run."""
    directory = tempfile.mkdtemp(prefix="hanse-behaviour-pki.")
    atexit.register(shutil.rmtree, directory, True)
    return Certificates(directory)


def fingerprint(identity):
    """The SHA-256 of a leaf's DER form, in hexadecimal."""
    der = ssl.PEM_cert_to_DER_cert(pathlib.Path(identity.certificate).read_text())
    return hashlib.sha256(der).hexdigest()


def copy_pair(identity, certificate, key):
    """Copies a pair to other paths by rename, the key first, as a rotation does."""
    for source, target in ((identity.key, key), (identity.certificate, certificate)):
        part = pathlib.Path(str(target) + ".part")
        part.write_bytes(pathlib.Path(source).read_bytes())
        part.rename(target)
    return Identity(pathlib.Path(certificate), pathlib.Path(key))
