"""Two sets of features, checked: what every number about generated pictures is made from."""

from torch import Tensor


def check(a: Tensor, b: Tensor, *, least: int) -> None:
    """Refuses what is not two finite [N, D] and [M, D] of at least so many rows each."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"expected [N, D] and [M, D], got {tuple(a.shape)}, {tuple(b.shape)}")
    if min(len(a), len(b)) < least:
        raise ValueError(f"expected at least {least} rows of each, got {len(a)} and {len(b)}")
    if not (a.isfinite().all() and b.isfinite().all()):
        raise ValueError("expected finite features")
