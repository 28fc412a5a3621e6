"""What ships with us becomes rows, once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from db import blobs, datasets, versions
from db.blobs import SHIPPED
from db.engine import reading
from db.tables.versions import Dataset, Version
from models import weights
from models.weights import Card, WeightsError
from tests.furniture import libraries
from workers import rendered
from workers.lessons import CATALOGUE, SMALL_FASHION_MNIST
from workers.register import NAMED_ONLY, register

pytestmark = pytest.mark.usefixtures("home")


def _rows() -> tuple[list[str], list[str]]:
    with reading() as session:
        return (
            sorted(session.scalars(select(Version.label))),
            sorted(session.scalars(select(Dataset.name))),
        )


def test_a_version_of_every_network_serves_every_tenant():
    register()

    serving = [(path, card) for path, card in weights.shipped() if card.name not in NAMED_ONLY]
    assert {card.network for _, card in serving} == {
        "gan",
        "vae",
        "denoiser",
        "classifier",
        "upscaler",
        "deblocker",
        "deblurrer",
        "translator",
        "style",
        "warp",
    }
    for path, card in serving:
        with reading() as session:
            version = versions.serving(session, "any shop", card.network)
        assert version.label == f"{card.name}@1"
        assert Card.from_json(version.card) == card
        assert blobs.get(SHIPPED, version.weights_key) == path.read_bytes()


def test_what_serves_by_name_only_does_not_take_the_place_of_what_serves(
    monkeypatch: pytest.MonkeyPatch,
):
    shipped = weights.shipped()
    path, card = next(one for one in shipped if one[1].network == "gan")
    other = replace(card, name="gan-catalogue", categories=("chair", "lamp"))
    monkeypatch.setattr("workers.register.weights.shipped", lambda: ((path, other),))

    register()

    with reading() as session:
        named = versions.find(session, "any shop", f"{other.name}@1", network="gan")
        with pytest.raises(versions.VersionNotFound):
            versions.serving(session, "any shop", "gan")
    assert Card.from_json(named.card) == other


def test_the_catalogue_is_a_dataset_where_its_models_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    furniture = libraries(tmp_path / "furniture")
    monkeypatch.setattr(rendered, "furniture", lambda: furniture)
    monkeypatch.setattr("workers.register.weights.shipped", tuple)

    register()

    with reading() as session:
        found = datasets.to_train_on(session, "any shop", CATALOGUE, network="gan")
    assert (found.pictures, len(found.categories)) == (24 * 10, 12)  # two models are for tests
    assert "BlendSwap-CC-BY CC-BY-3.0-US" in found.licence


def test_without_its_models_there_is_no_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rendered, "furniture", lambda: tmp_path / "nowhere")
    monkeypatch.setattr("workers.register.weights.shipped", tuple)

    register()

    assert CATALOGUE not in _rows()[1]


def test_the_committed_dataset_can_be_trained_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workers.register.weights.shipped", tuple)

    register()

    with reading() as session:
        small = datasets.to_train_on(session, "any shop", SMALL_FASHION_MNIST, network="vae")
    assert (small.pictures, len(small.categories)) == (200, 10)
    assert small.licence


def test_registering_again_changes_nothing():
    first, before = register(), _rows()

    assert json.loads(json.dumps(register())) == first
    assert _rows() == before


def test_weights_that_do_not_load_are_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, card = weights.shipped()[0]
    broken = tmp_path / "model.safetensors"
    broken.write_bytes(path.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("workers.register.weights.shipped", lambda: ((broken, card),))

    with pytest.raises(WeightsError):
        register()

    assert _rows()[0] == []
