"""The affine way between two masks by their first and second moments: what a network must beat."""

import torch
from torch import Tensor

from models.warping.frames import centres, grid

_LEAST = 1e-6


def ways(garments: Tensor, bodies: Tensor) -> Tensor:
    """[N, 25, 2] as a warp network tells it, of two masks [N, 1, S, S], each in its frame."""
    (there, apart), (here, own) = (_moments(one) for one in (garments, bodies))
    turn = _root(apart) @ torch.linalg.inv(_root(own))
    at = grid().double() - here[:, None]
    return (there[:, None] + at @ turn.transpose(1, 2)).float()


def _moments(masks: Tensor) -> tuple[Tensor, Tensor]:
    """Means [N, 2] and covariances [N, 2, 2], in the frame's units."""
    points, weight = centres(masks.shape[-1]).double(), masks.flatten(1).double()
    weight = weight / weight.sum(1, keepdim=True).clamp_min(1e-9)
    mean = weight @ points
    off = points - mean[:, None]
    return mean, torch.einsum("np,npi,npj->nij", weight, off, off)


def _root(covariance: Tensor) -> Tensor:
    """The symmetric one; what is flat is given a little width."""
    values, vectors = torch.linalg.eigh(covariance)
    roots = values.clamp_min(_LEAST).sqrt()
    return vectors @ torch.diag_embed(roots) @ vectors.transpose(1, 2)
