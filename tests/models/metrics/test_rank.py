"""A percentile is one of the values, the one that sorting gives."""

import math

import numpy as np
import pytest
import torch

from models.metrics import bare
from models.metrics.rank import smallest


@pytest.fixture(params=[frozenset({"cpu"}), frozenset()], ids=["numpy", "torch"])
def _way(request, monkeypatch):
    monkeypatch.setattr(bare, "_DEVICES", request.param)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 1000])
def test_it_is_the_one_that_sorting_gives(share, count):
    values = torch.rand(count)

    found = smallest(values, share=share)

    assert found.item() == np.sort(values.numpy())[max(1, math.ceil(share * count)) - 1]


@pytest.mark.usefixtures("_way")
def test_what_is_not_kept_does_not_count():
    values = torch.arange(10.0)

    found = smallest(values, share=0.5, keep=values > 6)

    assert found.item() == 8
    assert smallest(values, share=0.5, keep=values > 99).isnan()
    assert smallest(values[:0], share=0.5).isnan()
