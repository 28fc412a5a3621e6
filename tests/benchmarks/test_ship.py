"""Weights that a leg brought back are measured and shipped, and nothing is trained for it."""

import json
from dataclasses import replace

import pytest
import torch

from benchmarks import ship
from benchmarks.ship import Product
from models import weights
from models.training.config import TrainConfig
from models.training.run import train
from models.training.watch import Watch
from tests.runs import CPU, pictures

CONFIG = TrainConfig("classifier", epochs=1, batch_size=8, precision="float32")


@pytest.fixture
def brought(tmp_path):
    """A folder as a leg leaves it, with one network that learnt a little."""
    train(CONFIG, pictures(), folder=tmp_path / "leg" / "small", device=CPU, watch=Watch())
    return tmp_path / "leg"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A product named `small`, from which nobody may learn."""

    def learnt_from():
        raise AssertionError("nothing is to be trained")

    def measured(network, folder):
        with torch.inference_mode():
            likely = network.classify(torch.zeros(1, 1, 28, 28))[0]
        return {"sum": round(likely.sum().item(), 4), folder.name: 1.0}, {"nothing": 0.5}

    monkeypatch.setitem(ship.PRODUCTS, "small", Product(learnt_from, measured))
    monkeypatch.setitem(ship.SHIPPED, "small", CONFIG)


def shipped(*words):
    ship.main(["small", *map(str, words), "--benchmarks", "sets"])


def test_what_was_trained_elsewhere_is_measured_and_shipped_untouched(tmp_path, brought):
    shipped("--trained", brought, "--out", tmp_path / "out")

    before, after = (
        weights.Card.from_json((folder / "small" / weights.CARD_FILE).read_text())
        for folder in (brought, tmp_path / "out")
    )
    assert after.scores == {**before.scores, "sum": 1.0, "sets": 1.0}
    assert after.baseline == {"nothing": 0.5}
    assert replace(before, name="small", scores=after.scores, baseline=after.baseline) == after
    content = (tmp_path / "out" / "small" / weights.MODEL_FILE).read_bytes()
    assert content == (brought / "small" / weights.MODEL_FILE).read_bytes()
    assert weights.read(content, after).state_dict().keys()


def test_what_a_search_finds_is_measured_alone_and_the_card_keeps_the_rest(
    tmp_path, brought, monkeypatch
):
    shipped("--trained", brought, "--out", tmp_path / "first")
    searched = Product(
        _not_to_be_asked, _not_to_be_asked, lambda *_: ({"at_1": 0.9}, {"at_1": 0.8})
    )
    monkeypatch.setitem(ship.PRODUCTS, "small", searched)

    shipped("--trained", tmp_path / "first", "--search-only", "--out", tmp_path / "out")

    before, after = (
        weights.Card.from_json((tmp_path / folder / "small" / weights.CARD_FILE).read_text())
        for folder in ("first", "out")
    )
    assert after.scores == before.scores | {"at_1": 0.9}
    assert after.baseline == {"nothing": 0.5, "at_1": 0.8}


def test_what_nobody_searches_by_has_no_such_numbers(tmp_path, brought):
    with pytest.raises(SystemExit, match="Nothing is searched by small"):
        shipped("--trained", brought, "--search-only", "--out", tmp_path / "out")


def _not_to_be_asked(*_):
    raise AssertionError("only a search is to be measured")


def test_weights_that_are_not_their_card_s_are_not_shipped(tmp_path, brought):
    path = brought / "small" / weights.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "0" * 64}))

    with pytest.raises(weights.WeightsError, match="not the one its card was written for"):
        shipped("--trained", brought, "--out", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_folder_that_nothing_came_back_to_ships_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        shipped("--trained", tmp_path, "--out", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_what_nobody_ships_is_refused(capsys):
    with pytest.raises(SystemExit):
        ship.main(["nothing"])

    assert "invalid choice: 'nothing'" in capsys.readouterr().err
