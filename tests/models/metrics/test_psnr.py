"""PSNR is scikit-image's, and infinite where nothing differs."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio

from models.metrics.psnr import psnr_db


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    channels=st.sampled_from([1, 3]),
    base=st.sampled_from([None, 0, 200, 254]),
    spread=st.sampled_from([1, 3, 60]),
)
def test_it_agrees_with_scikit_image(seed, size, channels, base, spread):
    rng = np.random.default_rng(seed)
    shape = (*size, channels)
    a = rng.integers(0, 256, shape) if base is None else np.full(shape, base)
    b = np.clip(a + rng.integers(-spread, spread + 1, shape), 0, 255)
    assume((a != b).any())

    found = psnr_db(*(torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 for x in (a, b)))

    assert found.item() == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-3)


def test_identical_images_are_infinite_and_others_of_the_batch_are_not():
    a = torch.rand(2, 3, 8, 8)
    b = a.clone()
    b[1] += 0.1

    found = psnr_db(a, b)

    assert found[0] == torch.inf
    assert found[1].item() == pytest.approx(20, abs=1e-3)


def test_outside_the_mask_nothing_counts():
    a, mask = torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, :] = 1
    b = torch.where(mask > 0, a + 0.01, 1 - a)

    found = psnr_db(a, b, mask=mask)

    assert found.item() == pytest.approx(40, abs=1e-3)
    assert psnr_db(a, torch.where(mask > 0, a, b), mask=mask).item() == torch.inf


def test_an_empty_mask_has_no_number():
    found = psnr_db(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8), mask=torch.zeros(1, 1, 8, 8))

    assert found.isnan().all()


def test_pictures_of_two_sizes_cannot_be_compared():
    with pytest.raises(ValueError, match="two equal"):
        psnr_db(torch.rand(1, 3, 8, 8), torch.rand(1, 1, 8, 8))


def test_a_region_agrees_with_scikit_image_also_at_the_frame():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (2, 41, 57, 3))
    inside = np.zeros((41, 57), bool)
    inside[:17, 30:] = True

    found = psnr_db(
        *(torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 for x in (a, b)),
        mask=torch.from_numpy(inside)[None, None],
    )

    wanted = peak_signal_noise_ratio(a[inside], b[inside], data_range=255)
    assert found.item() == pytest.approx(wanted, abs=1e-5)


def test_it_has_a_gradient_where_one_is_wanted():
    a = torch.rand(2, 3, 8, 9, requires_grad=True)

    psnr_db(a, torch.rand(2, 3, 8, 9)).sum().backward()

    assert a.grad is not None
    assert a.grad.abs().min() > 0
