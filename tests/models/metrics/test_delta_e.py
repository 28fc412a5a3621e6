"""Colour differences are scikit-image's, and the published ones."""

import numpy as np
import torch
from skimage.color import deltaE_ciede2000, rgb2lab

from models.metrics.delta_e import ciede2000, lab_difference

# Sharma, Wu & Dalal (2005), table 1: lines 1, 4, 7, 10, 17, 25, 34.
PUBLISHED = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0010), 7.1792),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


def test_the_published_pairs_have_their_differences():
    for one, other, wanted in PUBLISHED:
        a, b = (torch.tensor(lab, dtype=torch.float64).view(1, 3, 1, 1) for lab in (one, other))

        assert abs(lab_difference(a, b).item() - wanted) < 1e-4


def test_it_agrees_with_scikit_image():
    rng = np.random.default_rng(0)
    a, b = rng.random((90, 70, 3)), rng.random((90, 70, 3))
    b[:40] = np.clip(a[:40] + 0.02, 0, 1)
    a[50], b[51] = 0.5, 0.0

    found = ciede2000(*(torch.from_numpy(x).permute(2, 0, 1)[None].float() for x in (a, b)))

    wanted = deltaE_ciede2000(rgb2lab(a), rgb2lab(b))
    np.testing.assert_allclose(found[0].numpy(), wanted, atol=1e-5)


def test_strips_change_nothing():
    a, b = torch.rand(1, 3, 1100, 300), torch.rand(1, 3, 1100, 300)

    tail = ciede2000(a[:, :, 900:], b[:, :, 900:])
    torch.testing.assert_close(ciede2000(a, b)[:, 900:], tail, atol=1e-5, rtol=0)


def test_the_formula_agrees_in_double_precision():
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 90, 71, 3))
    a[3], b[4], b[5], a[6:8] = 0, 1, a[5], 0.25

    found = ciede2000(*(torch.from_numpy(x).permute(2, 0, 1)[None] for x in (a, b)))

    np.testing.assert_allclose(
        found[0].numpy(), deltaE_ciede2000(rgb2lab(a), rgb2lab(b)), atol=1e-8
    )
