"""The client: each method is an operation of the API, or a few that belong together."""

from __future__ import annotations

import base64
import io
import math
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from svgai.client.answers import Batch, Job, JobUnsuccessful, Progress
from svgai.client.connection import Answer, Connection, Request
from svgai.client.errors import StillUnfinished
from svgai.client.events import Tell, follow

Source = str | Path | bytes
"""A picture: a path, a URL that the service can reach, or the bytes of a file."""

PATIENCE_SECONDS = 600.0
LONGEST_POLL_SECONDS = 20.0
"""The service lets nobody wait longer within one request, unless it is set up so."""
SHORTEST_POLL_SECONDS = 1.0
"""Where it has no place for waiting it answers at once, and is not to be asked again at once."""
PAGE = 100


class Client:
    """A service, as a program sees it. One object may serve many threads."""

    def __init__(
        self, url: str = "http://127.0.0.1:8000", key: str | None = None, *, timeout: float = 60.0, retries: int = 4
    ) -> None:
        """`timeout` is the seconds of silence after which a line is given up; `retries` follow passing faults."""
        self._connection = Connection(url, key, timeout, retries)

    def __repr__(self) -> str:
        return f"Client({self._connection.url!r}, {'with a key' if self._connection.has_key else 'without a key'})"

    # --- handing in

    def convert(
        self,
        source: Source,
        *,
        wait: bool | float = True,
        format: str = "svg",
        idempotency_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Conversion:
        """Hand in a picture and have its drawing; `options` are those of `svgai.convert`.

        `wait` is True, or for how many seconds; False comes back at once, and whoever asks for `data` waits then.
        """
        patience = PATIENCE_SECONDS if isinstance(wait, bool) else wait
        wait_seconds = min(patience, self._longest_poll) if wait else 0
        job = self._hand_in(source, options, metadata, idempotency_key, wait_seconds)
        conversion = Conversion(self, job, format, patience)
        if wait:
            conversion.data  # noqa: B018 - fetched now, and kept
        return conversion

    def submit(
        self,
        source: Source,
        *,
        idempotency_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Job:
        """Hand in a picture; once this returns, the job is safe with the service."""
        return self._hand_in(source, options, metadata, idempotency_key, wait_seconds=0)

    def batch(
        self,
        sources: Iterable[Source],
        *,
        idempotency_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Batch:
        """Hand in pictures together, with the same options: all are taken, or none."""
        items = [{"source": _told(source), "options": options} for source in sources]
        document = {"items": items, "metadata": dict(metadata or {})}
        return Batch.of(self._post_once("/batches", document, idempotency_key).json())

    def analyze(
        self, source: Source, *, idempotency_key: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """What the engine sees in a picture: inks, regions, curves, forms. Nothing is drawn."""
        document = {"source": _told(source), "metadata": dict(metadata or {})}
        job = Job.of(self._post_once("/analyze", document, idempotency_key).json())
        found: dict[str, Any] = _successful(self.wait(job)).facts["analysis"]
        return found

    # --- advice

    def classify(
        self, source: Source, *, idempotency_key: str | None = None, quality_target: int = 0, time_budget: int = 0
    ) -> dict[str, Any]:
        """What a picture is, and what each method would make of it; nothing is drawn."""
        wishes = {"quality_target": quality_target, "time_budget": time_budget}
        document = {"source": _told(source), "options": wishes}
        answer = self._post_once("/classify", document, idempotency_key).json()
        if answer.get("object") != "job":
            return _mapping(answer)
        return _mapping(_successful(self.wait(Job.of(answer))).facts["advice"])

    def predict_routing(
        self, features: Mapping[str, float], *, quality_target: int = 0, time_budget: int = 0
    ) -> dict[str, Any]:
        """Which method suits a picture of which these features are known, at once."""
        wishes = {"quality_target": quality_target, "time_budget": time_budget}
        return _mapping(self._post_once("/predict/routing", {"features": dict(features), **wishes}).json())

    def predict_quality(self, features: Mapping[str, float], method: str = "auto") -> dict[str, Any]:
        """How good the result of a method will be, and how long it will take; auto is the one that is advised."""
        return _mapping(self._post_once("/predict/quality", {"features": dict(features), "method": method}).json())

    def features(self) -> dict[str, Any]:
        """The names of all features, what they mean, and what is assumed of those that are not given."""
        return _mapping(self._get("/predict/features").json())

    def ai_status(self) -> dict[str, Any]:
        """Which models advise, and how they do."""
        return _mapping(self._get("/ai-status").json())

    # --- following

    def job(self, job_id: str) -> Job:
        """A job, as it is now."""
        return self._job(job_id, wait_seconds=0)

    def jobs(
        self,
        *,
        state: Iterable[str] = (),
        batch_id: str | None = None,
        created_after: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Iterator[Job]:
        """Your jobs, the newest first, fetched page by page as they are used."""
        asked = [("limit", str(PAGE)), *(("state", each) for each in state)]
        asked += [(f"metadata[{name}]", note) for name, note in (metadata or {}).items()]
        asked += [(n, value) for n, value in (("batch_id", batch_id), ("created_after", created_after)) if value]
        cursor = None
        while True:
            page = self.call("GET", "/api/v1/jobs?" + urlencode([*asked, *([("cursor", cursor)] if cursor else [])]))
            yield from map(Job.of, page["data"])
            cursor = page["next_cursor"]
            if not cursor:
                return

    def wait(
        self, job: Job | str, timeout: float = PATIENCE_SECONDS, on_progress: Callable[[Progress], object] | None = None
    ) -> Job:
        """The job once it has ended, well or badly; `on_progress` is told of each step on the way."""
        if isinstance(job, Job) and job.is_done:
            return job
        end = time.monotonic() + timeout
        followed = follow(self._connection, _id(job), end, on_progress) if on_progress else None
        return followed or self._poll(_id(job), end, on_progress)

    def wait_for_batch(self, batch: Batch | str, timeout: float = PATIENCE_SECONDS) -> Batch:
        """The batch once all of its jobs have ended."""
        end = time.monotonic() + timeout
        for wait_seconds in _turns(end, self._longest_poll):
            now = Batch.of(self._get(f"/batches/{_quoted(_id(batch))}", Prefer=f"wait={wait_seconds}").json())
            if now.is_done:
                return now
        raise StillUnfinished(f"{_id(batch)} is not done.")

    # --- results

    def result(self, job: Job | str, format: str = "svg") -> bytes:
        """The drawing of a job that is done, in any of `svgai.FORMATS`."""
        return self._get(f"/jobs/{_quoted(_id(job))}/result?{urlencode({'format': format})}").body

    def batch_results(self, batch: Batch | str, format: str = "svg") -> dict[str, bytes]:
        """The drawings of a batch that there are so far, by the ids of their jobs."""
        with zipfile.ZipFile(io.BytesIO(self.batch_archive(batch, format))) as archive:
            drawings = [name for name in archive.namelist() if not name.endswith(".json")]  # 001-job_....svg
            return {name.partition("-")[2].partition(".")[0]: archive.read(name) for name in drawings}

    def batch_archive(self, batch: Batch | str, format: str = "svg") -> bytes:
        """The same as a ZIP file, with `jobs.json`, which tells of all jobs."""
        return self._get(f"/batches/{_quoted(_id(batch))}/results?{urlencode({'format': format})}").body

    def feedback(
        self, job: Job | str, rating: int, *, preferred_method: str | None = None, comment: str | None = None
    ) -> None:
        """Say how good a result is, from 1 to 5. What was said before is replaced."""
        said = {"rating": rating, "preferred_method": preferred_method, "comment": comment}
        self.call("POST", f"/api/v1/jobs/{_quoted(_id(job))}/feedback", said)

    # --- changing one's mind

    def cancel(self, job: Job | str) -> Job:
        """Stop a job: at once where it waits, within two seconds where it runs."""
        return Job.of(self.call("POST", f"/api/v1/jobs/{_quoted(_id(job))}/cancel"))

    def delete(self, job: Job | str) -> None:
        """Delete a job with its picture and its result."""
        self.call("DELETE", f"/api/v1/jobs/{_quoted(_id(job))}")

    # --- what there is

    def methods(self) -> dict[str, Any]:
        """The ways to trace, and all options as JSON Schema."""
        return _mapping(self._get("/methods").json())

    def limits(self) -> dict[str, Any]:
        """What may be handed in, and how much of the service you may take."""
        return _mapping(self._get("/limits").json())

    def usage(self, days: int = 30) -> list[dict[str, Any]]:
        """What your jobs took, the latest day first."""
        return list(self._get(f"/usage?days={days}").json()["days"])

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Any other operation: what the service answers in JSON, or None where it has nothing to say."""
        if not path.startswith("/"):
            raise ValueError(f"A path begins with a slash; this one is {path!r:.80}.")
        answer = self._connection.ask(Request(method, path, document))
        return answer.json() if answer.body else None

    # --- how all of them ask

    def _hand_in(
        self,
        source: Source,
        options: Mapping[str, Any],
        metadata: Mapping[str, str] | None,
        key: str | None,
        wait_seconds: float,
    ) -> Job:
        document = {"source": _told(source), "options": options, "metadata": dict(metadata or {})}
        prefer = {"Prefer": f"wait={math.ceil(wait_seconds)}"} if wait_seconds else {}
        return Job.of(self._post_once("/jobs", document, key, **prefer).json())

    def _post_once(self, path: str, document: Any, key: str | None = None, **headers: str) -> Answer:
        """However often this has to be sent, it is done once: that is what the key is for."""
        named = {**headers, "Idempotency-Key": key or uuid.uuid4().hex}
        return self._connection.ask(Request("POST", f"/api/v1{path}", document, named))

    def _get(self, path: str, **headers: str) -> Answer:
        return self._connection.ask(Request("GET", f"/api/v1{path}", headers=headers))

    def _job(self, job_id: str, wait_seconds: int) -> Job:
        return Job.of(self._get(f"/jobs/{_quoted(job_id)}", Prefer=f"wait={wait_seconds}").json())

    def _poll(self, job_id: str, end: float, tell: Tell | None) -> Job:
        for wait_seconds in _turns(end, self._longest_poll):
            job = self._job(job_id, wait_seconds)
            if tell:
                tell(job.progress)
            if job.is_done:
                return job
        raise StillUnfinished(f"{job_id} is {job.state}, at {job.percent} per cent.")

    @property
    def _longest_poll(self) -> float:
        return min(LONGEST_POLL_SECONDS, self._connection.timeout / 2)


class Conversion:
    """A picture that was handed in, and the drawing that comes of it."""

    def __init__(self, client: Client, job: Job, format: str, patience_seconds: float) -> None:
        self.job = job
        self.format = format
        self._client = client
        self._patience_seconds = patience_seconds

    def __repr__(self) -> str:
        return f"Conversion({self.job.id!r}, {self.job.state}, {self.format})"

    @cached_property
    def data(self) -> bytes:
        """The drawing's file; whoever is the first to ask waits until it is there."""
        self.job = self._client.wait(self.job, self._patience_seconds)
        return self._client.result(_successful(self.job), self.format)

    @property
    def svg(self) -> str:
        """The drawing's text, where it was asked for as SVG."""
        if self.format != "svg":
            raise ValueError(f"This conversion was asked for as {self.format}; its bytes are in `data`.")
        return self.data.decode()

    def save(self, path: str | Path) -> Path:
        """Write the drawing's file."""
        file = Path(path)
        file.write_bytes(self.data)
        return file


def _turns(end: float, longest: float) -> Iterator[int]:
    """For how long to wait within each request until the end; there is one at least, and no two in the same second."""
    while True:
        began = time.monotonic()
        yield math.ceil(max(0.0, min(longest, end - began)))
        now = time.monotonic()
        if now >= end:
            return
        time.sleep(min(max(0.0, began + SHORTEST_POLL_SECONDS - now), end - now))


def _told(source: Source) -> dict[str, str]:
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        return {"url": source}
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    return {"data": base64.b64encode(data).decode()}


def _id(thing: Job | Batch | str) -> str:
    return thing if isinstance(thing, str) else thing.id


def _quoted(identity: str) -> str:
    return quote(identity, safe="")


def _successful(job: Job) -> Job:
    if job.state != "succeeded":
        raise JobUnsuccessful(job)
    return job


def _mapping(document: Any) -> dict[str, Any]:
    return dict(document)
