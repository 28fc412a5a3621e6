"""All of a picture's colours become another's, and neighbours in colour stay neighbours."""

import torch

from models.colour.transport import transport, transported
from models.metrics.colour_distance import colour_distance


def colours(seed: int, *, tint: tuple[float, float, float]) -> torch.Tensor:
    chance = torch.Generator().manual_seed(seed)
    return torch.rand(3, 3_000, generator=chance) * torch.tensor(tint).view(3, 1)


COLD, WARM = colours(1, tint=(0.4, 0.5, 0.9)), colours(2, tint=(0.9, 0.6, 0.3))


def turned(flat: torch.Tensor, cube: torch.Tensor, share: float = 1.0) -> torch.Tensor:
    return transported(flat[None, :, None], cube, share=torch.full((1, 1, 1, flat.shape[1]), share))


def test_they_become_the_like_of_others():
    output = turned(COLD, transport(COLD, WARM))[0, :, 0]

    assert colour_distance(output, WARM) < 0.15 * colour_distance(COLD, WARM)


def test_their_own_colours_change_nothing_to_be_seen():
    assert (turned(COLD, transport(COLD, COLD))[0, :, 0] - COLD).abs().max() < 1e-5


def test_what_has_no_share_keeps_every_bit():
    assert torch.equal(turned(COLD, transport(COLD, WARM), 0.0)[0, :, 0], COLD)


def test_the_same_colours_go_the_same_way_each_time():
    assert torch.equal(transport(COLD, WARM), transport(COLD, WARM))


def test_a_soft_shade_stays_soft():
    shade = torch.linspace(0.1, 0.9, 2_001).expand(3, -1)

    output = turned(shade, transport(COLD, WARM))[0, :, 0]

    assert output.diff(dim=1).abs().max() < 12 * float(shade.diff(dim=1).max())


def test_one_colour_goes_to_the_middle_of_many_and_stays_one():
    grey = torch.full((3, 500), 0.5)

    output = turned(grey, transport(grey, WARM))[0, :, 0]

    assert output.std(dim=1).max() < 1e-5
    assert (output[:, 0] - WARM.mean(dim=1)).abs().max() < 0.15


def test_red_green_and_blue_are_not_mixed_up():
    flat = torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9]])

    assert (turned(flat, transport(flat, flat))[0, :, 0] - flat).abs().max() < 1e-5
