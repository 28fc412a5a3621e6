"""SSIM is scikit-image's Gaussian form, whole, in a map and in a region."""

import numpy as np
import pytest
import pytorch_msssim
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.metrics import structural_similarity

from models.metrics import ssim_cpu, ssim_torch
from models.metrics.ssim import TooSmall, region_ssim, ssim, ssim_map, whole_and_region_ssim

KINDS = ["random", "flat", "near white", "halves", "dots", "inverse"]


def reference(a: np.ndarray, b: np.ndarray, *, full: bool = False):
    return structural_similarity(
        a,
        b,
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=full,
    )


def tensor(levels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(levels).permute(2, 0, 1)[None].float() / 255


def pair(kind: str, shape: tuple[int, int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, rng.choice([0.6, 5, 40]), shape)
    halves = np.where(np.arange(shape[0])[:, None, None] < shape[0] // 2, 0, 255) + np.zeros(shape)
    first = {
        "random": rng.integers(0, 256, shape),
        "flat": np.full(shape, rng.integers(0, 256)),
        "near white": 255 - rng.integers(0, 3, shape),
        "halves": halves,
        "dots": np.where(rng.random(shape) < 0.01, 255, 0),
        "inverse": halves,
    }[kind]
    second = np.where(halves > 0, 1, 254) if kind == "inverse" else np.clip(first + noise, 0, 255)
    return first.astype(np.uint8), second.round().astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(11, 90),
    width=st.integers(11, 90),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_agrees_with_scikit_image(kind, height, width, channels, seed):
    a, b = pair(kind, (height, width, channels), seed)

    found = ssim(tensor(a), tensor(b))

    assert found.item() == pytest.approx(reference(a, b), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(12, 70))
def test_it_agrees_with_a_second_witness(seed, size):
    a, b = (tensor(levels) for levels in pair("random", (size, size, 3), seed))

    found = ssim(a, b)

    witness = pytorch_msssim.ssim(a, b, data_range=1.0, size_average=False)
    assert found.item() == pytest.approx(witness.item(), abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_it_agrees_on_a_large_picture(kind):
    a, b = pair(kind, (517, 1031, 3), 7)

    found = ssim(tensor(a), tensor(b))

    assert found.item() == pytest.approx(reference(a, b), abs=1e-5)


def test_a_batch_is_its_images_one_by_one():
    a, b = torch.rand(40, 3, 32, 28), torch.rand(40, 3, 32, 28)

    together = ssim(a, b)

    apart = torch.cat([ssim(x[None], y[None]) for x, y in zip(a, b, strict=True)])
    torch.testing.assert_close(together, apart)


def test_identical_pictures_are_one():
    a = torch.rand(2, 1, 20, 20)

    assert torch.equal(ssim(a, a), torch.ones(2, dtype=torch.float64))


def test_the_map_is_the_inside_of_scikit_images():
    a, b = pair("random", (150, 40, 3), 3)

    found = ssim_map(tensor(a), tensor(b))

    _, whole = reference(a, b, full=True)
    inside = torch.from_numpy(whole[5:-5, 5:-5]).permute(2, 0, 1)[None].float()
    torch.testing.assert_close(found, inside, atol=1e-5, rtol=0)


def test_a_region_is_blind_to_what_lies_outside():
    a, b = torch.rand(1, 3, 60, 60), torch.rand(1, 3, 60, 60)
    mask = torch.zeros(1, 1, 60, 60)
    mask[..., 10:40, 15:50] = 1

    found = region_ssim(a, b, mask=mask)

    other = torch.where(mask > 0, b, 1 - b)
    torch.testing.assert_close(region_ssim(a, other, mask=mask), found, atol=1e-9, rtol=0)
    cut = (..., slice(10, 40), slice(15, 50))
    torch.testing.assert_close(ssim(a[cut], b[cut]), found, atol=1e-7, rtol=0)


def test_a_whole_region_is_the_whole_picture():
    a, b = torch.rand(2, 3, 30, 40), torch.rand(2, 3, 30, 40)

    found = region_ssim(a, b, mask=torch.ones(2, 1, 30, 40))

    torch.testing.assert_close(found, ssim(a, b), atol=1e-7, rtol=0)


def test_a_region_without_room_for_a_window_has_no_number():
    mask = torch.zeros(1, 1, 40, 40)
    mask[..., 10:20, :] = 1

    found = region_ssim(torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40), mask=mask)

    assert found.isnan().all()


REGIONS = {
    "inner": (slice(20, 71), slice(9, 48)),
    "at the frame": (slice(0, 31), slice(-25, None)),
    "one window": (slice(70, 81), slice(-11, None)),
    "whole": (slice(None), slice(None)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_the_mean_of_scikit_images_map(kind, region):
    a, b = pair(kind, (83, 61, 3), 5)
    inside = np.zeros((83, 61), bool)
    inside[REGIONS[region]] = True
    mask = torch.from_numpy(inside)[None, None].float()

    alone = region_ssim(tensor(a), tensor(b), mask=mask)
    whole, found = whole_and_region_ssim(tensor(a), tensor(b), mask=mask)

    mean, full = reference(a, b, full=True)
    windows = ndimage.binary_erosion(inside, np.ones((11, 11)), border_value=1)[5:-5, 5:-5]
    wanted = full[5:-5, 5:-5][windows].mean()
    assert alone.item() == pytest.approx(wanted, abs=1e-5)
    assert found.item() == pytest.approx(wanted, abs=1e-5)
    assert whole.item() == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize("rows", [1, 16, 1000])
def test_the_number_is_the_same_in_strips_of_any_size(monkeypatch, rows):
    a, b = (tensor(levels) for levels in pair("random", (150, 41, 3), 4))
    mask = (torch.rand(1, 1, 150, 41) > 0.001).float()
    wanted = torch.cat(whole_and_region_ssim(a, b, mask=mask))

    monkeypatch.setattr(ssim_cpu, "_STRIP_ROWS", rows)
    monkeypatch.setattr(ssim_cpu, "_STRIP_PIXELS", rows * 41)
    found = torch.cat(whole_and_region_ssim(a, b, mask=mask))

    torch.testing.assert_close(found, wanted, atol=1e-7, rtol=0)


@pytest.mark.parametrize("size", [(10, 40), (40, 10), (7, 7)])
def test_below_eleven_pixels_there_is_none(size):
    with pytest.raises(TooSmall):
        ssim(torch.rand(1, 3, *size), torch.rand(1, 3, *size))


def test_pictures_of_two_sizes_cannot_be_compared():
    with pytest.raises(ValueError, match="two equal"):
        ssim(torch.rand(1, 3, 20, 20), torch.rand(1, 3, 20, 21))


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(11, 90),
    width=st.integers(11, 90),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_in_torch_it_agrees_with_scikit_image(kind, height, width, channels, seed):
    a, b = pair(kind, (height, width, channels), seed)

    found = ssim(tensor(a).requires_grad_(), tensor(b))

    assert found.requires_grad
    assert found.item() == pytest.approx(reference(a, b), abs=1e-5)


@pytest.mark.parametrize("strip_pixels", [1, 1500, 100_000])
def test_in_torch_the_map_is_the_same_in_strips_of_any_size(monkeypatch, strip_pixels):
    monkeypatch.setattr(ssim_torch, "_STRIP_PIXELS", strip_pixels)
    a, b = torch.rand(2, 3, 70, 40), torch.rand(2, 3, 70, 40)

    found = ssim_map(a, b.clone().requires_grad_())

    torch.testing.assert_close(found.detach(), ssim_map(a, b), atol=1e-6, rtol=0)


def test_in_torch_identical_pictures_are_one():
    a = torch.rand(2, 3, 30, 20, requires_grad=True)

    assert torch.equal(ssim(a, a.detach()), torch.ones(2, dtype=torch.float64))


def test_its_gradient_is_the_one_of_small_steps():
    a, b = torch.rand(2, 1, 2, 12, 13, dtype=torch.float64)
    ssim_torch._kernel.cache_clear()
    with torch.inference_mode():
        ssim_torch.sums(a, b, None)

    assert torch.autograd.gradcheck(lambda x: ssim(x, b), (a.requires_grad_(),))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_gpu_it_is_computed_there_and_agrees(kind):
    a, b = pair(kind, (517, 1031, 3), 7)

    found = ssim(tensor(a).cuda(), tensor(b).cuda())

    assert found.is_cuda
    assert found.item() == pytest.approx(reference(a, b), abs=1e-5)
