#!/usr/bin/env bash
# Pin requirements*.txt from pyproject.toml. Pass --upgrade to take newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate \
        --custom-compile-command "make requirements" pyproject.toml "$@"
}

compile --generate-hashes --extra service -o requirements.txt "${@}"
compile --generate-hashes --extra service --extra dev -c requirements.txt -o requirements-dev.txt "${@}"
# torch's wheels differ between indexes (CPU or CUDA), so these carry no hashes.
compile --extra service --extra ai -c requirements.txt -o requirements-ai.txt "${@}"
