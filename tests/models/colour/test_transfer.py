"""Colours become the like of others, smoothly, and where nothing is asked not at all."""

import pytest
import torch

from models import oklab
from models.colour.transfer import transfer, transferred


def colours(seed: int, spread: float = 0.15) -> torch.Tensor:
    """[3, 4000] around a colour of its own."""
    chance = torch.Generator().manual_seed(seed)
    middle = 0.35 + 0.3 * torch.rand(3, 1, generator=chance)
    mixing = torch.eye(3) + 0.25 * torch.randn(3, 3, generator=chance)
    mixed = mixing @ torch.randn(3, 4_000, generator=chance)
    return (middle + spread * mixed / 2).clamp(0.02, 0.98)


def image(flat: torch.Tensor) -> torch.Tensor:
    return flat.view(1, 3, 40, 100)


def moments(flat: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    lab = oklab.from_rgb(flat[None, :, None])[0, :, 0]
    return lab.mean(dim=1), lab.cov()


@pytest.mark.parametrize("seeds", [(1, 2), (3, 4), (5, 6)], ids=str)
def test_mean_and_spread_become_the_targets(seeds):
    own, wanted = colours(seeds[0], 0.08), colours(seeds[1], 0.08)

    output = transferred(image(own), transfer(own, wanted), share=torch.ones(1, 1, 40, 100))

    (mean, spread), (aim, wanted_spread) = moments(output[0].flatten(1)), moments(wanted)
    assert (mean - aim).abs().max() < 0.01
    assert (spread - wanted_spread).norm() < 0.2 * wanted_spread.norm()  # some colours are clipped


def test_its_own_colours_change_nothing_to_be_seen():
    own = colours(1)

    output = transferred(image(own), transfer(own, own), share=torch.ones(1, 1, 40, 100))

    assert (output - image(own)).abs().max() < 2e-3


def test_where_there_is_no_share_every_bit_stays():
    own, share = colours(1), torch.zeros(1, 1, 40, 100)
    share[..., :50] = 1

    output = transferred(image(own), transfer(own, colours(2)), share=share)

    assert torch.equal(output[..., 50:], image(own)[..., 50:])
    assert not torch.equal(output[..., :50], image(own)[..., :50])


def test_the_noise_of_a_flat_ground_is_not_blown_up():
    flat = (0.5 + 0.004 * torch.randn(3, 4_000)).clamp(0, 1)

    output = transferred(image(flat), transfer(flat, colours(2)), share=torch.ones(1, 1, 40, 100))

    assert output.std() - image(flat).std() < 0.1
    assert output[0].flatten(1).std(dim=1).max() < 3 * 0.004


def test_grey_to_one_colour_is_that_colour():
    grey = torch.linspace(0.2, 0.8, 4_000).expand(3, -1)
    red = torch.tensor([0.7, 0.2, 0.2]).view(3, 1).repeat(1, 100)

    output = transferred(image(grey), transfer(grey, red), share=torch.ones(1, 1, 40, 100))

    assert (moments(output[0].flatten(1))[0] - moments(red)[0]).abs().max() < 0.03
