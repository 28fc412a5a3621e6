"""The product's colour difference is scikit-image's, of the pixels in the mask and no others."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab

from models.metrics import delta_e, region_delta_e
from models.metrics.region_delta_e import region_delta_e as measured


def pair(kind: str, shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 256, (*shape, 3))
    if kind == "near white":
        first = 255 - rng.integers(0, 3, (*shape, 3))
    if kind == "grey":
        first = np.repeat(first[..., :1], 3, axis=2)
    other = rng.integers(0, 256, first.shape)
    second = (
        other if kind == "unlike" else np.clip(first + rng.integers(-9, 10, first.shape), 0, 255)
    )
    return first.astype(np.uint8), second.astype(np.uint8)


def tensor(levels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(levels).permute(2, 0, 1)[None].float() / 255


def regions(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    whole = np.ones(shape, bool)
    inner, at_frame, dots = (np.zeros(shape, bool) for _ in range(3))
    inner[5:-7, 3:-9] = True
    at_frame[:9, -11:] = True
    dots[::3, ::5] = True
    return {"whole": whole, "inner": inner, "at the frame": at_frame, "dots": dots}


@pytest.mark.parametrize("kind", ["random", "unlike", "near white", "grey"])
@pytest.mark.parametrize("region", ["whole", "inner", "at the frame", "dots"])
def test_it_agrees_with_scikit_image(kind, region):
    a, b = pair(kind, (61, 83))
    inside = regions((61, 83))[region]

    mean, p95 = measured(tensor(a), tensor(b), mask=torch.from_numpy(inside)[None, None].float())

    wanted = np.sort(deltaE_ciede2000(rgb2lab(a[inside]), rgb2lab(b[inside])))
    assert mean.item() == pytest.approx(wanted.mean(), abs=1e-5)
    assert p95.item() == pytest.approx(wanted[int(np.ceil(0.95 * len(wanted))) - 1], abs=1e-5)


def test_an_empty_mask_has_no_number():
    a, b = (tensor(levels) for levels in pair("random", (12, 13)))

    mean, p95 = measured(a, b, mask=torch.zeros(1, 1, 12, 13))

    assert mean.isnan().all()
    assert p95.isnan().all()


def test_equal_pixels_count_as_no_difference():
    a, b = (tensor(levels) for levels in pair("random", (20, 30)))
    mostly = torch.where(torch.arange(30) < 1, b, a)

    mean, p95 = measured(a, mostly, mask=torch.ones(1, 1, 20, 30))

    wanted = delta_e.ciede2000(a, mostly)
    assert p95.item() == 0
    assert mean.item() == pytest.approx(wanted.double().mean().item())


def test_a_batch_is_its_images_one_by_one():
    a, b = torch.rand(3, 3, 20, 30), torch.rand(3, 3, 20, 30)
    mask = (torch.rand(3, 1, 20, 30) > 0.4).float()

    together = measured(a, b, mask=mask)

    apart = [measured(a[n : n + 1], b[n : n + 1], mask=mask[n : n + 1]) for n in range(3)]
    for which in range(2):
        assert torch.equal(together[which], torch.cat([one[which] for one in apart]))


@pytest.mark.parametrize("strip_pixels", [1, 500, 100_000])
def test_strips_change_nothing(monkeypatch, strip_pixels):
    a, b = torch.rand(1, 3, 37, 41), torch.rand(1, 3, 37, 41)
    mask = (torch.rand(1, 1, 37, 41) > 0.4).float()
    whole = measured(a, b, mask=mask)

    monkeypatch.setattr(region_delta_e, "_STRIP_PIXELS", strip_pixels)
    monkeypatch.setattr(delta_e, "_CPU_PIXELS", max(7, strip_pixels // 3))
    found = measured(a, b, mask=mask)

    torch.testing.assert_close(found, whole, atol=1e-7, rtol=1e-9)
