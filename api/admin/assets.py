"""Styles and scripts: our own, and what others made, each known by the hash of its bytes."""

import base64
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha384
from importlib.resources import files
from typing import Final

_FOLDERS: Final = ("", "vendor/")
_SERVED: Final = (".css", ".js", ".svg")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that browsers load, and its hash as they check it."""

    data: bytes
    media_type: str
    integrity: str


def find(name: str) -> Asset | None:
    return _all().get(name)


def address(name: str) -> str:
    """Where a page finds it: another address whenever its bytes are others."""
    return f"/admin/static/{name}?{_all()[name].integrity[-12:].translate(_PLAIN)}"


def integrity(name: str) -> str:
    """`sha384-…`, as a page's `integrity` says it."""
    return _all()[name].integrity


@cache
def _all() -> dict[str, Asset]:
    here = files("api.admin").joinpath("static")
    return {
        f"{folder}{one.name}": _read(one.name, one.read_bytes())
        for folder in _FOLDERS
        for one in here.joinpath(folder).iterdir()
        if one.is_file() and one.name.endswith(_SERVED)
    }


def _read(name: str, data: bytes) -> Asset:
    digest = base64.b64encode(sha384(data).digest()).decode("ascii")
    media_type = mimetypes.guess_type(name)[0] or "text/plain"
    return Asset(data, media_type, f"sha384-{digest}")


_PLAIN: Final = str.maketrans("+/=", "-_.")
