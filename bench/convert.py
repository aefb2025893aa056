"""How fast and how faithful the library is, on drawings of our own: `make bench`."""

from __future__ import annotations

import statistics
import time

import click
import numpy as np

import svgai
from bench.drawings import DRAWINGS, picture_of
from svgai.options import METHODS

SIZES = (64, 256, 512, 1024)
ROUNDS = 5


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True, help="Runs of each, of which the median counts.")
def main(rounds: int) -> None:
    """Convert every drawing at every size with every method, and print a table."""
    click.echo(f"{'method':10}{'drawing':10}{'pixels':>7}{'ms':>8}{'ssim':>8}{'dE':>7}{'paths':>7}{'bytes':>8}")
    for method in METHODS:
        for drawing in DRAWINGS:
            for size in SIZES:
                click.echo(measured(method, drawing, size, rounds))


def measured(method: str, drawing: str, size: int, rounds: int) -> str:
    pixels = np.asarray(picture_of(drawing, size))
    svgai.convert(pixels, method=method)  # loads what the first conversion loads
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        result = svgai.convert(pixels, method=method)
        seconds.append(time.perf_counter() - begun)
    quality, milliseconds = result.quality, 1000 * statistics.median(seconds)
    figures = f"{milliseconds:8.1f}{quality.ssim:8.4f}{quality.delta_e:7.3f}{result.paths:7}{len(result.svg):8}"
    return f"{method:10}{drawing:10}{size:7}{figures}"


if __name__ == "__main__":
    main()
