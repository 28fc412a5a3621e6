"""What was asked for arrives at the run, and the recipe fills in the rest."""

from dataclasses import replace
from typing import Literal

import pytest

from db.operations.training import Augment, Jitter, Train
from models.data.diff_augment import DiffAugment
from models.training.config import RECIPES
from workers.recipes import config_of


def test_an_order_that_says_nothing_is_the_recipe() -> None:
    config = config_of(Train(dataset="d", network="vae"), 7, channels=3)

    expected = replace(RECIPES["vae"], epochs=20, batch_size=64, seed=7, channels=3)
    assert config == expected


def test_what_a_gan_is_told_arrives() -> None:
    operation = Train(
        dataset="d", network="gan", optimizer="adamw", schedule="cosine", weight_decay=0.1,
        clip_norm=0.0, accumulate=4, dropout=0.2, ema_images=5, precision="bf16",
        adversarial="hinge", r1_gamma=0.0, diff_augment=("cutout",), diff_augment_p=0.5,
    )  # fmt: skip

    config = config_of(operation, 0, channels=1)

    assert (config.optimizer, config.schedule, config.weight_decay) == ("adamw", "cosine", 0.1)
    assert (config.clip_norm, config.accumulate, config.dropout) == (0.0, 4, 0.2)
    assert (config.ema_images, config.precision) == (5, "bfloat16")
    assert (config.adversarial, config.r1_gamma) == ("hinge", 0.0)
    assert config.diff_augment == DiffAugment(("cutout",), 0.5)


def test_what_a_vae_is_told_arrives() -> None:
    operation = Train(
        dataset="d", network="vae", reconstruction="bce", beta=4.0, free_bits=0.25,
        precision="fp32", learning_rate=0.01,
    )  # fmt: skip

    config = config_of(operation, 0, channels=1)

    assert (config.reconstruction, config.beta, config.free_bits) == ("bce", 4.0, 0.25)
    assert (config.precision, config.learning_rate) == ("float32", 0.01)


def test_what_a_translator_is_told_arrives() -> None:
    operation = Train(dataset="d", network="translator", l1_weight=10.0)

    config = config_of(operation, 0, channels=3)

    assert (config.l1_weight, config.adversarial, config.source) == (10.0, "hinge", "edges")


def test_what_a_translator_draws_from_arrives_and_means_nothing_to_others() -> None:
    operation = Train(dataset="d", network="translator", source="labels")

    assert config_of(operation, 0, channels=3).source == "labels"
    with pytest.raises(ValueError, match="means nothing to a network of the kind vae"):
        Train(dataset="d", network="vae", source="labels")
    with pytest.raises(ValueError, match="jitter means nothing to label maps"):
        Train(
            dataset="d",
            network="translator",
            source="labels",
            augment=Augment(jitter=Jitter(hue=0.1)),
        )


def test_when_it_is_to_end_arrives() -> None:
    operation = Train(dataset="d", network="vae", patience=3, target={"val_psnr_db": 25.0})

    config = config_of(operation, 0, channels=1)

    assert (config.patience, config.target) == (3, ("val_psnr_db", 25.0))


@pytest.mark.parametrize(("told", "scale"), [({}, 2), ({"scale": 4}, 4)])
def test_how_much_an_upscaler_enlarges_arrives(told: dict[str, Literal[4]], scale: int) -> None:
    config = config_of(Train(dataset="d", network="upscaler", **told), 0, channels=3)

    assert config.scale == scale


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_blocks_reach_the_run(network: Literal["gan", "vae"]) -> None:
    ordered = Train(dataset="shoes", network=network, blocks="attention")

    config = config_of(ordered, 3, channels=3)

    assert (config.network, config.blocks, config.seed) == (network, "attention", 3)


def test_how_pictures_are_varied_is_the_recipes_unless_it_is_said() -> None:
    silent = config_of(Train(dataset="shoes", network="classifier"), 3, channels=1)
    told = Train(dataset="shoes", network="classifier", augment=Augment(rotate_deg=5.0))

    assert silent.augment == RECIPES["classifier"].augment
    assert config_of(told, 3, channels=1).augment.rotate_deg == 5.0
    assert not config_of(told, 3, channels=1).augment.flip


def test_how_few_labels_there_are_arrives() -> None:
    operation = Train(dataset="d", network="classifier", labelled_share=0.1, pseudo_threshold=0.3)

    config = config_of(operation, 0, channels=1)

    assert (config.labelled_share, config.pseudo_threshold) == (0.1, 0.3)
