"""A run that begins with what others trained: better than scratch, and the same architecture."""

from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from models import weights
from models.data.image_set import ImageSet
from models.networks import community
from models.networks.found import examined
from models.training.config import RECIPES, TrainConfig
from models.training.run import train
from models.training.starting import Start
from models.training.watch import Trained, TrainingError, Watch
from models.weights import Card
from tests import strangers
from tests.runs import CPU, Killed, killed_at

spandrel = strangers.spandrel()

NETWORKS = {
    "denoiser": (strangers.dncnn, 1),
    "upscaler": (strangers.compact, 2),
}


def shop() -> ImageSet:
    """Small photographs, of which four are held out."""
    images = strangers.photographs(20, 48)
    labels = torch.zeros(20, dtype=torch.int64)
    return ImageSet("shop", images, labels, ("shoe",), torch.arange(16, 20), "CC0", "made here")


def recipe(network: str, *, epochs: int = 2) -> TrainConfig:
    usual = RECIPES[network]
    return replace(usual, epochs=epochs, batch_size=8, learning_rate=1e-4, precision="float32")


def start(kind: str, network: nn.Module, *freeze: str) -> Start:
    data = strangers.file_of(network)
    config = examined(kind, weights.checked(data, dtypes=community.DTYPES))
    card = Card("theirs", kind, asdict(config), sha256(data).hexdigest(), "MIT", "their pictures")
    return Start("theirs@1", card, weights.read(data, card), freeze)


def run(
    folder: Path, kind: str, begun: Start, *, epochs: int = 2, watch: Watch | None = None
) -> Trained:
    config = recipe(kind, epochs=epochs)
    return train(config, shop(), folder=folder, device=CPU, watch=watch or Watch(), start=begun)


@pytest.mark.parametrize("kind", list(NETWORKS))
def test_it_begins_above_scratch_and_stays_the_same_architecture(tmp_path: Path, kind: str) -> None:
    build, scale = NETWORKS[kind]
    learnt = start(kind, strangers.trained(build(), scale=scale))
    scratch = start(kind, build(seed=7))

    made = run(tmp_path / "theirs", kind, learnt)

    anew = run(tmp_path / "scratch", kind, scratch, epochs=1)
    recipe_ = made.card.recipe
    assert recipe_["start_val_psnr_db"] > anew.card.recipe["start_val_psnr_db"] + 1
    assert (recipe_["start_from"], recipe_["start_sha256"]) == ("theirs@1", learnt.card.sha256)
    assert made.card.config == learnt.card.config
    assert made.card.licence == "CC0; MIT"
    assert [epoch.number for epoch in made.epochs] == [1, 2]


@pytest.mark.parametrize("kind", list(NETWORKS))
def test_every_tensor_learns_and_the_file_is_read_as_any_of_them(tmp_path: Path, kind: str) -> None:
    begun = start(kind, NETWORKS[kind][0]())

    made = run(tmp_path, kind, begun)

    state = safetensors.torch.load_file(tmp_path / weights.MODEL_FILE)
    before = community.bare(begun.network).state_dict()
    assert state.keys() == before.keys()
    assert not any(torch.equal(state[name].float(), before[name]) for name in state)
    assert (
        spandrel.MAIN_REGISTRY.load(dict(state)).architecture.id
        == (made.card.config["architecture"])
    )
    assert weights.read((tmp_path / weights.MODEL_FILE).read_bytes(), made.card)


def test_a_run_that_was_killed_and_resumed_is_the_run_that_was_not(tmp_path: Path) -> None:
    begun = start("denoiser", strangers.dncnn(act_mode="BR"))
    whole = run(tmp_path / "a", "denoiser", begun)

    with pytest.raises(Killed):
        run(tmp_path / "b", "denoiser", begun, watch=killed_at(3))
    resumed = run(tmp_path / "b", "denoiser", begun)

    assert resumed.card.sha256 == whole.card.sha256


@pytest.mark.parametrize(
    ("kind", "begun", "sentence"),
    [
        ("upscaler", lambda: start("upscaler", strangers.compact(scale=4)), "4 there, 2 here"),
        ("upscaler", lambda: start("denoiser", strangers.dncnn()), "a denoiser, the run learns"),
        ("denoiser", lambda: _unwritable(), "cannot be written again"),
        ("denoiser", lambda: start("denoiser", strangers.dncnn(), "encoder"), "none that can be"),
    ],
    ids=["scale", "kind", "unwritable", "part"],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, kind: str, begun: Callable[[], Start], sentence: str
) -> None:
    with pytest.raises(TrainingError, match=sentence) as refused:
        run(tmp_path, kind, begun())

    assert refused.value.code in {"start_unfit", "part_unknown"}


def _unwritable() -> Start:
    """As of an architecture whose own tensors are read as another network."""
    fits = start("denoiser", strangers.dncnn())
    card = replace(fits.card, config={**fits.card.config, "can_learn": False})
    return replace(fits, network=weights.read(strangers.file_of(strangers.dncnn()), card))
