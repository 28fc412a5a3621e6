"""Networks that others made answer behind our doors as spandrel has them, and nothing else does."""

from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Generator, Tensor, nn

from models import calling, weights
from models.failures import CannotDo
from models.networks import community
from models.networks.community import Community
from models.networks.found import examined
from models.tiles import tiled
from models.weights import Card, WeightsError
from tests import strangers

spandrel = strangers.spandrel()

NETWORKS = {
    "compact": ("upscaler", strangers.compact),
    "dncnn": ("denoiser", strangers.dncnn),
    "dncnn-grey": ("denoiser", lambda: strangers.dncnn(channels=1)),
    "drunet": ("denoiser", strangers.drunet),
}


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def card_of(kind: str, data: bytes) -> Card:
    config = examined(kind, weights.checked(data, dtypes=community.DTYPES))
    return Card("theirs", kind, asdict(config), sha256(data).hexdigest(), "MIT", "unknown")


def served(kind: str, network: nn.Module) -> Community:
    """As a version's row gives it, from the very bytes that somebody published."""
    data = strangers.file_of(network)
    card = Card.from_json(card_of(kind, data).to_json())
    made = weights.read(data, card)
    assert isinstance(made, Community)
    return made


def answer(network: Community, images: Tensor, sigma: float = 15.0) -> Tensor:
    doors = calling.doors(network)
    if "upscale" in doors:
        return doors["upscale"](images)
    return doors["denoise"](images, torch.full((len(images),), sigma))


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_door_gives_what_spandrel_gives(name: str) -> None:
    kind, build = NETWORKS[name]
    theirs = spandrel.MAIN_REGISTRY.load(build().state_dict())
    ours = served(kind, build())
    images = torch.rand(2, ours.config.channels, 21, 30, generator=chance())

    given = answer(ours, images)

    wanted = torch.cat([theirs(image) for image in torch.split(images, 1)])
    assert given.shape == wanted.shape
    assert (given - wanted).abs().max() < 1e-5


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("size", [(1, 1), (7, 13), (64, 40)], ids=str)
def test_pictures_of_any_size_are_answered_in_colour(name: str, size: tuple[int, int]) -> None:
    network = served(*_built(name))

    made = answer(network, torch.rand(2, 3, *size, generator=chance()))

    scale = network.config.scale
    assert made.shape == (2, 3, size[0] * scale, size[1] * scale)
    assert made.min() >= 0
    assert made.max() <= 1


def _built(name: str) -> tuple[str, nn.Module]:
    kind, build = NETWORKS[name]
    return kind, build()


def test_what_takes_the_strength_of_the_noise_is_told_it_for_each_picture() -> None:
    network = served("denoiser", strangers.drunet())
    image = torch.rand(1, 3, 32, 32, generator=chance())

    both = calling.doors(network)["denoise"](image.expand(2, -1, -1, -1), torch.tensor([5.0, 50.0]))

    alone = [answer(network, image, sigma=sigma) for sigma in (5.0, 50.0)]
    assert (both - torch.cat(alone)).abs().max() < 1e-5
    assert (both[0] - both[1]).abs().max() > 1e-3


def test_a_blind_network_makes_nothing_of_sigma() -> None:
    network = served("denoiser", strangers.dncnn())
    image = torch.rand(1, 3, 32, 32, generator=chance())

    assert torch.equal(answer(network, image, sigma=5.0), answer(network, image, sigma=50.0))
    assert not network.config.is_told_sigma


def test_a_grey_network_mends_each_colour_by_itself() -> None:
    network = served("denoiser", strangers.dncnn(channels=1))
    image = torch.rand(2, 3, 24, 24, generator=chance())

    whole = answer(network, image)

    each = [answer(network, image[:, [channel]]) for channel in range(3)]
    assert (whole - torch.cat(each, dim=1)).abs().max() < 1e-6


def test_tiles_agree_with_the_whole_picture() -> None:
    network = served("denoiser", strangers.drunet())
    tiling = replace(community.tiling(asdict(network.config)), tile=64)
    image = torch.rand(1, 3, 150, 200, generator=chance())
    door, sigma = calling.doors(network)["denoise"], torch.tensor([25.0])

    joined = tiled(door, image, sigma, tile=64, margin=tiling.margin, multiple=tiling.multiple)

    assert (joined - door(image, sigma)).abs().max() < 1e-5


def test_the_card_says_how_the_network_is_built() -> None:
    config = card_of("denoiser", strangers.file_of(strangers.drunet())).config

    assert (config["architecture"], config["multiple"], config["channels"]) == ("DRUNet", 8, 3)
    assert config["parameters"]["nc"] == [4, 4, 8, 8]
    assert config["is_told_sigma"]


