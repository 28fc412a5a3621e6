"""A translator draws what it is told from any sketch; its critic looks at patches."""

from dataclasses import asdict

import pytest
import torch
from torch import Generator, Tensor

from models import calling, weights
from models.data.sketches import sketched, steady
from models.losses.restoration import l1
from models.networks.translator import PatchCritic, Translator, TranslatorConfig
from models.weights import Card

SMALL = TranslatorConfig(3, image_size=32, levels=(8, 8, 16))


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def sketch(count: int = 2, side: int = 32) -> Tensor:
    return (torch.rand(count, 1, side, side, generator=chance()) > 0.1).float()


@pytest.mark.parametrize("size", [28, 32, 48, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_have_the_size_of_the_sketch_and_stay_in_range(size: int, channels: int) -> None:
    network = Translator(TranslatorConfig(3, channels, size, levels=(8, 8, 8, 8)))

    images = network.translate(sketch(side=size) * 3 - 1, torch.tensor([0, 2]))

    assert images.shape == (2, channels, size, size)
    assert images.min() >= 0
    assert images.max() <= 1


def test_the_category_decides_too() -> None:
    network = Translator(SMALL)
    same = sketch(1).expand(3, -1, -1, -1)

    images = network.translate(same, torch.arange(3))

    assert (images[0] - images[1]).abs().max() > 1e-4
    assert (images[0] - images[2]).abs().max() > 1e-4


def test_every_parameter_of_both_halves_gets_a_gradient() -> None:
    network, critic = Translator(SMALL), PatchCritic(SMALL)
    labels = torch.arange(3)

    critic(sketch(3), network(sketch(3), labels), labels).square().sum().backward()

    for half in (network, critic):
        silent = [n for n, p in half.named_parameters() if p.grad is None or not p.grad.any()]
        assert silent == []


@pytest.mark.parametrize(("size", "patches"), [(28, 7), (32, 8), (64, 16)])
def test_the_critic_has_a_say_for_each_patch(size: int, patches: int) -> None:
    critic = PatchCritic(SMALL)

    logits = critic(sketch(side=size), torch.rand(2, 3, size, size), torch.tensor([0, 1]))

    assert logits.shape == (2, patches, patches)


def test_a_patch_is_a_part_of_the_picture() -> None:
    images = torch.rand(1, 3, 64, 64, requires_grad=True)

    PatchCritic(SMALL)(sketch(1, 64), images, torch.tensor([0]))[0, 8, 8].backward()

    rows = images.grad.abs().sum((0, 1, 3)).nonzero()
    assert 24 <= (rows.max() - rows.min() + 1).item() <= 40


def test_serving_is_deterministic_and_neighbours_do_not_matter() -> None:
    network, given = Translator(SMALL).eval(), (sketch(3), torch.arange(3))

    with torch.inference_mode():
        together, again = network.translate(*given), network.translate(*given)
        alone = network.translate(given[0][:1], given[1][:1])

    assert torch.equal(together, again)
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


def test_both_halves_stay_as_small_as_promised() -> None:
    halves = Translator(TranslatorConfig(12)), PatchCritic(TranslatorConfig(12))

    sizes = [sum(parameter.numel() for parameter in half.parameters()) for half in halves]

    assert sizes == [1_462_659, 152_641]


def test_what_was_written_gives_the_same_pictures_when_read(tmp_path) -> None:
    network = Translator(SMALL).half().float().eval()
    card = Card("tiny", "translator", asdict(SMALL), sha256="", licence="CC0", data="none")

    written = weights.write(network, tmp_path, card)
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), written)

    given = sketch(), torch.tensor([1, 2])
    assert torch.equal(again(*given), network(*given))
    assert set(calling.doors(again)) == {"translate"} == set(calling.examples(again))
    assert calling.doors(again)["translate"](*calling.examples(again)["translate"]).ndim == 4


def test_it_learns_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    images = torch.ones(3, 3, 32, 32)
    for number in range(3):
        images[number, number, 6 + 3 * number : 20, 8:24] = 0.1
    given = sketched(images, steady(3)), torch.arange(3)
    network = Translator(TranslatorConfig(3, image_size=32, levels=(16, 32, 32)))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(160):
        loss = l1(network(*given), images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.04  # blank paper is 0.05 off
