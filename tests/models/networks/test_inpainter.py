"""An inpainter begins as the film and changes nothing but the hole."""

from dataclasses import asdict

import pytest
import torch

from models import calling, weights
from models.data import holes
from models.networks.inpainter import CELL, HoleCritic, Inpainter, InpainterConfig
from models.weights import Card

SMALL = InpainterConfig(levels=(8, 8, 16), dilations=(1, 2))


@pytest.mark.parametrize("size", [(8, 8), (32, 40), (64, 24)])
def test_what_is_outside_of_the_hole_stays_to_the_bit(size: tuple[int, int]) -> None:
    film, hole = torch.rand(2, 3, *size), torch.zeros(2, 1, *size)
    hole[:, :, 2:6, 2:6] = 1

    drawn = Inpainter(SMALL).fill(film, hole)

    assert drawn.shape == film.shape
    assert torch.equal(drawn.where(hole <= 0, 0.0), film.where(hole <= 0, 0.0))
    assert not torch.equal(drawn, film)
    assert 0 <= drawn.min() <= drawn.max() <= 1


def test_every_parameter_of_both_halves_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network, critic = Inpainter(SMALL), HoleCritic()
    film, hole = torch.rand(2, 3, 32, 32), holes.steady(2, shape=(32, 32))

    critic(network(film, hole), hole).square().sum().backward()

    both = [*network.named_parameters(), *critic.named_parameters()]
    assert [name for name, p in both if p.grad is None or not p.grad.any()] == []


def test_the_critic_judges_cell_by_cell() -> None:
    assert HoleCritic()(torch.rand(1, 3, 64, 32), torch.zeros(1, 1, 64, 32)).shape == (
        1, 64 // CELL, 32 // CELL,
    )  # fmt: skip


def test_they_stay_as_small_as_promised() -> None:
    halves = Inpainter(InpainterConfig()), HoleCritic()

    assert [sum(p.numel() for p in one.parameters()) for one in halves] == [3_709_827, 503_937]


def test_what_was_written_draws_the_same_when_read(tmp_path) -> None:
    network = Inpainter(SMALL).half().float().eval()
    card = Card("tiny", "inpainter", asdict(SMALL), sha256="", licence="CC0", data="none")

    written = weights.write(network, tmp_path, card)
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), written)

    (given,) = calling.examples(again).values()
    assert torch.equal(again.fill(*given), network.fill(*given))
    assert set(calling.doors(again)) == {"fill"} == set(calling.examples(again))
