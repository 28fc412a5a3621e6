"""A stored vector as its picture's mirror image would have it, as far as a vector tells.

Of the recipe look-1 (models/recognition): a network's features, which hardly tell the two apart,
then eight directions in 4 × 4 cells, and 16 × 16 fields of grey. In the mirror columns change
places, and so do directions.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_RECIPE: Final = "look-1:"
_DIRECTIONS, _CELLS, _FIELDS = 8, 4, 16
_EDGES: Final = _DIRECTIONS * _CELLS * _CELLS
_STRUCTURE: Final = _EDGES + _FIELDS * _FIELDS


def both_ways(space: str, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """[D] → [2, D]: as it is and in the mirror; [1, D] where the recipe is another."""
    if not space.startswith(_RECIPE) or len(vector) < _STRUCTURE:
        return vector[None]
    features, edges, fields = np.split(vector, [-_STRUCTURE, -_STRUCTURE + _EDGES])
    cells = edges.reshape(_DIRECTIONS, _CELLS, _CELLS)[-np.arange(_DIRECTIONS), :, ::-1]
    grey = fields.reshape(_FIELDS, _FIELDS)[:, ::-1]
    return np.stack([vector, np.concatenate([features, cells.ravel(), grey.ravel()])])
