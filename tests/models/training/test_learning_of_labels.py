"""A translator that learns from label maps says so in its card, and needs pictures with maps."""

from dataclasses import replace

import pytest
import torch

from models import weights
from models.data import label_maps, palette
from models.data.image_set import ImageSet
from models.networks.translator import Translator
from models.training.config import TrainConfig
from models.training.grid import grid
from models.training.run import train
from models.training.starting import Start
from models.training.trainer import trainer_for
from models.training.watch import TrainingError, Watch
from models.weights import MODEL_FILE
from tests.cutouts import cutouts
from tests.runs import CPU

CONFIG = TrainConfig(
    "translator",
    epochs=1,
    batch_size=8,
    channels=3,
    source="labels",
    adversarial="hinge",
    precision="float32",
)


def mapped() -> ImageSet:
    return label_maps.of_cut_outs(cutouts())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("labels")
    return train(CONFIG, mapped(), folder=folder, device=CPU, watch=Watch())


def test_the_card_says_what_it_draws_from_and_the_weights_are_read_by_it(trained) -> None:
    network = weights.read((trained.folder / MODEL_FILE).read_bytes(), trained.card)

    assert trained.card.config["source"] == trained.card.recipe["source"] == "labels"
    assert trained.card.scores["val_psnr_db"] > 0
    assert isinstance(network, Translator)
    assert network.translate(torch.ones(1, 2, 32, 32), torch.tensor([0])).shape == (1, 3, 32, 32)


def test_it_does_not_begin_with_one_that_draws_from_edges(trained, tmp_path) -> None:
    network = weights.read((trained.folder / MODEL_FILE).read_bytes(), trained.card)
    start = Start("labels@1", trained.card, network)

    with pytest.raises(TrainingError, match="source labels there, edges here"):
        train(
            replace(CONFIG, source="edges"),
            cutouts(),
            folder=tmp_path,
            device=CPU,
            watch=Watch(),
            start=start,
        )


def test_pictures_without_maps_are_nothing_to_learn_from() -> None:
    with pytest.raises(TrainingError) as caught:
        trainer_for(CONFIG, cutouts(), CPU)

    assert caught.value.code == "no_transparency"


def test_its_grid_has_painted_maps_above_what_was_drawn_from_them() -> None:
    images = mapped()

    drawn = grid(trainer_for(CONFIG, images, CPU), *images.split(), CPU)

    assert drawn is not None
    side = 32 + 2
    first = (drawn[0, :, 1 : side - 1, 1 : side - 1] * 255).round().byte()
    known = palette.colours(2).tolist()
    assert drawn.shape[1:3] == (3, 2 * side)
    assert {tuple(one) for one in first.flatten(1).T.tolist()} <= {tuple(one) for one in known}


@pytest.mark.parametrize("change", [{"network": "vae"}, {"channels": 1}], ids=["vae", "grey"])
def test_only_a_translator_of_colour_pictures_draws_from_maps(change) -> None:
    with pytest.raises(ValueError, match="label maps"):
        replace(CONFIG, **change)
