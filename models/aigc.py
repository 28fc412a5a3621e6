"""China's mark of what a machine made (GB 45438-2025): read wherever programs put it.

A JSON object `{"Label": …, "ContentProducer": …, "ProduceID": …}`, in XMP, in a text chunk of a
PNG, or in EXIF's comment. Whoever passes a marked picture on adds itself as propagator.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from models import containers

Mark = dict[str, str]
PRODUCER: Final = "Packshot"

_FIELDS: Final = (
    "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID",
    "ReservedCode2",
)  # fmt: skip
_NAME: Final = "AIGC"
_LONGEST: Final = 255
_OBJECT: Final = re.compile(r"\{[^{}]*\}")
_UNWRITABLE: Final = re.compile(r"[{}\x00-\x1f\x7f]")
_EXIF_IFD, _USER_COMMENT, _DESCRIPTION = 0x8769, 0x9286, 0x010E


def mark(job_id: str, *, source: Mark | None = None) -> Mark:
    """What a job's file says: of its own making, or passed on from a source that had a mark."""
    if source is None:
        return {"Label": "1", "ContentProducer": PRODUCER, "ProduceID": job_id}
    return {**source, "ContentPropagator": PRODUCER, "PropagateID": job_id}


def read(data: bytes) -> Mark | None:
    """The mark of a picture file; None where there is none that can be read."""
    for text in _texts(containers.info_of(data)):
        # As it stands, as in a text chunk; or escaped, as in XMP.
        for found in (*_OBJECT.findall(text), *_OBJECT.findall(html.unescape(text))):
            if (one := _mark_in(found)) is not None:
                return one
    return None


def _texts(info: dict[Any, Any]) -> Iterator[str]:
    """Everything of a file that names the mark."""
    said = [f"{name} {_text(value)}" for name, value in info.items() if name != "exif"]
    for text in (*said, *_comments(info.get("exif"))):
        if _NAME in text:
            yield text


def _comments(exif: object) -> list[str]:
    if not isinstance(exif, bytes):
        return []
    read = Image.Exif()
    try:
        read.load(exif)
        found = (read.get_ifd(_EXIF_IFD).get(_USER_COMMENT), read.get(_DESCRIPTION))
    except Exception:  # noqa: BLE001 - broken EXIF raises anything, and says nothing
        return []
    return [_text(one) for one in found]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace").replace("\0", "")
    return value if isinstance(value, str) else ""


def _mark_in(found: str) -> Mark | None:
    try:
        told = json.loads(found)
    except (ValueError, RecursionError):
        return None
    if "Label" not in told:
        return None
    return {name: _plain(str(told[name])) for name in _FIELDS if name in told}


def _plain(value: str) -> str:
    """What can be written and read back anywhere: no braces, no control characters."""
    known = value.encode("utf-8", "replace").decode()
    return _UNWRITABLE.sub("", known)[:_LONGEST]
