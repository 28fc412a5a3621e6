"""What ships with us becomes rows, once."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from db import blobs, datasets, versions
from db.blobs import SHIPPED
from db.engine import reading
from db.tables.versions import Dataset, Version
from models import weights
from models.weights import Card, WeightsError
from workers.lessons import SMALL_FASHION_MNIST
from workers.register import register

pytestmark = pytest.mark.usefixtures("home")


def _rows() -> tuple[list[str], list[str]]:
    with reading() as session:
        return (
            sorted(session.scalars(select(Version.label))),
            sorted(session.scalars(select(Dataset.name))),
        )


def test_every_shipped_version_serves_every_tenant():
    register()

    shipped = weights.shipped()
    assert {card.network for _, card in shipped} == {"gan", "vae", "denoiser", "classifier"}
    for path, card in shipped:
        with reading() as session:
            version = versions.serving(session, "any shop", card.network)
        assert version.label == f"{card.name}@1"
        assert Card.from_json(version.card) == card
        assert blobs.get(SHIPPED, version.weights_key) == path.read_bytes()


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
