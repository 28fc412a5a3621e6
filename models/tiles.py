"""Runs a network over a large image in overlapping tiles, and joins them without seams."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

Network = Callable[..., Tensor | tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True)
class _Span:
    """A tile's own part of one side, and where it looks: `seen[own]` is the part."""

    part: slice
    own: slice
    seen: Tensor


def tiled(
    network: Network, image: Tensor, *extras: Tensor, tile: int, margin: int, multiple: int
) -> Tensor:
    """The network's output for the whole image; what it holds at once is one tile.

    Without seams where the margin covers the receptive radius and the network has nothing global:
    tiles start on multiples, their margins are cut off, and the picture's own edges stay edges.
    A side that is no multiple is continued by reflection. All tiles of an image are of one size,
    so that a batcher can join them with others.

    Args:
        network: [N, C, h, w] and the extras to [N, C', h·s, w·s], s a whole number.
        image: [N, C, H, W].
        *extras: each of leading size N, given to every tile as it is.
        tile: side of a tile's own part.
        margin: what a tile sees beyond it, on each side.
        multiple: what h and w must be a multiple of.

    Returns:
        [N, C', H·s, W·s].
    """
    height, width = image.shape[2:]
    if max(height, width) <= tile and height % multiple == width % multiple == 0:
        done = _first(network(image, *extras))
        # Whoever gets it may write into it, also where the network gave what it was given.
        return done.clone() if done.data_ptr() == image.data_ptr() else done
    whole = image.new_empty(0)
    for y in _spans(height, tile=tile, margin=margin, multiple=multiple):
        band = image.index_select(2, y.seen.to(image.device))
        for x in _spans(width, tile=tile, margin=margin, multiple=multiple):
            done = _first(network(band.index_select(3, x.seen.to(image.device)), *extras))
            scale = done.shape[2] // len(y.seen)
            if not len(whole):
                whole = done.new_empty((*done.shape[:2], height * scale, width * scale))
            part = done[:, :, _times(y.own, scale), _times(x.own, scale)]
            whole[:, :, _times(y.part, scale), _times(x.part, scale)] = part
    return whole


def _spans(length: int, *, tile: int, margin: int, multiple: int) -> Iterator[_Span]:
    tile, margin, padded = (-(-size // multiple) * multiple for size in (tile, margin, length))
    window = min(padded, tile + 2 * margin)
    for start in range(0, length, tile):
        first = min(max(start - margin, 0), padded - window)
        stop = min(start + tile, length)
        seen = _reflected(torch.arange(first, first + window), length)
        yield _Span(slice(start, stop), slice(start - first, stop - first), seen)


def _reflected(positions: Tensor, length: int) -> Tensor:
    """Positions beyond the end come back from it, as often as needed: 0 1 2 1 0 1 2."""
    period = max(1, 2 * (length - 1))
    positions = positions % period
    return torch.minimum(positions, period - positions) if length > 1 else positions


def _times(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def _first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]
