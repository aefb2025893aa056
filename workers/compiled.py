"""Machine code that was made beforehand: `python -m workers.compiled make` fills the folder COMPILED_DIR.

Where the disk is read-only nothing could be kept beside the source, and numba uses no folder that it cannot write to.
So a worker takes a folder of its own and puts links to what is there into it; what is missing is compiled, and added.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from app.settings import Settings, read_settings


def compiled_dir(settings: Settings) -> Path:
    """Where children find machine code, and keep what they compile."""
    if settings.compiled_dir is None:
        return settings.data_dir.resolve() / "compiled"
    return link(settings.compiled_dir)


def link(made: Path) -> Path:
    """A new folder with links to all files of this one."""
    folder = Path(tempfile.mkdtemp(prefix="svgai-compiled-"))
    shutil.copytree(made.resolve(), folder, copy_function=os.symlink, dirs_exist_ok=True)
    return folder


def make() -> None:
    """Compile the engine. What is compiled, and for which processor, is told by numba's own variables."""
    import numpy as np

    from svgai import Limits, Options, conversion
    from svgai.options import METHODS
    from workers.sandboxed import warm_up

    warm_up()
    picture = np.full((96, 96, 4), 255, np.uint8)
    picture[10:60, 12:70] = np.linspace(40, 200, 58, dtype=np.uint8)[None, :, None]
    picture[30:80, 40:90] = (200, 30, 60, 255)
    for method in METHODS:
        conversion.convert(picture, Options(method=method), Limits())


def main() -> None:
    """Make, or print a folder with links to what was made."""
    if sys.argv[1:] == ["make"]:
        make()
    elif sys.argv[1:] == ["link"]:
        sys.stdout.write(f"{compiled_dir(read_settings())}\n")
    else:
        raise SystemExit("Usage: python -m workers.compiled make | link")


if __name__ == "__main__":
    main()
