#!/usr/bin/env python3
"""Whether this machine can let models advise: the libraries, the models, and how long advice takes here.

    .venv/bin/python scripts/verify_ai_setup.py [--models models/production]

Ends with 1 where rules would have to advise.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from svgai import doctor
from svgai.conversion import plainly, take_in
from svgai.ml.advice import Adviser, Wishes
from svgai.ml.features import measure_features
from svgai.ml.store import Store
from svgai.options import Limits

PICTURE = Path(__file__).parent / "lib" / "smoke.png"
LOOKS = 20


def advice_found(folder: Path) -> doctor.Finding:
    """What is advised of a picture, by whom, and how quickly."""
    picture, adviser, seconds = take_in(PICTURE, Limits(), plainly), Adviser(Store(folder)), []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        advice = adviser.advise(measure_features(picture), Wishes())
        seconds.append(time.perf_counter() - begun)
    told = advice.facts()
    took = f"{1000 * statistics.median(seconds):.1f} ms"
    words = f"{told['image_type']}, {told['ranking'][0]}, by {told['advised_by']}, {took}"
    return doctor.Finding("advice", told["advised_by"] == "model", "; ".join([words, *told["reasons"]]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models/production"), help="folder (%(default)s)")
    findings = [*doctor.examine(), advice_found(parser.parse_args().models)]
    for finding in findings:
        print(f"{'ok   ' if finding.is_ok else 'FAULT'}  {finding.name}: {finding.detail}")
    sys.exit(not all(finding.is_ok for finding in findings))


if __name__ == "__main__":
    main()
