"""Calibration error: against a sum over bins written out, and where it is known in advance."""

import math

import pytest
import torch
from torch import Generator, Tensor

from models.metrics.calibration import expected_calibration_error


def written_out(probabilities: Tensor, labels: Tensor) -> float:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for row, label in zip(probabilities.double().tolist(), labels.tolist(), strict=True):
        confidence = max(row)
        number = max(math.ceil(confidence * 15), 1)
        bins.setdefault(number, []).append((confidence, row.index(confidence) == label))
    total = 0.0
    for held in bins.values():
        confidence = sum(c for c, _ in held) / len(held)
        accuracy = sum(hit for _, hit in held) / len(held)
        total += len(held) / len(labels) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 3.0, 30.0])
def test_it_is_the_sum_over_bins_written_out(sharpness):
    chance = Generator().manual_seed(0)
    logits = torch.randn(500, 10, generator=chance)
    labels = torch.randint(10, (500,), generator=chance)
    probabilities = (sharpness * logits).softmax(1)

    found = expected_calibration_error(probabilities, labels)

    assert found == pytest.approx(written_out(probabilities, labels), abs=1e-12)


def test_whoever_is_sure_and_always_wrong_is_wholly_off():
    probabilities = torch.eye(3)

    assert expected_calibration_error(probabilities, torch.tensor([1, 2, 0])) == 1.0
    assert expected_calibration_error(probabilities, torch.tensor([0, 1, 2])) == 0.0


def test_whoever_is_right_as_often_as_said_is_not_off():
    probabilities = torch.tensor([[0.8, 0.2]], dtype=torch.float64).repeat(10, 1)
    labels = torch.tensor([0] * 8 + [1] * 2)

    assert expected_calibration_error(probabilities, labels) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("shape", [(0, 3), (4,), (5, 3)])
def test_shapes_that_do_not_belong_together_are_refused(shape):
    labels = torch.zeros(0 if shape[0] == 0 else 4, dtype=torch.int64)

    with pytest.raises(ValueError, match="expected"):
        expected_calibration_error(torch.rand(shape), labels)
