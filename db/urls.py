"""URLs of strangers taken apart: one reading, one spelling, or a polite refusal."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

import idna

LONGEST_URL: Final = 2048
_LONGEST_HOST: Final = 253
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_OTHER_DOTS: Final = re.compile(r"[\u3002\uff0e\uff61]")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")

Code = Literal["url_scheme", "url_invalid", "url_forbidden_address"]
Address = IPv4Address | IPv6Address


class Refused(ValueError):
    """A place that we do not visit, and why."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart, in the one spelling that we keep and call."""

    scheme: str
    host: str
    port: int
    target: str

    def url(self) -> str:
        return f"{self.scheme}://{self.authority()}{self.target}"

    def authority(self) -> str:
        """What stands in `Host`: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.scheme == "https" else 80)
        return host if is_usual else f"{host}:{self.port}"

    def literal(self) -> Address | None:
        """The address, where the host is one."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None


def parse(url: str) -> Place:
    """The place a URL names, whether we would go there or not.

    Raises:
        Refused: it names none, or in a way that programs read differently.
    """
    parts = _split(url)
    place = Place(parts.scheme, _host(parts), _port(parts), _target(parts))
    if len(place.url()) > LONGEST_URL:  # a name grows when it is written in ASCII
        raise Refused("url_invalid", f"longer than {LONGEST_URL} characters")
    return place


def authority(url: str) -> str:
    """Host and port of a URL that was checked; whom to be patient with."""
    return urlsplit(url).netloc


def is_name(host: str) -> bool:
    """Whether this is a host's name in ASCII, and nothing that is taken for an address."""
    labels = host.split(".")
    is_short = len(host) <= _LONGEST_HOST
    return is_short and all(map(_LABEL.fullmatch, labels)) and not _ends_in_a_number(host)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise Refused("url_invalid", f"longer than {LONGEST_URL} characters")
    if any(not character.isprintable() or character in " \\" for character in url):
        raise Refused("url_invalid", "a blank, a backslash or a control character")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Refused("url_invalid", str(error)) from error
    if parts.scheme not in ("https", "http"):
        raise Refused("url_scheme", "expected https://")
    if "@" in parts.netloc:
        raise Refused("url_invalid", "a name or password in the URL")
    if "#" in url:
        raise Refused("url_invalid", "a fragment is never sent")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if "[" in parts.netloc:
        return _ipv6(host)
    host = _ascii(host)
    if _ends_in_a_number(host):
        return _ipv4(host)
    if not is_name(host):
        raise Refused("url_invalid", f"{host[:80]!r} is no host name")
    return host


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError as error:
        raise Refused("url_invalid", f"{host[:80]!r} is no address") from error
    if address.scope_id is not None:
        raise Refused("url_forbidden_address", "an address of one link only")
    return str(address)


def _ascii(host: str) -> str:
    """The name as DNS knows it; a dot is a dot only if it is the ASCII one."""
    if host.isascii():
        return host
    if _OTHER_DOTS.search(host):
        raise Refused("url_invalid", "a dot that is no ASCII dot")
    try:
        return idna.encode(host).decode("ascii")
    except idna.IDNAError as error:
        raise Refused("url_invalid", f"{host[:80]!r} is no host name: {error}") from error


def _ends_in_a_number(host: str) -> bool:
    """Whether some resolver would read it as an IPv4 address: 127.1, 0x7f.1, 2130706433."""
    last = host.removesuffix(".").rpartition(".")[2]
    return _NUMBER.fullmatch(last) is not None


def _ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except ValueError as error:
        if (meant := _loosely(host)) is not None:
            raise Refused("url_forbidden_address", f"{host[:80]} is {meant} in disguise") from error
        raise Refused("url_invalid", f"{host[:80]!r} is no host name") from error


def _loosely(host: str) -> IPv4Address | None:
    """The address that `inet_aton` and browsers make of octal, hexadecimal and missing parts."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    *first, last = (_number(part) for part in parts)
    if any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        return None
    return IPv4Address(last + sum(part << 8 * (3 - place) for place, part in enumerate(first)))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    is_octal = part.startswith("0") and not set(part) & {"8", "9"}
    return int(part, 8 if is_octal else 10)


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise Refused("url_invalid", "no such port") from error
    if port == 0 or parts.netloc.endswith(":"):
        raise Refused("url_invalid", "no such port")
    return port or (443 if parts.scheme == "https" else 80)


def _target(parts: SplitResult) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise Refused("url_invalid", "write what is not ASCII percent-encoded")
    return target
