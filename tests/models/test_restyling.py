"""What changes towards a style: nothing at no strength, and in tiles what it is as a whole."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models import restyling
from models.layers.tiling import Tiling
from models.metrics.psnr import psnr_db
from models.networks.style import StyleAutoencoder, StyleConfig
from models.restyling import Restyler, Seen, change, code_distance


@pytest.fixture
def by() -> Restyler:
    torch.manual_seed(3)
    network = StyleAutoencoder(StyleConfig((24,) * 4)).eval().requires_grad_(requires_grad=False)
    return Restyler(network.measure, network.restyle, network.tiling)


def seen(height: int = 96, width: int = 72, seed: int = 0, light: float = 1.0) -> Seen:
    image = light * torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    return Seen(image, torch.ones(1, 1, height, width))


def styled(picture: Seen, by: Restyler, strength: float = 1.0, style: Seen | None = None) -> Tensor:
    return change(picture, style or seen(64, 64, 1, 0.4), strength=strength, by=by)


def test_no_strength_changes_nothing_at_all(by: Restyler) -> None:
    assert not styled(seen(), by, 0.0).any()


@pytest.mark.parametrize(("height", "width"), [(16, 16), (33, 90), (200, 17)])
def test_the_change_has_the_picture_s_shape(by: Restyler, height: int, width: int) -> None:
    assert styled(seen(height, width), by).shape == (1, 3, height, width)


def test_tiles_are_the_whole(by: Restyler) -> None:
    picture = seen(240, 200)
    small = replace(by, tiling=Tiling(multiple=8, margin=by.tiling.margin, tile=64))

    assert psnr_db(styled(picture, small), styled(picture, by)) >= 60


def test_a_picture_in_its_own_style_stays_as_it_is(by: Restyler) -> None:
    assert styled(seen(), by, style=seen()).abs().max() < 1e-3


def test_what_does_not_count_does_not_matter(by: Restyler) -> None:
    counts = torch.zeros(1, 1, 96, 176)
    counts[..., :96] = 1
    left = seen(96, 96).image
    first, second = (
        Seen(torch.cat([left, other.expand(1, 3, 96, 80)], dim=3), counts)
        for other in (torch.tensor(0.0), torch.tensor(1.0))
    )

    # Near the edge between them a feature sees both; so only far from it nothing differs.
    apart = (styled(first, by) - styled(second, by)).abs()[..., :32]

    assert apart.mean() < 0.1 * styled(first, by)[..., :32].abs().mean()


def test_styles_are_as_far_apart_as_their_means_and_their_spreads_together(by: Restyler) -> None:
    def measure(image: Tensor, _counts: Tensor) -> tuple[Tensor, Tensor]:
        return image.mean((2, 3)), image.amax((2, 3)) - image.amin((2, 3))

    dark, light, striped = (torch.zeros(1, 3, 16, 16) for _ in range(3))
    light += torch.tensor([0.3, 0.0, 0.4]).view(1, 3, 1, 1)
    striped[..., ::2, :] = torch.tensor([0.6, 0.0, 0.8]).view(1, 3, 1, 1)
    one, other, third = (Seen(each, torch.ones(1, 1, 16, 16)) for each in (dark, light, striped))
    plainly = replace(by, measure=measure, tiling=Tiling(multiple=2, margin=0, tile=16))

    assert code_distance(one, one, by=by) == 0
    assert code_distance(one, other, by=plainly) == pytest.approx(0.5)
    assert code_distance(other, third, by=plainly) == pytest.approx(1.0)  # of spreads alone
    assert code_distance(one, third, by=plainly) == pytest.approx(1.5)


def test_a_large_picture_is_measured_small(by: Restyler, monkeypatch) -> None:
    measured = []

    def measure(image: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        measured.append((image.shape[2:], counts.shape[2:]))
        return by.measure(image, counts)

    monkeypatch.setattr(restyling, "VIEW_PX", 64)
    styled(seen(256, 128), replace(by, measure=measure))

    frame = 2 * by.tiling.margin
    sides = [(64 + frame, 32 + frame), (64 + frame, 64 + frame)]
    assert measured == [(one, one) for one in sides]


def test_of_what_is_flat_no_noise_is_made(by: Restyler) -> None:
    noise = 0.001 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    flat = Seen(0.5 + noise, torch.ones(1, 1, 64, 64))

    changed = styled(flat, by, style=flat)

    assert changed.abs().max() < 1e-3


def test_a_picture_s_edges_are_as_its_middle(by: Restyler) -> None:
    flat = Seen(torch.full((1, 3, 64, 64), 0.6), torch.ones(1, 1, 64, 64))

    changed = styled(flat, by)

    # What is alike everywhere may differ from pixel to pixel of a cell, and from cell to cell not.
    torch.testing.assert_close(changed[..., :8, :8], changed[..., 32:40, 32:40])
