"""A grid of walks: its middle is the beginning, its rows go where their directions point."""

import pytest
import torch

from models.explaining.latent import GAP_PX, Walk, through_gan, through_vae
from models.networks.gan import GanConfig, Generator

SIDE = 28


@pytest.fixture
def gan(monkeypatch) -> Generator:
    monkeypatch.setattr("models.networks.gan.WIDTHS", {32: (8,) * 4, 64: (8,) * 5})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(GanConfig(3, z_dim=8)).eval().requires_grad_(requires_grad=False)


def tile(grid: torch.Tensor, row: int, column: int) -> torch.Tensor:
    top, left = row * (SIDE + GAP_PX), column * (SIDE + GAP_PX)
    return grid[..., top : top + SIDE, left : left + SIDE]


def walked(gan: Generator, walk: Walk, seed: int = 3):
    doors = {"generate": gan.generate, "respond": gan.respond}
    return through_gan(walk, label=1, z_dim=8, seed=seed, **doors)


def test_each_row_of_a_gans_grid_has_the_seeds_own_picture_in_its_middle(gan):
    made = walked(gan, Walk(rows=2, steps=5, span_sd=2.0))

    noise = torch.randn(1, 8, generator=torch.Generator().manual_seed(3))
    expected = gan.generate(noise, torch.tensor([1]))
    assert made.images[0].shape == (1, 1, 2 * SIDE + GAP_PX, 5 * SIDE + 4 * GAP_PX)
    for row in range(2):
        torch.testing.assert_close(tile(made.images[0], row, 2), expected, atol=1e-5, rtol=0)
    assert not torch.equal(tile(made.images[0], 0, 4), tile(made.images[0], 1, 4))


def test_a_grid_can_be_drawn_again_from_its_details(gan):
    made = walked(gan, Walk(rows=2, steps=3, span_sd=1.5))

    told = made.details[0]
    assert told["steps_sd"] == [-1.5, 0.0, 1.5]
    code = torch.tensor(told["start"]) + 1.5 * torch.tensor(told["directions"][1])
    again = gan.generate(code[None], torch.tensor([1]))
    torch.testing.assert_close(tile(made.images[0], 1, 2), again, atol=1e-4, rtol=0)


def test_directions_are_the_generators_and_not_the_seeds(gan):
    walk = Walk(rows=3, steps=3, span_sd=1.0)

    one, other = (walked(gan, walk, seed=seed).details[0] for seed in (1, 2))

    assert one["directions"] == other["directions"]
    assert one["start"] != other["start"]
    assert one["variance_shares"] == sorted(one["variance_shares"], reverse=True)


def level(z, label):
    """Draws one number of a code as a grey, whatever the category."""
    del label
    return z[:, :1, None, None].expand(-1, 1, SIDE, SIDE)


def spread(noise, label):
    """Categories lie 0.3 apart along the first number, each 0.1 wide there and 0.01 elsewhere."""
    scale = torch.tensor([0.1, 0.01, 0.01, 0.01])
    mean = torch.zeros(len(noise), 4)
    mean[:, 0] = 0.3 * label
    return mean + noise * scale


def greys(made, columns: int) -> list[float]:
    return [tile(made.images[0], 0, column).mean().item() for column in range(columns)]


def test_a_vaes_first_direction_is_that_of_its_categorys_largest_spread():
    asked = {"label": 1, "z_dim": 4, "seed": 0, "decode": level, "prior": spread}

    made = through_vae(
        Walk(2, 3, 2.0), start=torch.tensor([[0.5, 0, 0, 0]]), attribute=None, **asked
    )

    assert greys(made, 3) == pytest.approx([0.3, 0.5, 0.7], abs=1e-5)
    assert made.details[0]["variance_shares"][0] == pytest.approx(1 / 1.03, abs=1e-4)


def test_towards_another_category_each_step_is_one_of_the_firsts_deviations():
    asked = {"label": 0, "z_dim": 4, "seed": 0, "decode": level, "prior": spread}

    made = through_vae(Walk(4, 3, 3.0), start=torch.zeros(1, 4), attribute=2, **asked)

    assert made.report["directions"] == 1
    assert made.report["apart_sd"] == pytest.approx(6.0, abs=1e-3)
    assert greys(made, 3) == pytest.approx([0.0, 0.0, 0.3], abs=1e-5)


def test_without_a_picture_the_walk_begins_where_the_seed_says():
    asked = {"label": 0, "z_dim": 4, "decode": level, "prior": spread, "start": None}

    one, same, other = (
        through_vae(Walk(1, 3, 1.0), attribute=None, seed=seed, **asked) for seed in (1, 1, 2)
    )

    assert one.details[0]["start"] == same.details[0]["start"] != other.details[0]["start"]
