from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.secrecy import Secrecy, read_secrecy
from app.settings import Settings

SECRET = "wpGN0cV7xK2mTz5YqB8rJ4sLdHf6uE1a"


def test_every_label_has_a_secret_of_its_own_and_always_the_same() -> None:
    secrecy = Secrecy(SECRET.encode())
    assert secrecy.derive("api keys") == Secrecy(SECRET.encode()).derive("api keys")
    assert len({secrecy.derive(label) for label in ("api keys", "cursors", "webhooks", "")}) == 4
    assert len(secrecy.derive("api keys")) == 32


def test_a_stamp_depends_on_the_secret_the_label_and_the_text() -> None:
    one, other = Secrecy(b"one"), Secrecy(b"other")
    stamps = {one.stamp("a", "x"), one.stamp("a", "y"), one.stamp("b", "x"), other.stamp("a", "x")}
    assert len(stamps) == 4
    assert all(len(stamp) == 64 for stamp in stamps)


def test_the_secret_is_not_printed() -> None:
    assert SECRET not in repr(Secrecy(SECRET.encode()))
    settings = Settings(_env_file=None, secret_key=SECRET)
    assert SECRET not in f"{settings!r} {settings.export()}"


def test_the_setting_wins_and_nothing_is_kept(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key=SECRET)
    assert read_secrecy(settings) == Secrecy(SECRET.encode())
    assert not (tmp_path / "secret").exists()


def test_without_a_setting_a_machine_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "new")
    first = read_secrecy(settings)
    assert read_secrecy(settings) == first
    assert len(first.master) >= 43
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600
    assert read_secrecy(Settings(_env_file=None, data_dir=tmp_path / "other")) != first


def test_a_secret_that_was_never_written_is_made_then(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(mode=0o600)
    settings = Settings(_env_file=None, data_dir=tmp_path)
    assert read_secrecy(settings).master
    assert read_secrecy(settings) == read_secrecy(settings)


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    program = (
        "from app.secrecy import read_secrecy\n"
        "from app.settings import Settings\n"
        "input()\n"
        f"print(read_secrecy(Settings(_env_file=None, data_dir={str(tmp_path)!r})).master.decode())\n"
    )
    command = [sys.executable, "-c", program]
    crew = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in crew:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert len({process.communicate(timeout=30)[0] for process in crew}) == 1


def test_a_secret_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(SystemExit, match=r"secret in .* cannot be had .*SECRET_KEY"):
        read_secrecy(Settings(_env_file=None, data_dir=tmp_path))
