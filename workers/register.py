"""Writes what ships with us as rows: weights as versions, built-in datasets as datasets.

`python -m workers.register` prints one line of JSON for each; running it again changes nothing.
"""

import json
import sys
from typing import Any

from db import blobs, datasets, versions
from db import settings as db_settings
from db.blobs import SHIPPED
from db.engine import transaction
from models import weights
from models.data import catalogue_models, catalogue_set, debian, fashion_mnist, samples
from models.data.product_classes import CLASSES
from workers import rendered
from workers.lessons import CATALOGUE, FASHION_MNIST, SMALL_FASHION_MNIST

FASHION_MNIST_PICTURES = 60_000
NAMED_ONLY = (
    "classifier-catalogue",
    "gan-catalogue",
    "matte-catalogue",
    "vae-catalogue",
)
"""They serve who asks for them by name: one version of a network serves whoever names none."""


def register() -> list[dict[str, Any]]:
    """Every shipped version and dataset, registered; what is missing is said, not hidden."""
    return [*_versions(), *_datasets()]


def _versions() -> list[dict[str, Any]]:
    found = []
    for path, card in weights.shipped():
        data = path.read_bytes()
        weights.read(data, card)  # what does not load is not registered
        key = blobs.put(SHIPPED, data)
        with transaction() as session:
            version = versions.add(
                session,
                tenant=SHIPPED,
                name=card.name,
                network=card.network,
                state="candidate" if card.name in NAMED_ONLY else "serving",
                weights_key=key,
                card=card.to_json(),
            )
        found.append({"version": version.label, "network": card.network, "scores": card.scores})
    return found


def _datasets() -> list[dict[str, Any]]:
    small = samples.garments()
    rows = [(SMALL_FASHION_MNIST, len(small.images), list(small.categories), small.credit)]
    folder = debian.find("usr/share/datasets/fashion-mnist", home=db_settings.get().home)
    if folder is not None:
        categories = list(fashion_mnist.CATEGORIES)
        rows.append((FASHION_MNIST, FASHION_MNIST_PICTURES, categories, fashion_mnist.LICENCE))
    if rendered.furniture().exists():
        models = catalogue_models.listed(rendered.furniture())
        count = catalogue_set.count(models)
        rows.append((CATALOGUE, count, list(CLASSES), catalogue_models.licences(models)))
    found = []
    for name, pictures, categories, licence in rows:
        with transaction() as session:
            datasets.add(
                session,
                tenant=SHIPPED,
                name=name,
                kind=name,
                pictures=pictures,
                categories=categories,
                manifest=[],
                licence=licence,
            )
        found.append({"dataset": name, "pictures": pictures})
    return found


if __name__ == "__main__":
    for row in register():
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
