"""Fits what ships beside a classifier to say how unlike its pictures a picture is.

`python -m benchmarks.familiarity` writes models/checking/familiar/ for `classifier-fashion`, from
the first 12,000 training pictures of Fashion-MNIST as they are, on black, and turned onto white;
the unit is measured on validation pictures, of which neither has seen any.
"""

import json

import torch
from torch import Tensor

from benchmarks import judges
from models.checking import familiar
from models.data import fashion_mnist
from models.weights import CARD_FILE, SHIPPED, Card

NAME = "classifier-fashion"
LEARNT, HELD_OUT, PIECE = 12_000, 2_000, 500


def main() -> None:
    card = Card.from_json((SHIPPED / NAME / CARD_FILE).read_text(encoding="utf-8"))
    images = fashion_mnist.read()
    learnt, held_out = images.images[:LEARNT], images.images[images.validation[:HELD_OUT]]
    fitted = familiar.fit(
        [features(learnt), features(255 - learnt)],
        images.labels[:LEARNT],
        held_out=torch.cat([features(held_out), features(255 - held_out)]),
    )
    familiar.FOLDER.mkdir(exist_ok=True)
    path = familiar.FOLDER / f"{card.sha256[:16]}.safetensors"
    path.write_bytes(fitted.written())
    print(json.dumps({"file": path.name, "unit": round(float(fitted.unit), 3)}))


@torch.inference_mode()
def features(images: Tensor) -> Tensor:
    """uint8 [N, 1, 28, 28] → [N, 128]."""
    network = judges.shipped(NAME).features
    return torch.cat([network(piece.float() / 255) for piece in torch.split(images, PIECE)])


if __name__ == "__main__":
    main()
