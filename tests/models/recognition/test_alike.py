"""Copies of real photographs are most like their originals, whatever was done to them."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from models import weights
from models.data import samples
from models.networks.classifier import ProductClassifier, side_px_of
from models.recognition.alike import most_alike
from models.recognition.embed import embed
from models.recognition.structure import DIMENSION, structure

Copy = Callable[[Image.Image], Image.Image]


@pytest.fixture(scope="module")
def eye() -> Callable[[Image.Image], Tensor]:
    """Photographs as vectors, by the classifier of the catalogue."""
    folder = weights.SHIPPED / "classifier-catalogue"
    card = weights.Card.from_json((folder / weights.CARD_FILE).read_text(encoding="utf-8"))
    network = weights.read((folder / weights.MODEL_FILE).read_bytes(), card)
    assert isinstance(network, ProductClassifier)
    network.eval()

    def seen(picture: Image.Image) -> Tensor:
        image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
        return embed(image, features=network.features, size=side_px_of(card.recipe), channels=3)

    return seen


@pytest.fixture(scope="module")
def photographs() -> list[Image.Image]:
    shots = [Image.fromarray(one.pixels) for one in (*samples.products(), *samples.photographs())]
    for shot in shots:
        shot.thumbnail((160, 160))
    return [_opaque(shot) for shot in shots]


@pytest.fixture(scope="module")
def known(eye: Callable[[Image.Image], Tensor], photographs: list[Image.Image]) -> Tensor:
    return torch.stack([eye(one) for one in photographs]).half()


def _opaque(picture: Image.Image) -> Image.Image:
    rgba = picture.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def _saved_again(picture: Image.Image) -> Image.Image:
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=60)
    return Image.open(stored).convert("RGB")


def _half(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


def _cropped(picture: Image.Image) -> Image.Image:
    dx, dy = picture.width // 20, picture.height // 20
    return picture.crop((dx, dy, picture.width - dx, picture.height - dy))


def _recoloured(picture: Image.Image) -> Image.Image:
    """Every hue a third of the circle further."""
    levels = np.array(picture.convert("HSV"))
    levels[..., 0] += 85
    return Image.frombytes("HSV", picture.size, levels.tobytes()).convert("RGB")


@pytest.mark.parametrize("copy", [_saved_again, _half, _cropped, _recoloured])
def test_a_copy_of_every_photograph_finds_its_original_first(
    eye: Callable[[Image.Image], Tensor],
    photographs: list[Image.Image],
    known: Tensor,
    copy: Copy,
):
    found = [most_alike(eye(copy(one))[None], known, k=1).rows[0] for one in photographs]

    assert found == list(range(len(photographs)))


def test_a_mirrored_copy_finds_its_original_first_if_it_is_looked_at_both_ways(
    eye: Callable[[Image.Image], Tensor], photographs: list[Image.Image], known: Tensor
):
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    copies = [one.transpose(flip) for one in photographs]
    both = [torch.stack([eye(one), eye(one.transpose(flip))]) for one in copies]

    assert [most_alike(one, known, k=1).rows[0] for one in both] == list(range(len(photographs)))


def test_a_picture_s_vector_has_length_one(known: Tensor):
    assert torch.allclose(known.float().norm(dim=1), torch.ones(len(known)), atol=1e-3)


def test_structure_does_not_depend_on_brightness_and_contrast():
    image = torch.rand(1, 3, 64, 64)

    edges, fields = structure(image)
    dimmed = structure(image * 0.5 + 0.2)

    assert torch.allclose(edges, dimmed[0], atol=1e-4)
    assert torch.allclose(fields, dimmed[1], atol=1e-4)


def test_a_flat_picture_has_no_structure_and_no_undefined_number():
    edges, fields = structure(torch.full((1, 3, 20, 30), 0.4))

    assert edges.shape[1] + fields.shape[1] == DIMENSION
    assert edges.norm() < 0.2
    assert fields.norm() < 0.2


def test_the_most_alike_come_first_and_agree_with_every_cosine():
    among = torch.nn.functional.normalize(torch.randn(50, 8), dim=1).half()
    queries = torch.nn.functional.normalize(torch.randn(2, 8), dim=1)

    found = most_alike(queries, among, k=5)

    cosines = (among.float() @ queries.T).amax(1)
    assert found.rows == cosines.argsort(descending=True)[:5].tolist()
    assert found.similarities == sorted(found.similarities, reverse=True)


def test_among_nothing_nothing_is_found():
    found = most_alike(torch.ones(1, 4), torch.empty(0, 4, dtype=torch.float16), k=3)

    assert found.rows == []
