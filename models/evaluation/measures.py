"""All that is measured of some pictures beside as many training pictures of the same categories."""

from dataclasses import dataclass

from torch import Tensor

from models.metrics.frechet import frechet
from models.metrics.kernel_distance import KernelDistance, kernel_distance
from models.metrics.prdc import NEIGHBOURS, Prdc, prdc
from models.metrics.spread import spread_ratio
from models.metrics.two_sample import two_sample_accuracy

KERNEL_SUBSET = 1_000


@dataclass(frozen=True, slots=True)
class Measures:
    """None where there are too few pictures for a number.

    Attributes:
        pictures: how many were measured.
        frechet: distance of two Gaussians in the judge's features: no FID.
        kernel: unbiased MMD² in the same.
        prdc: precision, recall, density, coverage.
        two_sample_accuracy: 0.5 is ideal, 1 is told apart at sight.
        spread: how far they lie apart, as a share of the training pictures; of all together, the
            distances between categories count, too.
        agreement: share in which the judge finds the category that was asked for.
    """

    pictures: int
    frechet: float | None
    kernel: KernelDistance | None
    prdc: Prdc | None
    two_sample_accuracy: float | None
    spread: float | None
    agreement: float | None


def measured(features: Tensor, training: Tensor, agreed: Tensor, *, seed: int) -> Measures:
    """Measure pictures of one category, or of all.

    Args:
        features: [N, D].
        training: [N, D] of training pictures.
        agreed: [N] bool, whether the judge finds what was asked for.
        seed: of what is drawn by chance.
    """
    count = len(features)
    pair = training, features
    subset = min(KERNEL_SUBSET, count // 2)  # of all rows, no two subsets would differ
    return Measures(
        pictures=count,
        frechet=frechet(*pair) if count >= 2 else None,
        kernel=kernel_distance(*pair, subset_size=subset, seed=seed) if subset >= 2 else None,
        prdc=prdc(*pair) if count > NEIGHBOURS else None,
        two_sample_accuracy=two_sample_accuracy(*pair) if count >= 2 else None,
        spread=spread_ratio(features, training, seed=seed) if count >= 2 else None,
        agreement=agreed.double().mean().item() if count else None,
    )
