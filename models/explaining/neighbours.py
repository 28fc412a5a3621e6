"""What a classifier finds most alike among many pictures, shown beside the one that is asked of."""

from collections.abc import Callable

import torch
from torch import Tensor

from models.data.image_set import fitted
from models.explaining.sheet import sheet
from models.generation.latent import Network, first
from models.made import Made
from models.metrics.nearest import nearest
from models.metrics.quantised import quantised

TILE_PX, GAP_PX = 128, 4
PIECE = 64


@torch.no_grad()
def neighbours(
    image: Tensor,
    among: Tensor,
    *,
    k: int,
    features: Network,
    shown: Callable[[int], Tensor],
) -> Made:
    """A strip: the picture, then the k pictures whose features are nearest, the nearest first.

    Args:
        image: [1, 3, H, W] in [0, 1].
        among: uint8 [M, C, S, S], as the classifier reads them.
        k: how many; fewer where there are fewer.
        features: images [N, C, S, S] in [0, 1] → [N, D].
        shown: one of `among` by its row, [1, 3, h, w] in [0, 1], as large as it is.

    Returns:
        The strip; `details` hold the rows and their Euclidean distances.
    """
    channels, size = among.shape[1], among.shape[-1]
    # On the levels of a file, as the others are: the same picture is at no distance.
    own = first(features(quantised(fitted(image, size=size, channels=channels))))
    theirs = torch.cat([first(features(some / 255)) for some in torch.split(among, PIECE)])
    found = nearest(own, theirs, k=min(k, len(among)))
    rows = found.rows[0].tolist()
    distances = [round(distance, 6) for distance in found.distances[0].tolist()]
    tiles = [fitted(one, size=TILE_PX, channels=3) for one in (image, *map(shown, rows))]
    return Made(
        images=(sheet(tiles, columns=len(tiles), gap_px=GAP_PX),),
        report={"nearest_distance": distances[0], "compared": len(among)},
        details=({"rows": rows, "distances": distances, "compared": len(among)},),
    )
