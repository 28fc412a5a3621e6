"""What is submitted, and how: every job has a picture of its own, told from all others by content.

A picture is 6 × 4 blocks of colours drawn from (seed, number) by SHAKE-256. Enlarged twice by the
real operation, the middle of each block keeps its colour exactly: whoever knows seed and number
knows what the result must show, and nobody else's picture shows the same.
"""

import io
from hashlib import shake_256
from typing import Final

from PIL import Image

TENANT: Final = "shop"
_BLOCKS: Final = (6, 4)
_BLOCK_PX: Final = 4
_SCALE: Final = 2


def key(seed: int, number: int) -> str:
    """The idempotency key of a job, and its external id."""
    return f"chaos-{seed}-{number}"


def colours(seed: int, number: int) -> bytes:
    """What this job's picture shows and no other's: RGB of each block, row by row."""
    return shake_256(key(seed, number).encode()).digest(3 * _BLOCKS[0] * _BLOCKS[1])


def picture(seed: int, number: int) -> bytes:
    """The PNG that a job is given."""
    blocks = Image.frombytes("RGB", _BLOCKS, colours(seed, number))
    size = (_BLOCKS[0] * _BLOCK_PX, _BLOCKS[1] * _BLOCK_PX)
    file = io.BytesIO()
    blocks.resize(size, Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def colours_of(result: bytes) -> bytes:
    """What a delivered file shows; empty if it is not the size that was asked for."""
    delivered = Image.open(io.BytesIO(result)).convert("RGB")
    if delivered.size != tuple(side * _BLOCK_PX * _SCALE for side in _BLOCKS):
        return b""
    return delivered.resize(_BLOCKS, Image.Resampling.NEAREST).tobytes()  # the middle of each


def order(seed: int, number: int, picture_id: str) -> dict[str, object]:
    """The job as a storefront words it."""
    operation = {"op": "upscale", "picture": picture_id, "scale": _SCALE}
    return {"operation": operation, "external_id": key(seed, number)}
