#!/usr/bin/env bash
# Install what a command of the Makefile needs: scripts/setup.sh run | dev | test-tools
#
# On a fresh Debian or Ubuntu machine with Python 3.11 or newer nothing else is needed: Python
# packages go into .venv, and system packages come through apt where that is allowed. Where it is
# not, this says what is missing and how to get it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

may_apt() { command -v apt-get >/dev/null && as_root true 2>/dev/null; }

# A machine that has just started may still be updating itself: wait for that.
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null; }

# get PACKAGE...: through apt, or say how.
get() {
    if may_apt; then
        say "Installing $* through apt ..."
        apt update || true # one source of many that is away need not matter
        if apt install -y --no-install-recommends "$@"; then return 0; fi
    fi
    say "Missing: $*. Install with:  sudo apt-get install $*"
    return 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed; ${PYTHON:-python3} is not. Name one with:  PYTHON=/path/to/python3 make setup"
    return 1
}

has_library() { "$1" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$2" 2>/dev/null; }

# missing_packages PYTHON: what the system lacks of all that .venv and the wheels in it build on.
missing_packages() {
    # Debian ships Python without what makes virtual environments.
    "$1" -c 'import ensurepip' 2>/dev/null || "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    # OpenCV is linked against the first, Skia against the others.
    has_library "$1" libgthread-2.0.so.0 || echo libglib2.0-0
    has_library "$1" libGL.so.1 || echo libgl1
    has_library "$1" libEGL.so.1 || echo libegl1
    has_library "$1" libexpat.so.1 || echo libexpat1
}

# can_load MODULE: it and all that it is linked against, or what is missing.
can_load() {
    local fault
    if ! fault=$(.venv/bin/python -c "import $1" 2>&1); then
        say "$1 cannot be loaded: ${fault##*$'\n'}"
        return 1
    fi
}

make_venv() {
    if [ -x .venv/bin/python ] && [ -x .venv/bin/pip ]; then return; fi
    say "Making .venv with $("$1" --version) ..."
    "$1" -m venv --clear .venv
}

# install FILE: the packages that it pins, and this project among them, unless that has been done.
install() {
    local stamp python
    local -a missing pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check install)
    stamp=.venv/.installed-$(cat "$1" pyproject.toml | sha256sum | cut -c1-16)
    if [ -e "$stamp" ] && [ -x .venv/bin/python ]; then return; fi
    python=$(find_python)
    mapfile -t missing < <(missing_packages "$python")
    if [ "${#missing[@]}" -gt 0 ]; then get "${missing[@]}"; fi
    make_venv "$python"
    say "Installing $1 into .venv (a minute or two the first time) ..."
    "${pip[@]}" --require-hashes -r "$1"
    "${pip[@]}" --no-deps -e .
    can_load cv2
    can_load skia
    touch "$stamp"
}

has_any() {
    local name
    for name in "$@"; do if command -v "$name" >/dev/null; then return 0; fi; done
    return 1
}

missing_test_tools() {
    # shellcheck source=/dev/null
    has_any chromium chromium-browser google-chrome || case $(. /etc/os-release && echo "$ID") in
    ubuntu) echo chromium-browser ;;
    *) echo chromium ;;
    esac
    # Playwright's driver is linked against this.
    has_library .venv/bin/python libatomic.so.1 || echo libatomic1
    has_any curl || echo curl
    has_any potrace || echo potrace
    has_any gs || echo ghostscript
}

# nginx is unpacked, not installed: Debian's package would start to serve port 80 of this machine.
get_nginx() {
    local folder=.venv/nginx
    if has_any nginx "$folder/usr/sbin/nginx"; then return; fi
    say "Unpacking nginx into $folder ..."
    if may_apt; then apt update || true; fi
    mkdir -p "$folder"
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download nginx && dpkg-deb -x nginx_*.deb . && rm nginx_*.deb) &&
        "$folder/usr/sbin/nginx" -v 2>/dev/null
}

case "${1:-}" in
run) install requirements.txt ;;
dev) install requirements-dev.txt ;;
test-tools)
    mapfile -t missing < <(missing_test_tools)
    if [ "${#missing[@]}" -gt 0 ]; then get "${missing[@]}" || say "The tests that need them cannot pass."; fi
    get_nginx || say "Missing: nginx. Install with:  sudo apt-get install nginx-light
The tests of the proxy will be skipped."
    ;;
*)
    say "Usage: scripts/setup.sh run | dev | test-tools"
    exit 2
    ;;
esac
