"""What a mark says, as signs that survive when many of them are read wrongly.

48 bits and their checksum (CRC-16/CCITT), protected by a convolutional code: each bit is told by
four signs, each of which depends on seven bits. Soft decisions are decoded by Viterbi (1967).
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.float64]

BITS: Final = 48
_CHECK_BITS: Final = 16
_MEMORY: Final = 6
_GENERATORS: Final = (0o133, 0o171, 0o145, 0o175)
_STATES: Final = 1 << _MEMORY
_STEPS: Final = BITS + _CHECK_BITS + _MEMORY
SIGNS: Final = _STEPS * len(_GENERATORS)
"""How many signs tell one payload."""


def encode(payload: int) -> Signs:
    """[280] of -1 and 1.

    Raises:
        ValueError: more than 48 bits.
    """
    if not 0 <= payload < 1 << BITS:
        raise ValueError(f"expected {BITS} bits, got {payload:#x}")
    message = payload << _CHECK_BITS | _check(payload)
    bits = [message >> at & 1 for at in reversed(range(BITS + _CHECK_BITS))] + [0] * _MEMORY
    signs, state, told = _steps()[0], 0, []
    for bit in bits:
        told.append(signs[state, bit])
        state = _next(state, bit)
    return np.concatenate(told)


def decode(heard: Signs) -> int | None:
    """The payload that signs of any strength speak for most; None where its checksum is wrong."""
    signs, before = _steps()
    heard = heard.reshape(_STEPS, len(_GENERATORS))
    # Each state is come to from two, always by its own lowest bit.
    bit = np.arange(_STATES) & 1
    told = np.stack([signs[before[:, way], bit] for way in (0, 1)], axis=1)
    best = np.full(_STATES, -np.inf)
    best[0] = 0.0
    ways = np.empty((_STEPS, _STATES), np.int64)
    for step in range(_STEPS):
        offered = best[before] + told @ heard[step]
        ways[step] = offered.argmax(axis=1)
        best = offered.max(axis=1)
    message = _walked_back(ways, before) >> _MEMORY
    payload = message >> _CHECK_BITS
    return payload if message & (1 << _CHECK_BITS) - 1 == _check(payload) else None


def _walked_back(ways: NDArray[np.int64], before: NDArray[np.int64]) -> int:
    """All bits, the tail's included, from the end, where the state is 0."""
    state, message = 0, 0
    for step in reversed(range(_STEPS)):
        message |= (state & 1) << (_STEPS - 1 - step)
        state = int(before[state, ways[step, state]])
    return message


def _next(state: int, bit: int) -> int:
    return (state << 1 | bit) & (_STATES - 1)


@cache
def _steps() -> tuple[Signs, NDArray[np.int64]]:
    """Signs [64, 2, 4] that a state tells by a bit, and the two states [64, 2] before each."""
    signs = np.empty((_STATES, 2, len(_GENERATORS)))
    for state in range(_STATES):
        for bit in (0, 1):
            register = state << 1 | bit
            told = [(register & taps).bit_count() & 1 for taps in _GENERATORS]
            signs[state, bit] = 1 - 2 * np.array(told)
    after = np.arange(_STATES)
    before = np.stack((after >> 1, after >> 1 | _STATES >> 1), axis=1)
    return signs, before


def _check(payload: int) -> int:
    """CRC-16/CCITT-FALSE over the six bytes."""
    crc = 0xFFFF
    for byte in payload.to_bytes(BITS // 8, "big"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc
