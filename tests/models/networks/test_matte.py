"""A matte has the picture's size, whatever that is, and is told by the whole of it."""

from dataclasses import asdict

import pytest
import torch
from torch import Generator

from models import calling, weights
from models.data.composites import composed
from models.losses.matting import coarse_loss, fine_loss
from models.networks.matte import MatteConfig, MatteNet
from models.weights import Card
from tests.cutouts import discs, grounds

SMALL = MatteConfig(view=16, levels=(8, 8, 16), rim_width=4, rim_depth=3)


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (33, 20), (70, 131)])
def test_pictures_of_any_size_have_a_matte_of_that_size_in_range(size: tuple[int, int]) -> None:
    network = MatteNet(SMALL)

    alpha = network.matte(torch.rand(2, 3, *size) * 3 - 1)

    assert alpha.shape == (2, 1, *size)
    assert alpha.min() >= 0
    assert alpha.max() <= 1


@pytest.mark.parametrize(("side", "steps"), [(17, 1), (32, 1), (33, 2), (64, 2), (65, 3)])
def test_a_matte_grows_by_two_at_most(side: int, steps: int) -> None:
    sides = [max(one) for one in MatteNet(SMALL)._sides(torch.zeros(1, 3, side, 5))]

    assert (len(sides), sides[-1]) == (steps, side)
    assert all(b <= 2 * a for a, b in zip([16, *sides], sides, strict=False))


@pytest.mark.parametrize("side", [5, 16])
def test_what_the_coarse_half_sees_whole_is_not_refined(side: int) -> None:
    assert MatteNet(SMALL)._sides(torch.zeros(1, 3, side, 5)) == []


def test_every_parameter_gets_a_gradient() -> None:
    network = MatteNet(SMALL)

    alpha, logits = network(torch.rand(2, 3, 32, 32, generator=chance()))
    (alpha.square().sum() + logits.square().sum()).backward()

    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_serving_is_deterministic_and_neighbours_do_not_matter() -> None:
    network, images = MatteNet(SMALL).eval(), torch.rand(3, 3, 40, 30, generator=chance())

    with torch.inference_mode():
        together, again, alone = (network.matte(one) for one in (images, images, images[:1]))

    assert torch.equal(together, again)
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


def test_it_stays_as_small_as_promised() -> None:
    network = MatteNet(MatteConfig())

    sizes = [sum(p.numel() for p in part.parameters()) for part in (network, network.rim)]

    assert sizes == [1_920_082, 14_769]


def test_what_was_written_gives_the_same_mattes_when_read(tmp_path) -> None:
    network = MatteNet(SMALL).half().float().eval()
    card = Card("tiny", "matte", asdict(SMALL), sha256="", licence="CC0", data="none")

    written = weights.write(network, tmp_path, card)
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), written)

    image = torch.rand(1, 3, 24, 40)
    assert torch.equal(again.matte(image), network.matte(image))
    assert set(calling.doors(again)) == {"matte"} == set(calling.examples(again))


def test_it_learns_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    seen = composed(discs(4) / 255, grounds().learnt, chance())
    network = MatteNet(MatteConfig(view=16, levels=(16, 16, 32), rim_width=8, rim_depth=3))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(80):
        made, logits = network(seen.images)
        loss = coarse_loss(logits, seen.alpha) + fine_loss(made, seen.alpha, seen.contrast)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    error = (network.matte(seen.images) - seen.alpha).abs().mean().item()
    assert error < 0.25 * seen.alpha.mean().item()
