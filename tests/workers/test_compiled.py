"""Machine code that was made beforehand is found where nothing can be written."""

from __future__ import annotations

from pathlib import Path

from app.settings import Settings
from workers.compiled import compiled_dir
from workers.sandbox import Bounds


def test_without_any_it_is_kept_with_the_data(tmp_path: Path) -> None:
    assert compiled_dir(Settings(_env_file=None, data_dir=tmp_path)) == tmp_path / "compiled"


def test_a_folder_of_links_can_be_written_to_and_leaves_the_made_one_alone(tmp_path: Path) -> None:
    made = tmp_path / "made" / "numba" / "kernels"
    made.mkdir(parents=True)
    (made / "area.nbi").write_bytes(b"made")
    settings = Settings(_env_file=None, compiled_dir=tmp_path / "made")
    one, other = compiled_dir(settings), compiled_dir(settings)
    assert one != other
    for folder in (one, other):
        assert (folder / "numba" / "kernels" / "area.nbi").read_bytes() == b"made"
    fresh = one / "numba" / "kernels" / "fresh"
    fresh.write_bytes(b"compiled here")
    fresh.replace(one / "numba" / "kernels" / "area.nbi")
    assert (made / "area.nbi").read_bytes() == b"made"
    assert (other / "numba" / "kernels" / "area.nbi").read_bytes() == b"made"


def test_a_child_is_told_where_it_lies_and_for_which_processor(tmp_path: Path) -> None:
    settings = Settings(_env_file=None)
    told = Bounds(1024, 1, settings.limits, tmp_path, None, "x86-64-v3").cache
    assert told == {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": ""}
    assert Bounds(1024, 1, settings.limits, tmp_path).cache == {"XDG_CACHE_HOME": str(tmp_path)}
