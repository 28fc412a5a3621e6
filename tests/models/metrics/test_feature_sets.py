"""Numbers about two sets of features: what they refuse, and that the device does not matter."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.metrics.frechet import frechet
from models.metrics.kernel_distance import kernel_distance
from models.metrics.memorisation import memorisation
from models.metrics.prdc import prdc
from models.metrics.spread import spread_ratio
from models.metrics.two_sample import two_sample_accuracy

Metric = Callable[[Tensor, Tensor], object]

METRICS: dict[str, Metric] = {
    "frechet": frechet,
    "kernel_distance": lambda a, b: kernel_distance(a, b, subset_size=40).mean,
    "memorisation": lambda a, b: memorisation(a, b, a.flip(0) + 0.1).ratio,
    "precision": lambda a, b: prdc(a, b).precision,
    "recall": lambda a, b: prdc(a, b).recall,
    "density": lambda a, b: prdc(a, b).density,
    "coverage": lambda a, b: prdc(a, b).coverage,
    "spread_ratio": spread_ratio,
    "two_sample_accuracy": two_sample_accuracy,
}


def pair() -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 80, 6, generator=chance)
    return a, 0.8 * b + 0.2


@pytest.mark.parametrize("name", METRICS)
def test_features_of_two_widths_cannot_be_compared(name):
    with pytest.raises(ValueError, match=r"expected \[N, D\] and \[M, D\]"):
        METRICS[name](torch.rand(80, 6), torch.rand(80, 1))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_a_network_that_went_wrong_is_not_measured(name, wrong):
    a, b = pair()
    b[3, 2] = wrong

    with pytest.raises(ValueError, match="finite"):
        METRICS[name](a, b)


@pytest.mark.parametrize("name", METRICS)
def test_without_rows_there_is_no_number(name):
    a, _ = pair()

    with pytest.raises(ValueError, match="at least"):
        METRICS[name](a, a[:0])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", METRICS)
def test_on_a_gpu_it_is_the_same(name):
    a, b = pair()

    found = METRICS[name](a.cuda(), b.cuda())

    assert found == pytest.approx(METRICS[name](a, b), rel=1e-5)