def test_a_network_that_writes_into_what_it_is_given_leaves_our_picture_alone() -> None:
    sizes = {"n_resgroups": 1, "n_resblocks": 1, "n_feats": 64, "scale": 2}
    network = served("upscaler", strangers.built("RCAN", "RCAN", **sizes))
    image = torch.rand(1, 3, 16, 16, generator=chance())
    before = image.clone()

    answer(network, image)

    assert torch.equal(image, before)


@pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning")
def test_what_is_written_reads_back_with_its_whole_numbers(tmp_path: Path) -> None:
    sizes = {"embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 8, "img_size": 16}
    network = served("denoiser", strangers.built("SwinIR", "SwinIR", upscale=1, **sizes))
    card = Card("again", "denoiser", asdict(network.config), "", "MIT", "unknown")

    card = weights.write(network, tmp_path, card)

    again = weights.read((tmp_path / weights.MODEL_FILE).read_bytes(), card)
    image = torch.rand(1, 3, 24, 24, generator=chance())
    assert (answer(again, image) - answer(network, image)).abs().max() < 2e-3


def test_what_is_written_is_what_others_programs_read(tmp_path: Path) -> None:
    network = served("upscaler", strangers.compact())

    weights.write(network, tmp_path, Card("x", "upscaler", asdict(network.config), "", "MIT", "?"))

    state = safetensors.torch.load_file(tmp_path / weights.MODEL_FILE)
    found = spandrel.MAIN_REGISTRY.load(state)
    assert (found.architecture.id, found.scale) == ("Compact", 2)


def test_half_and_wide_numbers_are_read_alike() -> None:
    network = strangers.compact()
    halves = strangers.file_of(strangers.compact().bfloat16())

    read = weights.read(halves, card_of("upscaler", halves))

    image = torch.rand(1, 3, 16, 16, generator=chance())
    whole = answer(served("upscaler", network), image)
    assert (answer(read, image) - whole).abs().max() < 0.05


@pytest.mark.parametrize(
    ("kind", "build", "code"),
    [
        ("denoiser", lambda: nn.Linear(3, 3), "architecture_unknown"),
        ("denoiser", strangers.compact, "network_unfit"),
        ("upscaler", strangers.dncnn, "network_unfit"),
        ("denoiser", lambda: strangers.dncnn(channels=2), "community_unsupported"),
        (
            "denoiser",  # spandrel adds a half to what it says
            lambda: strangers.built(
                "MixDehazeNet", "MixDehazeNet", embed_dims=[8, 16, 32, 16, 8], depths=[1] * 5
            ),
            "community_unsupported",
        ),
    ],
    ids=["unknown", "enlarges", "mends", "two-channels", "other-answer"],
)
def test_what_cannot_be_served_is_refused(
    kind: str, build: Callable[[], nn.Module], code: str
) -> None:
    tensors = build().state_dict()

    with pytest.raises(CannotDo) as refused:
        examined(kind, tensors)

    assert refused.value.code == code


def test_tensors_that_lack_one_are_refused() -> None:
    tensors = strangers.compact().state_dict()
    del tensors["body.2.weight"]

    with pytest.raises(CannotDo) as refused:
        examined("upscaler", tensors)

    assert refused.value.code == "community_unsupported"


def test_numbers_that_are_not_finite_are_refused() -> None:
    network = strangers.compact()
    nn.init.constant_(network.body[0].bias, float("nan"))

    with pytest.raises(WeightsError, match="not finite"):
        card_of("upscaler", strangers.file_of(network))


def test_a_card_of_another_network_is_refused() -> None:
    data = strangers.file_of(strangers.compact())
    card = card_of("upscaler", data)

    with pytest.raises(CannotDo, match="read as another network"):
        weights.read(data, replace(card, config={**card.config, "scale": 4}))


def test_an_architecture_that_is_no_longer_known_is_said() -> None:
    data = strangers.file_of(strangers.compact())
    card = card_of("upscaler", data)

    with pytest.raises(CannotDo) as refused:
        weights.read(data, replace(card, config={**card.config, "architecture": "Nobody's"}))

    assert refused.value.code == "architecture_unknown"


def test_a_learner_learns_and_leaves_batch_statistics_as_they_are() -> None:
    network = served("denoiser", strangers.dncnn(act_mode="BR"))
    copied = community.learner(network)
    before = {name: one.clone() for name, one in copied.named_buffers()}

    copied(torch.rand(2, 3, 16, 16, generator=chance()), torch.ones(2)).mean().backward()

    assert all(one.grad is not None for one in copied.parameters())
    assert all(torch.equal(one, before[name]) for name, one in copied.named_buffers())
    assert not any(one.requires_grad for one in network.parameters())
