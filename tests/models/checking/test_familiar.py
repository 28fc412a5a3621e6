"""What a classifier learnt from is familiar to it; what lies elsewhere is not."""

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from models.checking import familiar
from models.weights import CARD_FILE, SHIPPED, Card


@pytest.fixture(scope="module")
def known() -> tuple[familiar.Familiar, Tensor]:
    """Three kinds of pictures in eight features, and more of them that were held out."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 3
    means = torch.eye(8)[:3] * 10

    def pictures(count: int) -> Tensor:
        return means[torch.arange(count) % 3] + torch.randn(count, 8, generator=draw)

    fitted = familiar.fit([pictures(600)], labels, held_out=pictures(3000))
    return fitted, pictures(3000)


def test_one_in_a_hundred_of_what_is_known_is_further_away_than_one(
    known: tuple[familiar.Familiar, Tensor],
) -> None:
    fitted, more = known

    share = float((fitted.unfamiliarity(more) > 1).float().mean())

    assert 0.005 < share < 0.02


def test_what_lies_elsewhere_is_further_away(known: tuple[familiar.Familiar, Tensor]) -> None:
    fitted, more = known

    assert (fitted.unfamiliarity(more + 20) > 3).all()


def test_the_distance_is_mahalanobis_in_closed_form() -> None:
    means, precisions = torch.zeros(1, 1, 2), torch.tensor([[[4.0, 0.0], [0.0, 0.25]]])
    unit = familiar.Familiar(means, precisions, torch.tensor(2.0))

    found = unit.unfamiliarity(torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))

    assert found.tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_what_was_written_is_read_back_the_same(known: tuple[familiar.Familiar, Tensor]) -> None:
    fitted, more = known

    again = familiar.Familiar(**load(fitted.written()))

    assert torch.equal(fitted.unfamiliarity(more), again.unfamiliarity(more))


def test_statistics_ship_for_the_classifier_that_serves_and_for_no_other() -> None:
    cards = {
        name: Card.from_json((SHIPPED / name / CARD_FILE).read_text(encoding="utf-8"))
        for name in ("classifier-fashion", "classifier-catalogue")
    }

    assert familiar.of(cards["classifier-fashion"].sha256) is not None
    assert familiar.of(cards["classifier-catalogue"].sha256) is None
