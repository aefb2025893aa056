"""A URL taken apart: it is read and normalised once, here, and nothing later looks at the text again."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from app.adapters.outward.addresses import Address
from app.errors import UrlBlocked, UrlMalformed, UrlSchemeUnsupported

USUAL_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARACTERS = 2048

UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
NUMBER_AT_THE_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
AUTHORITY = re.compile(r"(\[[^][]*:[^][]*\]|[^][:]+)(:[0-9]*)?")
IN_A_URL = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True)
class Place:
    """Whom a URL asks, and for what."""

    scheme: str
    host: str
    """A name in lower case without the last dot, in ASCII; or an address, without brackets."""
    port: int
    target: str
    """Path and query, as they are sent."""

    @property
    def address(self) -> Address | None:
        """The address, where the URL gave no name."""
        return _as_address(self.host)

    @property
    def authority(self) -> str:
        """The host as the header of that name has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def follow(self, location: str) -> str:
        """The URL that a redirect from here leads to."""
        # Bytes beyond ASCII come as Latin-1, whatever they were; they are sent back as the same bytes.
        try:
            return urljoin(f"{self.origin}{self.target}", quote(location, IN_A_URL, "latin-1"))
        except ValueError as error:
            raise _unreadable() from error


def read_place(url: str) -> Place:
    """The place that a URL names. The address may still be one that must not be called."""
    _refuse_what_parsers_dispute(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unreadable() from error
    usual_port = _usual_port(parts.scheme)
    if "@" in parts.netloc:
        raise UrlMalformed("The URL holds a user name or a password; leave them out.")
    if not AUTHORITY.fullmatch(parts.netloc):
        raise _unreadable()
    return Place(parts.scheme, read_host(parts.hostname or ""), usual_port if port is None else port, _target(parts))


def read_host(name: str) -> str:
    """The one spelling of a host that is used from here on."""
    if ":" in name:
        return _read_ipv6(name)
    host = _in_ascii(name).lower().removesuffix(".")
    if not NAME.fullmatch(host):
        raise _no_host(name)
    if NUMBER_AT_THE_END.fullmatch(host) and _as_address(host) is None:
        # Some read 127.1 or 0x7f000001 as an address, and no name ends in a number.
        raise blocked(name)
    return host


def blocked(host: str) -> UrlBlocked:
    """The same words for whatever must not be called: they tell nothing of what is there."""
    return UrlBlocked(f"{host!r:.80} is no public address on the internet; give one that everybody can reach.")


def _refuse_what_parsers_dispute(url: str) -> None:
    if len(url) > MAX_URL_CHARACTERS:
        detail = f"The URL has {len(url)} characters; the limit is {MAX_URL_CHARACTERS}."
        raise UrlMalformed(detail, limit=MAX_URL_CHARACTERS, actual=len(url))
    if odd := UNSAFE.search(url):
        raise UrlMalformed(f"The URL holds {odd[0]!r}; write it percent-encoded.")


def _usual_port(scheme: str) -> int:
    if scheme not in USUAL_PORTS:
        raise UrlSchemeUnsupported(f"The URL's scheme is {scheme!r:.40}; give one with http or https.")
    return USUAL_PORTS[scheme]


def _target(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    # A lone surrogate is no character; what it becomes does not matter, as long as it is sent as ASCII.
    return quote((parts.path or "/") + query, IN_A_URL, errors="replace")


def _in_ascii(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _no_host(name) from error


def _read_ipv6(name: str) -> str:
    address = _as_address(name)
    if address is None:
        raise _no_host(name)
    return str(address)


def _as_address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unreadable() -> UrlMalformed:
    return UrlMalformed("The URL cannot be read; give one like https://example.com/picture.png.")


def _no_host(name: str) -> UrlMalformed:
    return UrlMalformed(f"The URL's host, {name!r:.80}, is neither a name nor an address; give it like example.com.")
