"""What a picture shows is told with calibrated probabilities, the likeliest first."""

import pytest
import torch
from torch import Tensor

from models.recognition.classify import Likely, classify
from models.recognition.eye import seen_as

CATEGORIES = ("bag", "boot", "coat")


def _says(*probabilities: float) -> tuple[list[Tensor], object]:
    """What it was shown, and a network that always says the same."""
    shown: list[Tensor] = []

    def network(images: Tensor) -> Tensor:
        shown.append(images)
        return torch.tensor([probabilities])

    return shown, network


@pytest.mark.parametrize(("top_k", "names"), [(1, ["boot"]), (2, ["boot", "coat"])])
def test_the_likeliest_come_first_and_no_more_than_were_asked_for(top_k: int, names: list[str]):
    _, network = _says(0.1, 0.6, 0.3)

    found = classify(
        torch.rand(1, 3, 40, 30), categories=CATEGORIES, top_k=top_k, classify=network,
        size=28, channels=1,
    )  # fmt: skip

    assert [one.category for one in found] == names
    assert found[0] == Likely("boot", pytest.approx(0.6))


def test_all_categories_together_are_certain():
    _, network = _says(0.1, 0.6, 0.3)

    found = classify(
        torch.rand(1, 3, 28, 28), categories=CATEGORIES, top_k=100, classify=network,
        size=28, channels=3,
    )  # fmt: skip

    assert len(found) == 3
    assert sum(one.probability for one in found) == pytest.approx(1, abs=1e-5)


def test_the_network_is_shown_the_picture_as_training_made_it_small():
    shown, network = _says(0.1, 0.6, 0.3)
    image = torch.rand(1, 3, 50, 41)

    classify(image, categories=CATEGORIES, top_k=1, classify=network, size=32, channels=1)

    assert shown[0].shape == (1, 1, 32, 32)
    assert torch.equal(shown[0], seen_as(image, size=32, channels=1))
    assert torch.equal(shown[0] * 255, (shown[0] * 255).round())
