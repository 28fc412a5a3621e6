"""Medians and percentiles of what a mask keeps, without waiting for the device."""

import math

import numpy as np
import torch
from torch import Tensor

from models.metrics.bare import is_plain


def smallest(values: Tensor, *, share: float, keep: Tensor | None = None) -> Tensor:
    """The smallest value that a share of them all does not exceed: itself one of them.

    Of M values, 0.5 gives the lower median, and 0.95 the ⌈0.95·M⌉-th smallest.

    Args:
        values: [M].
        share: above 0, at most 1.
        keep: [M] of bool; only where it is true does a value count.

    Returns:
        [] float64; NaN where nothing counts.
    """
    if keep is None:
        keep = torch.ones_like(values, dtype=torch.bool)
    if not len(values):
        return values.new_tensor(torch.nan, dtype=torch.float64)
    one = _by_partition if is_plain(values, keep) else _by_sorting
    return one(values, keep, share)


def _by_partition(values: Tensor, keep: Tensor, share: float) -> Tensor:
    kept = values.numpy()[keep.numpy()]
    if not len(kept):
        return torch.tensor(torch.nan, dtype=torch.float64)
    rank = max(1, math.ceil(share * len(kept))) - 1
    return torch.tensor(float(np.partition(kept, rank)[rank]), dtype=torch.float64)


def _by_sorting(values: Tensor, keep: Tensor, share: float) -> Tensor:
    count = keep.sum()
    rank = (share * count.double()).ceil().long().clamp_min(1) - 1
    ordered = torch.where(keep, values, torch.inf).sort().values
    return torch.where(count > 0, ordered.gather(0, rank.view(1))[0].double(), torch.nan)
