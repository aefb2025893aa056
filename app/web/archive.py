"""The results of a batch as one archive, written while it is sent: no more than one drawing is held."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import orjson

from app.conversions import read_drawing, read_export
from app.jobs import Job, State
from app.services import Services
from app.web.schemas import JobView
from svgai import FORMATS
from svgai.errors import SvgaiError


def archive(services: Services, jobs: list[Job], form: str) -> Iterator[bytes]:
    """A ZIP file: each drawing that there is, or why it is not to be had so, and `jobs.json` with all jobs."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        for number, job in enumerate(jobs, 1):
            if job.state is State.SUCCEEDED:
                suffix, data = _drawing(services, job, form)
                file.writestr(_entry(f"{number:03}-{job.id}{suffix}"), data)
                yield sink.taken()
        views = [JobView.of(job).model_dump(mode="json") for job in jobs]
        file.writestr(_entry("jobs.json"), orjson.dumps(views, option=orjson.OPT_INDENT_2))
        yield sink.taken()
    yield sink.taken()


def _drawing(services: Services, job: Job, form: str) -> tuple[str, bytes]:
    """How the name of a file ends, and what is in it; the answer has begun, so what is wrong can only be said in it."""
    try:
        data = read_drawing(services, job) if form == "svg" else read_export(services, job, form)
    except SvgaiError as error:
        return ".error.json", orjson.dumps(error.as_dict())
    return FORMATS[form].suffix, data or b""


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that says nothing of when it was written, so that the same results make the same archive."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


class _Sink(io.RawIOBase):
    """Where a ZIP file is written to; what has come in is taken away at once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]
        self._parts.append(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
