"""Walks through a latent space, as a grid: each row a direction, each column a step along it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from models.explaining.directions import Directions, of_covariance, of_response, towards
from models.explaining.sheet import sheet
from models.generation.latent import Network, first
from models.made import Made

GAP_PX = 2
DRAWS, DRAWS_SEED, PIECE = 2_048, 0, 256
"""What a GAN's directions are found by: the same draws whatever the walk's own seed."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far is walked.

    Attributes:
        rows: directions at most.
        steps: pictures along each.
        span_sd: how far either way, in standard deviations.
    """

    rows: int
    steps: int
    span_sd: float

    def sds(self) -> Tensor:
        return torch.linspace(-self.span_sd, self.span_sd, self.steps)


@torch.no_grad()
def through_gan(
    walk: Walk, *, label: int, z_dim: int, seed: int, generate: Network, respond: Network
) -> Made:
    """From the noise of `seed` along the principal directions of the first layer's response.

    Args:
        walk: how many directions, and how far.
        label: the category that is drawn throughout.
        z_dim: of the generator.
        seed: of the noise in the middle.
        generate: noise [N, z] and labels [N] → images [N, C, S, S].
        respond: the same → what the first layer makes of it, [N, D].
    """
    noise = torch.randn(DRAWS, z_dim, generator=Generator().manual_seed(DRAWS_SEED))
    answers = [
        first(respond(some, torch.full((len(some),), label))) for some in torch.split(noise, PIECE)
    ]
    found = of_response(noise, torch.cat(answers), most=walk.rows)
    start = torch.randn(1, z_dim, generator=Generator().manual_seed(seed))
    return _walked(walk, found, start=start, label=label, draw=generate, report={})


@torch.no_grad()
def through_vae(
    walk: Walk,
    *,
    label: int,
    start: Tensor | None,
    attribute: int | None,
    z_dim: int,
    seed: int,
    decode: Network,
    prior: Network,
) -> Made:
    """Along the directions in which a category's codes are spread, or towards another category.

    Args:
        walk: how many directions, and how far; towards another category there is one.
        label: the category that is drawn throughout, and whose spread is the measure.
        start: [1, z], a picture's code; None: a code of the category's own, drawn by `seed`.
        attribute: the category whose mean code is walked towards; None: principal directions.
        z_dim: of the VAE.
        seed: of the code, where none is given.
        decode: codes [N, z] and labels [N] → images [N, C, S, S].
        prior: noise [N, z] and labels [N] → codes, as the category's pictures are spread.
    """
    mean, scale = _gaussian(prior, label, z_dim)
    if start is None:
        noise = torch.randn(1, z_dim, generator=Generator().manual_seed(seed))
        start = first(prior(noise, torch.tensor([label])))
    report: dict[str, float | int | str | None] = {}
    if attribute is None:
        found = of_covariance(scale, most=walk.rows)
    else:
        found, apart = towards(mean, _gaussian(prior, attribute, z_dim)[0], scale)
        report["apart_sd"] = round(apart, 3)
    return _walked(walk, found, start=start, label=label, draw=decode, report=report)


def _gaussian(prior: Network, label: int, z_dim: int) -> tuple[Tensor, Tensor]:
    """A category's mean code [z], and the factor [z, z] of its covariance, through the door."""
    noise = torch.cat([torch.zeros(1, z_dim), torch.eye(z_dim)])
    codes = first(prior(noise, torch.full((len(noise),), label)))
    return codes[0], (codes[1:] - codes[0]).T


def _walked(
    walk: Walk,
    found: Directions,
    *,
    start: Tensor,
    label: int,
    draw: Network,
    report: dict[str, float | int | str | None],
) -> Made:
    sds = walk.sds()
    codes = start + (found.steps[:, None] * sds[:, None]).flatten(0, 1)
    drawn = first(draw(codes, torch.full((len(codes),), label))).clamp(0, 1)
    grid = sheet(torch.split(drawn, 1), columns=walk.steps, gap_px=GAP_PX)
    details: dict[str, Any] = {
        **report,
        "steps_sd": [round(sd, 4) for sd in sds.tolist()],
        "variance_shares": [round(share, 6) for share in found.shares],
        "start": _rounded(start)[0],
        "directions": _rounded(found.steps),
    }
    return Made(
        images=(grid,), report={"directions": len(found.steps), **report}, details=(details,)
    )


def _rounded(codes: Tensor) -> list[list[float]]:
    return [[round(number, 6) for number in row] for row in codes.tolist()]
