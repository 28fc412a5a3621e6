"""The temperature is the one that makes the labels likeliest."""

import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import Generator, Tensor
from torch.nn import functional

from models.metrics.calibration import expected_calibration_error
from models.training.temperature import temperature_for


def honest(count: int = 4000) -> tuple[Tensor, Tensor]:
    """Logits, and labels drawn by exactly the probabilities they stand for."""
    chance = Generator().manual_seed(0)
    logits = 2 * torch.randn(count, 6, generator=chance)
    return logits, torch.multinomial(logits.softmax(1), 1, generator=chance)[:, 0]


@pytest.mark.parametrize("too_sure", [0.3, 1.0, 4.0])
def test_it_undoes_how_much_too_sure_the_logits_are(too_sure):
    logits, labels = honest()

    temperature = temperature_for(too_sure * logits, labels)

    assert temperature == pytest.approx(too_sure, rel=0.05)
    likely = (too_sure * logits / temperature).softmax(1)
    assert expected_calibration_error(likely, labels) < 0.03


def test_it_is_where_a_search_of_another_kind_ends():
    logits, labels = honest(300)
    sure = 2.5 * logits.double()

    def loss(temperature: float) -> float:
        return functional.cross_entropy(sure / temperature, labels).item()

    expected = minimize_scalar(loss, bounds=(0.1, 10), method="bounded", options={"xatol": 1e-7})
    assert temperature_for(sure, labels) == pytest.approx(expected.x, rel=1e-4)


def test_answers_that_are_all_right_get_the_bound_and_all_wrong_ones_the_other():
    logits = torch.tensor([[3.0, 0.0], [0.0, 3.0]])

    assert temperature_for(logits, torch.tensor([0, 1])) == pytest.approx(1 / 20)
    assert temperature_for(logits, torch.tensor([1, 0])) == pytest.approx(20)
