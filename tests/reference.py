"""docs/API_REFERENCE.md, taken apart and tried out: `python -m tests.reference` writes its answers and tables anew.

A block of `sh`, `python` or `js` is run; where another block follows at once, that is what it printed.
All blocks of a language are one session, as a reader would have it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.web.access import ACCESS, Rule, Who
from app.web.problems import ANSWERS, HTTP_CODES
from tests.samples import logo_png, noise_png
from tests.service import Service

DOCUMENT = Path(__file__).parents[1] / "docs" / "API_REFERENCE.md"
BLOCK = re.compile(
    r"^```(?P<language>sh|python|js)\n(?P<code>.*?)^```\n(\n```(?:text|json)\n(?P<said>.*?)^```\n)?", re.M | re.S
)
HEADING = re.compile(r"^### `(?P<method>[A-Z]+) (?P<path>/\S*)`\n\n(?P<body>.*?)(?=^##|\Z)", re.M | re.S)

SERVICE, ELSEWHERE = "http://127.0.0.1:8000", "https://example.com"
MARK = "-- end of a block --"
FIGURES = "bytes|bytes_in|paths|segments|seconds|ms|share|ssim|delta_e|accepted|succeeded|failed|cancelled|cached"

SAME = {
    r'"seconds": \{[^}]*\}': '"seconds": {}',
    r"\b(job|batch|hook|msg|req|acct|key|test)_[0-9a-f]{24,}": r"\1_1",
    r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?": "then",
    r"\b[0-9a-f]{64}\b": "sha256",
    r"svgai_[\w-]{43}": "svgai_key",
    r"whsec_[\w+/=]+": "whsec_secret",
    r"[A-Za-z0-9_-]{80,}": "cursor",
    rf'("(?:{FIGURES})"): [\d.]+': r"\1: 1",
    r"\b\d+\.\d+\b": "1.0",
    r"\b([rt])=\d+": r"\1=1",
    r"\b\d+ bytes\b": "1 bytes",
}
"""What differs from run to run, or from one engine to the next, and what it is taken for."""


@dataclass(frozen=True)
class Block:
    """An example, and what the document says that it printed."""

    language: str
    code: str
    said: str | None
    start: int
    span: tuple[int, int]

    @property
    def name(self) -> str:
        return f"{self.language}: {self.code.strip().splitlines()[-1][:60]}"

    @property
    def is_about_elsewhere(self) -> bool:
        """Whether the rest of the internet has a part in it."""
        return bool(re.search(r"https://example\.com|webhook-endpoints|SECRET", self.code))


def blocks(text: str) -> list[Block]:
    """Every example of the document."""
    return [
        Block(found["language"], found["code"], found["said"], found.start(), found.span("said"))
        for found in BLOCK.finditer(text)
    ]


def is_as_said(said: str, printed: str) -> bool:
    """Whether both are the same, but for ids, times and the like; a line of `...` stands for any lines, or none."""
    lines = [r"(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in _levelled(said).splitlines()]
    return re.fullmatch("".join(lines), "".join(line + "\n" for line in _levelled(printed).splitlines())) is not None


def _levelled(text: str) -> str:
    for pattern, same in SAME.items():
        text = re.sub(pattern, same, text)
    return text


# --- running


@dataclass
class Elsewhere:
    """The rest of the internet: has a picture, and takes messages."""

    url: str = ""
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def awaited(self) -> tuple[dict[str, str], bytes]:
        end = time.monotonic() + 20
        while not self.messages and time.monotonic() < end:
            time.sleep(0.05)
        return self.messages[0]


@contextlib.contextmanager
def elsewhere() -> Iterator[Elsewhere | None]:
    """On port 80, since the service calls no others, of an address that this machine alone has; None where it may not.

    Root may, and whoever is in a container.
    """
    rest = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(logo_png(128))

        def do_POST(self) -> None:
            rest.messages.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    try:
        server = ThreadingHTTPServer(("127.0.0.80", 80), Handler)
    except OSError:
        yield None
        return
    rest.url = "http://127.0.0.80"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield rest
    finally:
        server.shutdown()
        server.server_close()


class Reader:
    """Somebody who tries out all examples in turn, with a service of their own."""

    def __init__(self, folder: Path, service: Service, rest: Elsewhere | None) -> None:
        self.folder, self.service, self.rest = folder, service, rest
        self.environment = service.environment | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        (folder / "logo.png").write_bytes(logo_png(256))
        (folder / "icon.png").write_bytes(logo_png(32))
        (folder / "photo.png").write_bytes(noise_png(400))  # takes long enough to be followed

    def run_all(self, text: str, evaluate: Callable[[str], str] | None = None) -> dict[Block, str]:
        """What each block printed. `evaluate` runs JavaScript where there is no Node."""
        printed: dict[Block, str] = {}
        for language in ("sh", "python", "js"):
            chosen = [block for block in blocks(text) if block.language == language and self._can_try(block)]
            script = self._substituted("".join(map(self._marked, chosen)))
            said = getattr(self, f"_{language}")(script, evaluate)
            printed |= dict(zip(chosen, self._as_written(said).split(MARK + "\n"), strict=False))
        return printed

    def _can_try(self, block: Block) -> bool:
        return self.rest is not None or not block.is_about_elsewhere

    def _marked(self, block: Block) -> str:
        mark = {"sh": f"echo '{MARK}'", "python": f"print({MARK!r}, flush=True)", "js": f"console.log({MARK!r});"}
        is_first_js = block.language == "js" and "const API" in block.code
        code = f"{{\n{block.code}}}\n" if block.language == "js" and not is_first_js else block.code
        return f"{code}{mark[block.language]}\n"

    def _substituted(self, script: str) -> str:
        return script.replace(SERVICE, self.service.url).replace(ELSEWHERE, self.rest.url if self.rest else ELSEWHERE)

    def _as_written(self, said: str) -> str:
        """With the names that the document uses, and no spaces at the ends of lines."""
        said = said.replace(self.service.url, SERVICE).replace(self.rest.url if self.rest else ELSEWHERE, ELSEWHERE)
        return "".join(line.rstrip() + "\n" for line in said.splitlines())

    def _sh(self, script: str, _: object) -> str:
        said = self._run(["bash", "-e"], script + 'echo "$KEY" "$SECRET"\n')
        key, secret = said.rpartition(MARK)[2].strip("\n").split(" ")
        headers, body = self.rest.awaited() if self.rest else ({}, b"")
        self.environment |= {"KEY": key, "SECRET": secret, "HEADERS": json.dumps(headers), "BODY": body.decode()}
        return said

    def _python(self, script: str, _: object) -> str:
        given = "import json, os\nKEY, SECRET = os.environ['KEY'], os.environ['SECRET']\n"
        given += "headers, body = json.loads(os.environ['HEADERS']), os.environ['BODY'].encode()\n"
        return self._run([sys.executable, "-"], given + script)

    def _js(self, script: str, evaluate: Callable[[str], str] | None) -> str:
        given = {name: self.environment[name] for name in ("KEY", "SECRET", "BODY")}
        consts = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
        consts += f"const headers = new Headers({self.environment['HEADERS']}), body = BODY;\n"
        for name in ("picture", "photo"):
            numbers = list((self.folder / f"{name.replace('picture', 'logo')}.png").read_bytes())
            consts += f"const {name} = new Blob([new Uint8Array({numbers})]);\n"
        if evaluate:
            return evaluate(consts + script)
        return self._run(["node", "--input-type=module", "-"], consts + script)

    def _run(self, command: list[str], script: str) -> str:
        done = subprocess.run(
            command, input=script, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(
                f"{command[0]} ended with {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
            )
        return done.stdout


# --- tables


def error_table() -> str:
    """Every code there is, as a row."""
    told = {error.code: (answer.status, answer.title, answer.retry_after_seconds) for error, answer in ANSWERS.items()}
    told |= {code: (status, HTTPStatus(status).phrase, None) for status, code in HTTP_CODES.items() if code not in told}
    told |= {"internal": (500, "Something went wrong here", None)}
    told |= {"result.being_made": (503, "The file is being made", 1)}
    rows = [
        f"| `{code}` | {status} | {title} | {after or ''} |" for code, (status, title, after) in sorted(told.items())
    ]
    return "\n".join(["| code | status | means | `Retry-After` |", "|---|---|---|---|", *rows]) + "\n"


def access_line(rule: Rule, operation: dict[str, Any]) -> str:
    """Who may call an operation, and what it answers with where all goes well."""
    key = f"a key with the scope `{rule.scope}`" if rule.scope else "a key"
    who = {Who.EVERYBODY: "Everybody.", Who.ANYONE: f"{key}, or none.", Who.KEY: f"{key}."}[rule.who]
    *others, last = (status for status in operation["responses"] if status < "400")
    statuses = f"{', '.join(others)} or {last}" if others else last
    return f"*{who[0].upper()}{who[1:]} Answers {statuses}.*"


def words_of(operation: dict[str, Any]) -> str:
    """What OpenAPI says of an operation."""
    words = f"{operation['summary']} {operation.get('description') or ''}".replace("<br/>", " ")
    return " ".join(words.split())


def described(app: Any) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    """Every operation by method and path: who may call it and what it answers, and how OpenAPI describes it."""
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    rules = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule)): ACCESS[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in rule.methods
        if rule.endpoint in ACCESS
    }
    operations = {
        (method.upper(), path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    return {at: (access_line(rules[at], operation), operation) for at, operation in operations.items()}


# --- writing anew


def refresh() -> None:
    """Write the document's answers and tables anew."""
    from app.factory import create_app, create_services
    from app.settings import Settings

    text = DOCUMENT.read_text()
    with tempfile.TemporaryDirectory() as name, elsewhere() as rest:
        folder = Path(name)
        service = Service(folder / "service", allow_private_urls=True)
        service.start()
        try:
            printed = Reader(folder, service, rest).run_all(text)
        finally:
            service.stop()
        operations = described(create_app(create_services(Settings(_env_file=None, data_dir=folder / "other"))))
    for block, words in sorted(printed.items(), key=lambda item: item[0].start, reverse=True):
        if block.said is not None and not is_as_said(block.said, words):
            text = text[: block.span[0]] + words + text[block.span[1] :]
    DOCUMENT.write_text(_with_lines(_with_table(text), operations))


def _with_table(text: str) -> str:
    return re.sub(r"^\| code \| status .*?\n(?!\|)", lambda _: error_table(), text, flags=re.M | re.S)


def _with_lines(text: str, operations: dict[tuple[str, str], tuple[str, dict[str, Any]]]) -> str:
    for (method, path), (line, operation) in operations.items():
        heading = f"### `{method} {path}`\n\n"
        pattern = re.escape(heading) + r"(?:[^\n]+\n)+\n?\*[^\n]+\*\n"
        text = re.sub(pattern, lambda _: f"{heading}{_wrapped(words_of(operation))}\n\n{line}\n", text)  # noqa: B023
    return text


def _wrapped(words: str) -> str:
    return "\n".join(textwrap.wrap(words, 140, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    refresh()
