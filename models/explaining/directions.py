"""Directions of a latent space along which pictures differ, each a standard deviation long."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.failures import CannotDo

_LEAST_SD = 1e-6


@dataclass(frozen=True, slots=True)
class Directions:
    """Ways through a latent space, that of the largest spread first.

    Attributes:
        steps: [R, z], each as long as codes are spread along it: one standard deviation.
        shares: of all the variance, what lies along each; empty of a way that was named.
    """

    steps: Tensor
    shares: tuple[float, ...] = ()


def of_covariance(scale: Tensor, *, most: int) -> Directions:
    """The principal directions of a Gaussian, by the Cholesky factor [z, z] of its covariance."""
    left, sds, _ = torch.linalg.svd(scale.double())
    return Directions(
        _signed(left.T[:most] * sds[:most, None]).float(), _shares(sds.square(), most)
    )


def of_response(noise: Tensor, response: Tensor, *, most: int) -> Directions:
    """The noise that moves a GAN's first layer along its principal components.

    GANSpace (Härkönen et al. 2020), as it treats generators whose noise is no style: components
    of the response, then the noise that goes with each by least squares.

    Args:
        noise: [N, z], many draws.
        response: [N, D], what the first layer makes of each.
        most: how many directions.
    """
    centred = (response - response.mean(0)).double()
    _, singular, right = torch.linalg.svd(centred, full_matrices=False)
    variances = singular.square() / (len(noise) - 1)
    sds = variances.sqrt().clamp(min=_LEAST_SD)
    along = centred @ right[:most].T / sds[:most]  # [N, R], of unit variance
    steps = torch.linalg.lstsq(along, (noise - noise.mean(0)).double()).solution
    return Directions(_signed(steps).float(), _shares(variances, most))


def towards(start: Tensor, end: Tensor, scale: Tensor) -> tuple[Directions, float]:
    """The way from one mean code [z] to another, and how many of its steps they are apart.

    Args:
        start: the mean code of the category that is walked from, whose spread is the step.
        end: of the other.
        scale: [z, z], the Cholesky factor of the first one's covariance.

    Raises:
        CannotDo: `no_direction`; both are one.
    """
    way = (end - start).double()
    length = way.norm()
    if length < _LEAST_SD:
        raise CannotDo("no_direction", "both categories have the same mean code: name another")
    unit = way / length
    sd = (scale.double().T @ unit).norm()
    return Directions((unit * sd).float()[None]), float(length / sd)


def _shares(variances: Tensor, most: int) -> tuple[float, ...]:
    return tuple((variances[:most] / variances.sum()).tolist())


def _signed(steps: Tensor) -> Tensor:
    """Either sign is as good: the one whose largest number is above zero, so that it is one."""
    largest = steps.gather(1, steps.abs().argmax(1, keepdim=True))
    return steps * largest.sign()
