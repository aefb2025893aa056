#!/usr/bin/env bash
# Install what a command of the Makefile needs: scripts/setup.sh run | dev | browser
#
# On a fresh Debian or Ubuntu machine with Python 3.11 or newer nothing else is needed: packages go
# into .venv, and system packages come through apt where that is allowed. Where it is not, this says
# what is missing and how to get it.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_apt() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

# need WHAT-FOR PACKAGE...: through apt, or say how.
need() {
    local purpose=$1
    shift
    if can_apt; then
        say "Installing $* ($purpose) ..."
        if apt_install "$@"; then return 0; fi
    fi
    say "Missing: $purpose. Install it with:  sudo apt-get install $*"
    return 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed and was not found. Name one with:  PYTHON=/path/to/python3 make setup"
    return 1
}

make_venv() {
    if [ -x .venv/bin/python ]; then return; fi
    local python
    python=$(find_python)
    # Debian ships Python without what venv needs.
    "$python" -c 'import ensurepip' 2>/dev/null || need "virtual environments for Python" python3-venv
    say "Making .venv with $("$python" --version) ..."
    "$python" -m venv .venv
}

# install FILE: what it pins, unless that very list is installed already.
install() {
    local stamp
    stamp=".venv/.installed-$(cat "$1" pyproject.toml | sha256sum | cut -c1-16)"
    if [ -e "$stamp" ]; then return; fi
    say "Installing $1 into .venv (a minute or two the first time) ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
    touch "$stamp"
}

# The wheels of OpenCV and Skia expect these of the system.
need_graphics_libraries() {
    if .venv/bin/python -c 'import cv2, skia' 2>/dev/null; then return; fi
    need "graphics libraries" libgl1 libegl1 libglib2.0-0 libfontconfig1 || true
    .venv/bin/python -c 'import cv2, skia' || { say "OpenCV or Skia cannot be loaded."; return 1; }
}

need_browser() {
    if command -v chromium chromium-browser google-chrome >/dev/null; then return; fi
    need "Chromium, for the tests of the page" chromium || say "The tests of the page will be skipped."
}

case "${1:-}" in
run)
    make_venv
    # The list for tests holds all of the other: whoever has it needs nothing more.
    if compgen -G ".venv/.installed-*" >/dev/null && [ -e .venv/bin/pytest ]; then install requirements-dev.txt; else install requirements.txt; fi
    need_graphics_libraries
    ;;
dev)
    make_venv
    install requirements-dev.txt
    need_graphics_libraries
    ;;
browser) need_browser ;;
*)
    say "Usage: scripts/setup.sh run | dev | browser"
    exit 2
    ;;
esac
