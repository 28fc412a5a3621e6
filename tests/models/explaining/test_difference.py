"""Maps of differences: their means are the scores, and they stay small."""

import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from models.explaining import difference
from models.explaining.colour_scale import colours
from models.explaining.stage import DELTA_E, MAX_SIDE_PX, SSIM, heat, shown
from models.metrics.mask import erode
from models.metrics.region_delta_e import region_delta_e
from models.metrics.ssim import region_ssim, ssim


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures higher than one strip, alike but for noise."""
    torch.manual_seed(3)
    a = torch.rand(1, 3, 300, 90)
    return a, (a + 0.05 * torch.randn_like(a)).clamp(0, 1)


@pytest.fixture
def region() -> torch.Tensor:
    mask = torch.zeros(1, 1, 300, 90)
    mask[..., 40:280, 20:70] = 1
    return mask


def _mean(found: difference.Map) -> float:
    return float(found.values.sum(dtype=torch.float64) / found.known.sum(dtype=torch.float64))


def test_the_mean_of_the_structure_is_the_score(pair, region) -> None:
    whole, part = difference.structure(*pair), difference.structure(*pair, region=region)

    assert _mean(whole) == pytest.approx(float(ssim(*pair)), abs=1e-5)
    assert _mean(part) == pytest.approx(float(region_ssim(*pair, mask=region)), abs=1e-5)


def test_the_mean_of_the_colours_is_the_score(pair, region) -> None:
    part = difference.colour(*pair, region=region)

    mean, _ = region_delta_e(*pair, mask=erode(region, 2))
    assert _mean(part) == pytest.approx(float(mean), abs=1e-4)


def test_each_pixel_is_as_scikit_image_says(pair) -> None:
    a, b = (image[0].permute(1, 2, 0).numpy().astype("float64") for image in pair)
    _, similar = structural_similarity(
        a, b, channel_axis=-1, data_range=1, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    apart = torch.from_numpy(deltaE_ciede2000(rgb2lab(a), rgb2lab(b))).float()

    structure, colour = difference.structure(*pair), difference.colour(*pair)

    inner = (slice(5, -5), slice(5, -5))
    expected = torch.from_numpy(similar.mean(axis=-1)).float()
    assert torch.allclose(structure.values[0, 0][inner], expected[inner], atol=1e-4)
    assert torch.allclose(colour.values[0, 0], apart, atol=1e-3)


def test_what_is_the_same_is_one_and_nothing(pair) -> None:
    image, _ = pair

    structure, colour = difference.structure(image, image), difference.colour(image, image)

    assert torch.allclose(structure.values[structure.known > 0], torch.ones(1), atol=1e-6)
    assert not colour.values.any()


def test_without_room_for_a_window_there_is_no_structure() -> None:
    small = torch.rand(1, 3, 10, 40)

    assert difference.structure(small, small) is None
    assert difference.colour(small, small).values.shape == (1, 1, 10, 40)


def test_a_shrunk_map_has_the_means_of_what_is_known() -> None:
    values, known = torch.full((1, 1, 4, 4), 8.0), torch.ones(1, 1, 4, 4)
    known[..., :2] = 0
    known[..., 0, 2:] = 0

    small = difference.Map(values * known, known).within((2, 2))

    assert small.values[0, 0].tolist() == [[0.0, 8.0], [0.0, 8.0]]
    assert small.known[0, 0].tolist() == [[0.0, 0.5], [0.0, 1.0]]


@pytest.mark.parametrize(("scale", "worst"), [(SSIM, 0.5), (DELTA_E, 10.0)])
def test_heat_is_dark_where_it_is_the_same_and_clear_where_nothing_is_known(scale, worst) -> None:
    values = torch.tensor([scale.dark, worst, worst]).view(1, 1, 1, 3)
    known = torch.tensor([1.0, 1.0, 0.0]).view(1, 1, 1, 3)

    image = heat("map", difference.Map(values * known, known), scale).image

    same, different, unknown = image[0, :, 0].T
    assert torch.equal(same[:3], colours()[:, 0])
    assert torch.equal(different[:3], colours()[:, -1])
    assert (same[3], different[3]) == (1, 1)
    assert not unknown.any()


def test_a_long_stage_is_shrunk_to_the_bound_and_a_short_one_stays() -> None:
    long, short = torch.rand(1, 1, 3, 2 * MAX_SIDE_PX), torch.rand(1, 3, 7, 9)

    assert shown("mask", long).image.shape == (1, 1, 2, MAX_SIDE_PX)
    assert torch.equal(shown("plate", short).image, short)


def test_what_is_shrunk_takes_no_colour_from_what_is_transparent() -> None:
    image = torch.zeros(1, 4, 2, 2 * MAX_SIDE_PX)
    image[:, :3, 0] = 1
    image[:, 3, 0] = 1

    colours_, alpha = shown("0.cutout", image).image.split((3, 1), dim=1)

    assert alpha.min() < 0.9
    assert colours_[alpha.expand_as(colours_) > 0.1].min() > 0.99
