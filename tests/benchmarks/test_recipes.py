"""What trains our weights again is what their cards say."""

import json
from dataclasses import asdict

import pytest

from benchmarks.gpu_recipes import LESSONS
from benchmarks.recipes import SHIPPED
from benchmarks.ship import PRODUCTS
from models import weights
from models.training.optimizers import manner

CARDS = {card.name: card for _, card in weights.shipped()}


def test_whatever_is_measured_has_a_recipe_and_the_other_way_round():
    assert set(SHIPPED) == set(PRODUCTS)
    assert set(CARDS) <= set(PRODUCTS)
    assert set(LESSONS) <= set(PRODUCTS)


@pytest.mark.parametrize("name", sorted(CARDS))
def test_a_recipe_is_the_one_that_the_shipped_card_tells(name):
    """A card tells what could be chosen when it was written; it also says what was not chosen."""
    config, told = SHIPPED[name], CARDS[name].recipe

    asked = json.loads(json.dumps(asdict(config)))
    asked |= {key: value for key, value in asdict(manner(config)).items() if asked.get(key) is None}

    assert {"network", "epochs", "batch_size", "learning_rate", "seed"} <= set(told)
    assert told == _of_that_time(told, asked)


def _of_that_time(told, asked):
    """`told` with the values of `asked` wherever that has the key, also within."""
    return {
        key: _of_that_time(value, asked[key]) if isinstance(value, dict) else asked.get(key, value)
        for key, value in told.items()
    }
