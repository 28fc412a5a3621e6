"""The style autoencoder gives pictures back, and in between tells and changes their style."""

from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from models import calling, weights
from models.losses.restoration import l1
from models.metrics.psnr import psnr_db
from models.networks import style
from models.networks.style import StyleAutoencoder, StyleConfig, moved, statistics
from models.tiles import tiled
from models.weights import Card

SMALL = StyleConfig((28, 26, 26, 26))


def network(config: StyleConfig = SMALL) -> StyleAutoencoder:
    torch.manual_seed(3)
    return StyleAutoencoder(config).eval()


def image(count: int = 1, height: int = 32, width: int = 40) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def moves(of: StyleAutoencoder, count: int = 1) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(2)
    gain, shift = torch.rand(2, count, of.code_channels, generator=chance)
    return 0.5 + gain, shift - 0.5


def test_it_is_small_and_ships_in_less_than_two_megabytes() -> None:
    numbers = sum(one.numel() for one in StyleAutoencoder(StyleConfig()).parameters())

    assert numbers < 600_000
    assert 2 * numbers < 2_000_000


@pytest.mark.parametrize("size", [(8, 8), (40, 64)])
def test_what_comes_back_has_the_shape_of_what_went_in(size: tuple[int, int]) -> None:
    assert network()(image(2, *size)).shape == (2, 3, *size)


def test_it_begins_as_what_passes_pictures_on(monkeypatch) -> None:
    monkeypatch.setattr(style, "NOISE_GAIN", 0.0)

    assert psnr_db(network()(image()), image()) > 80


def test_every_parameter_gets_a_gradient() -> None:
    one = network()

    one(image()).square().sum().backward()

    silent = [n for n, p in one.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_same_code_changes_nothing_at_all() -> None:
    one = network()

    still = one.restyle(
        image(), torch.ones(1, one.code_channels), torch.zeros(1, one.code_channels)
    )

    assert not still.any()


def test_a_code_that_was_moved_has_the_statistics_it_was_moved_to() -> None:
    one, (gain, shift) = network(), moves(network())
    code = one.encode(image())
    mean, spread = statistics(code)

    after, width = statistics(moved(code, gain, shift))

    torch.testing.assert_close(after, gain * mean + shift, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(width, gain * spread, atol=2e-3, rtol=1e-2)


def test_what_does_not_count_is_not_measured() -> None:
    one = network()
    half = torch.ones(1, 1, 64, 128)
    half[..., 64:] = 0
    both = torch.cat([image(1, 64, 64), torch.ones(1, 3, 64, 64)], dim=3)
    counted = torch.zeros(1, 1, 64, 128)
    counted[..., :32] = 1  # so far from the rest that no pixel of it is seen

    whole, part = one.measure(both, half), one.measure(both, counted)
    alone = one.measure(image(1, 64, 64)[..., :32], torch.ones(1, 1, 64, 32))

    assert not torch.allclose(whole[0], part[0])
    assert (part[0] - alone[0]).abs().mean() < 0.2 * alone[1].mean()


def test_tiles_join_to_the_whole() -> None:
    one = network()
    whole_picture, (gain, shift) = image(1, 200, 136), moves(one)
    tiling = one.tiling

    with torch.inference_mode():
        whole = one.restyle(whole_picture, gain, shift)
        joined = tiled(
            one.restyle, whole_picture, gain, shift,
            tile=64, margin=tiling.margin, multiple=tiling.multiple,
        )  # fmt: skip

    torch.testing.assert_close(joined, whole, atol=1e-5, rtol=0)


def test_serving_is_deterministic_and_neighbours_in_a_batch_do_not_matter() -> None:
    one = network()
    pictures, (gain, shift) = image(3), moves(one, 3)

    with torch.inference_mode():
        together = one.restyle(pictures, gain, shift)
        again = one.restyle(pictures, gain, shift)
        alone = one.restyle(pictures[1:2], gain[1:2], shift[1:2])

    assert torch.equal(together, again)
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=0)


def test_in_bfloat16_it_says_nearly_the_same() -> None:
    one = network()

    with torch.inference_mode():
        exact = one(image())
        with torch.autocast("cpu", torch.bfloat16):
            rough = one(image())

    assert rough.dtype == torch.float32
    assert psnr_db(rough, exact) > 35


def test_weights_on_disk_are_the_same_network(tmp_path) -> None:
    one = network().half().float()
    card = Card("tiny", "style", asdict(SMALL), sha256="", licence="CC0", data="none")
    card = weights.write(one, tmp_path, card)

    again = weights.read((tmp_path / weights.MODEL_FILE).read_bytes(), card)

    with torch.inference_mode():
        for name, arguments in calling.examples(one).items():
            before, after = (calling.doors(which)[name](*arguments) for which in (one, again))
            torch.testing.assert_close(after, before)


def test_one_picture_can_be_learnt() -> None:
    one = network().train()
    descent = torch.optim.Adam(one.parameters(), lr=2e-3)
    losses = []

    for _ in range(30):
        loss = l1(one(image()), image())
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())

    assert losses[-1] < 0.3 * losses[0]
