"""Bytes from a stranger → a picture that was decoded whole, in a child that may be killed."""

import atexit
import json
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from db import settings
from db.likeness import Look

_FOREIGN = {
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"8BPS": "PSD",
    b"SIMPLE": "FITS",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"BM": "BMP",
    b"\x00\x00\x01\x00": "ICO",
    b"\x00\x00\x02\x00": "CUR",
    b"DDS ": "DDS",
    b"\x00\x00\x00\x0cjP": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"\x1f\x8b": "gzip",
}
_SVG_WITHIN_BYTES = 65_536
_AVIF_BRANDS = (b"avif", b"avis")
_CHILDREN = 2
# `python -m` looks into its folder first, where a stranger may have a package named db.
_ROOT = Path(__file__).parents[1]


class NotAPicture(ValueError):
    """What a stranger sent is no picture we take; `code` says why, `status` how HTTP says it."""

    def __init__(self, code: str, detail: str, *, status: int = 422) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status = code, detail, status


@dataclass(frozen=True, slots=True)
class Checked:
    """A picture that decodes, and what it is."""

    sha256: str
    format: str
    bytes: int
    width: int
    height: int
    mode: str
    look: Look


def check(data: bytes) -> Checked:
    """Look at the first bytes, then decode all of it where a bomb hurts nobody.

    Raises:
        NotAPicture: with a code for each way of not being one.
    """
    _look(data)
    found = _decode(data)
    look = Look(**found.pop("look"))
    return Checked(sha256=sha256(data).hexdigest(), bytes=len(data), look=look, **found)


def close() -> None:
    """End the decoding processes; the next picture starts one anew, under the settings of then."""
    for child in _children:
        child.end()


def _look(data: bytes) -> None:
    if not data:
        raise NotAPicture("image_empty", "the file is empty")
    for magic, name in _FOREIGN.items():
        if data.startswith(magic):
            raise _not_allowed(name)
    if _is_svg(data):
        raise _not_allowed("SVG")
    if data[4:8] == b"ftyp":
        if not _is_avif(data):
            raise _not_allowed("HEIC or video")
    elif not data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")):
        raise NotAPicture("image_unrecognised", "these bytes are no picture")


def _is_svg(data: bytes) -> bool:
    """Markup with <svg in it, whatever stands before it: a byte order mark, comments, UTF-16."""
    head = data[:_SVG_WITHIN_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"<") and b"<svg" in head.lower()


def _is_avif(data: bytes) -> bool:
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brand in brands for brand in _AVIF_BRANDS)


def _not_allowed(name: str) -> NotAPicture:
    return NotAPicture(
        "image_format_not_allowed",
        f"{name} is not taken; send JPEG, PNG, WebP or AVIF",
        status=415,
    )


def _decode(data: bytes) -> dict[str, Any]:
    child = _idle.get()
    try:
        answer = child.ask(data)
    finally:
        _idle.put(child)
    if "code" in answer:
        raise NotAPicture(answer["code"], answer["detail"], status=answer.get("status", 422))
    return answer


class _Child:
    """One decoding process, started when first asked and anew when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, data: bytes) -> dict[str, Any]:
        process = self._process
        if process is None or process.poll() is not None:
            self.end()
            process = self._process = _start()
        seconds = settings.get().intake_seconds
        with _deadline(process, seconds) as passed:
            answer = _exchange(process, data)
        if answer is None or passed.is_set():
            self.end()
        if answer is not None:
            return answer
        return {
            "code": "image_too_complex",
            "detail": f"decoding took more than {seconds:g} s or more memory than allowed",
        }

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            # Leaves its pipes closed, and no zombie.
            self._process.communicate()
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    limits = settings.get()
    given = (limits.max_pixels, limits.max_side_px, limits.intake_memory_mb)
    return subprocess.Popen(  # noqa: S603 — our own program, numbers only
        [sys.executable, "-m", "db.decode", *map(str, given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
    )


@contextmanager
def _deadline(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Kill a process that takes longer than the block may; tells whether it came to that."""
    passed = threading.Event()

    def kill() -> None:
        passed.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()
        timer.join()


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> dict[str, Any] | None:
    """One question and its answer; None when the child died over it."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the child was started without its pipes")
    try:
        process.stdin.write(struct.pack(">Q", len(data)) + data)
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError:
        return None
    return json.loads(line) if line.endswith(b"\n") else None


_children = [_Child() for _ in range(_CHILDREN)]
_idle: queue.LifoQueue[_Child] = queue.LifoQueue()
for _child in _children:
    _idle.put(_child)
atexit.register(close)
