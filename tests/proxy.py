"""A real nginx with our configuration, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from signal import Signals

from tests.servers import Account
from tests.service import Answer, free_port

CONFIGURATION = Path(__file__).parents[1] / "nginx" / "nginx.conf"
START_SECONDS = 10.0


class Proxy:
    """nginx with our configuration, but for addresses and folders, and without TLS."""

    def __init__(self, program: str, folder: Path, upstream: str, **changes: str) -> None:
        self.program, self.folder, self.port = program, folder, free_port()
        self.file = folder / "nginx.conf"
        self.log = folder / "error.log"
        self.operators, self.plain = free_port(), free_port()
        self.switch = folder / "switch"
        self.switch.mkdir()
        listeners = {
            "listen 8443 ssl http2": f"listen 127.0.0.1:{self.port}",
            "listen 9090": f"listen 127.0.0.1:{self.operators}",
            "listen 8080": f"listen 127.0.0.1:{self.plain}",
            "^9090 blue": f"^{self.operators} blue",
            "^9090 green": f"^{self.operators} green",
            "ssl_certificate ": "# ",
            "ssl_certificate_key ": "# ",
        }
        webs = {
            "http://web-blue:8000": upstream,
            "http://web-green:8000": upstream,
        }
        self._write({**listeners, **webs, **changes})

    def _write(self, changes: dict[str, str]) -> None:
        text = CONFIGURATION.read_text()
        included = (CONFIGURATION.parent / "service.conf").read_text()
        folders = {"/tmp/": f"{self.folder}/", "/dev/stdout": f"{self.folder}/access.log", "/dev/stderr": str(self.log)}
        for former, latter in {**changes, **folders}.items():
            assert former in text + included, former
            text = text.replace(former, latter)
        self.file.write_text(text)
        self.file.with_name("service.conf").write_text(included.replace("/etc/nginx/switch", str(self.switch)))

    def command(self, *more: str) -> list[str]:
        # As root, nginx would become another user, who may not enter the folder of the tests.
        user = "user root;" if os.getuid() == 0 else ""
        start = [self.program, "-p", str(self.folder), "-e", str(self.log), "-c", str(self.file)]
        return [*start, "-g", f"daemon off; {user}", *more]

    def start(self) -> None:
        self.process = subprocess.Popen(Account().command(self.command(), Signals.SIGTERM))
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"nginx did not start:\n{self.log.read_text()}") from None
                time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)

    def ask(self, method: str, path: str, body: bytes | None = None, *, port: int = 0, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, response.read(), dict(response.getheaders()))
        finally:
            connection.close()

    def say(self, words: bytes, seconds: float = 10) -> bytes:
        """What nginx answers to these very bytes, until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(words)
            heard = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := line.recv(65536):
                    heard += piece
            return heard


def find_nginx() -> str | None:
    """nginx as the system or `scripts/setup.sh test-tools` has installed it."""
    unpacked = Path(sys.prefix) / "nginx" / "usr" / "sbin"
    return shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", str(unpacked)]))
