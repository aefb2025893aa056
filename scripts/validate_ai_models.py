#!/usr/bin/env python3
"""Whether models may go into service: sha256, loading, golden outputs, and that both formats say the same.

    .venv/bin/python scripts/validate_ai_models.py [models/production]

Ends with 1 where they may not. TorchScript is compared where torch is installed.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from svgai.ml.importing import examine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("models/production"))
    found = examine(parser.parse_args().folder, find_spec("torch") is not None)
    for check in found.checks:
        print(f"{'ok   ' if check.is_good else 'FAULT'}  {check.name}: {check.detail}")
    sys.exit(not found.is_accepted)


if __name__ == "__main__":
    main()
