"""The loop's parts: running mean, schedule, batches."""

import pytest
import torch
from torch import nn

from models.data.image_set import Part
from models.precision import autocast
from models.training.batches import Moment, order
from models.training.config import RECIPES, TrainConfig
from models.training.ema import Ema
from models.training.schedule import annealed, one_cycle, set_rate


def test_the_running_mean_is_halfway_after_its_half_life():
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    ema = Ema(network, half_life_images=100)
    nn.init.ones_(network.weight)

    for _ in range(10):
        ema.update(network, batch=10, images_seen=1_000_000)

    assert ema.module.weight.item() == pytest.approx(0.5)


def test_a_young_mean_follows_closely():
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    ema = Ema(network, half_life_images=10_000)
    nn.init.ones_(network.weight)

    ema.update(network, batch=10, images_seen=10)

    assert ema.module.weight.item() > 0.99


def test_the_mean_is_no_part_of_the_network():
    network = nn.Linear(1, 1)
    ema = Ema(network, half_life_images=10)

    assert not any(parameter.requires_grad for parameter in ema.module.parameters())
    assert network.weight.requires_grad
    assert ema.module.weight is not network.weight


def test_rates_rise_and_fall_as_promised():
    assert one_cycle(0.0) < 0.1
    assert one_cycle(0.05) == pytest.approx(1.0)
    assert one_cycle(1.0) == pytest.approx(0.01)
    assert [annealed(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 1.0, 0.2])


def test_a_rate_is_set_for_every_group():
    optimizer = torch.optim.Adam(nn.Linear(2, 2).parameters(), lr=1.0)

    set_rate(optimizer, 0.25)

    assert [group["lr"] for group in optimizer.param_groups] == [0.25]


def test_an_epoch_sees_every_picture_once_in_an_order_of_its_own():
    first, second = (order(50, seed=3, epoch=epoch) for epoch in (0, 1))

    assert sorted(first.tolist()) == list(range(50))
    assert first.tolist() != second.tolist()
    assert torch.equal(first, order(50, seed=3, epoch=0))


def test_steps_and_seeds_have_chances_of_their_own():
    drawn = {
        torch.rand(1, generator=Moment(seed, step, 9, 8).generator()).item()
        for seed in (0, 1, 2**32 - 1)
        for step in range(5)
    }

    assert len(drawn) == 15


def test_losses_can_be_told_to_stay_in_full_precision():
    with autocast(torch.device("cpu"), "float32"):
        full = nn.Linear(2, 2)(torch.ones(1, 2))
    with autocast(torch.device("cpu"), "bfloat16"):
        half = nn.Linear(2, 2)(torch.ones(1, 2))

    assert full.dtype == torch.float32
    assert half.dtype == torch.bfloat16


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_size": 28},
        {"channels": 2},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"beta": -1.0},
        {"scale": 3},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        TrainConfig("vae", **wrong)


def test_there_is_a_recipe_for_every_network():
    assert {name: recipe.network for name, recipe in RECIPES.items()} == {
        "gan": "gan",
        "vae": "vae",
        "denoiser": "denoiser",
        "deblocker": "deblocker",
        "deblurrer": "deblurrer",
        "classifier": "classifier",
        "upscaler": "upscaler",
        "translator": "translator",
        "matte": "matte",
        "style": "style",
        "inpainter": "inpainter",
        "warp": "warp",
    }


def test_a_part_is_as_long_as_its_pictures():
    assert len(Part(torch.zeros(3, 1, 2, 2), torch.zeros(3))) == 3
