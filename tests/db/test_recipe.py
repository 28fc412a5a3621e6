"""What a training may be told: in its range, and only what means something to its network."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from db.operations import order
from db.operations.recipe import OF_NETWORKS, Recipe
from db.operations.training import Train


def asked(network: str = "gan", **told: Any) -> Train:
    body = {"operation": {"op": "train", "dataset": "shoes", "network": network, **told}}
    operation = order.parse(json.dumps(body).encode()).operation
    assert isinstance(operation, Train)
    return operation


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("gan", {"beta": 1.0}),
        ("gan", {"reconstruction": "mse"}),
        ("gan", {"free_bits": 0.0}),
        ("gan", {"smoothing": 0.1}),
        ("vae", {"r1_gamma": 0.05}),
        ("vae", {"adversarial": "hinge"}),
        ("vae", {"diff_augment": ["color"]}),
        ("gan", {"l1_weight": 10.0}),
        ("denoiser", {"scale": 4}),
        ("gan", {"labelled_share": 0.1}),
        ("gan", {"pseudo_threshold": 0.3}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_what_means_nothing_to_the_network_is_refused_by_its_name(
    network: str, told: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        asked(network, **told)

    (error,) = refused.value.errors()
    assert error["loc"] == ("operation", "train", *told)
    assert error["type"] == "means_nothing"
    assert f"means nothing to a network of the kind {network}" in error["msg"]


def test_all_that_mean_nothing_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        asked("gan", beta=2.0, free_bits=0.5)

    assert [error["loc"][-1] for error in refused.value.errors()] == ["beta", "free_bits"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("learning_rate", 1e3), ("learning_rate", 0.0), ("image_size", 33),
        ("batch_size", 1), ("weight_decay", -0.1), ("clip_norm", -1.0), ("accumulate", 0),
        ("accumulate", 65), ("dropout", 0.95), ("ema_images", 0), ("precision", "fp16"),
        ("optimizer", "lion"), ("schedule", "step"), ("diff_augment", []),
        ("diff_augment", ["blur"]), ("diff_augment", ["color", "color"]), ("diff_augment_p", 0.5),
        ("adversarial", "wgan"), ("patience", 0), ("target", {}), ("target", {"psnr": 1.0}),
        ("target", {"val_ssim": 0.5, "val_psnr_db": 20.0}),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        asked("gan", **{name: value})

    assert {error["loc"][2] for error in refused.value.errors()} == {name}


def test_what_is_left_out_is_nothing_so_that_the_recipe_decides() -> None:
    told = asked("vae")

    assert {getattr(told, name) for name in Recipe.model_fields} == {None}


def test_an_order_is_kept_as_it_was_given() -> None:
    told = {"optimizer": "sgd", "diff_augment": ["cutout", "color"], "diff_augment_p": 0.5}

    again = asked("gan", **told).model_dump(mode="json")

    assert {name: again[name] for name in told} == told


def test_every_parameter_of_some_networks_only_is_one_that_can_be_given() -> None:
    assert set(OF_NETWORKS) <= set(Recipe.model_fields)


def test_a_matte_s_light_is_not_varied_twice() -> None:
    with pytest.raises(ValidationError, match="jitter means nothing to a matte"):
        asked("matte", augment={"jitter": {"hue": 0.1}})

    assert asked("matte", augment={"flip": True, "jitter": {"hue": 0.0}}).augment is not None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"pseudo_threshold": 0.3}, "guess what"),
        ({"pseudo_threshold": 0.3, "labelled_share": 1.0}, "guess what"),
        ({"labelled_share": 0.1, "processes": 2}, "begins anew, in one process"),
        ({"labelled_share": 0.1, "start_from": "mine"}, "begins anew, in one process"),
        ({"labelled_share": 0.1, "pseudo_threshold": 0.3, "patience": 2}, "as long"),
        ({"labelled_share": 0.1, "pseudo_threshold": 0.3, "target": {"val_x": 1.0}}, "as long"),
    ],
    ids=["no_share", "all_labels", "processes", "start_from", "patience", "target"],
)
def test_rounds_that_cannot_be_learnt_are_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        asked("classifier", **told)
