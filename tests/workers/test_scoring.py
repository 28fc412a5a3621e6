"""Each score against a computation of somebody else's, and the gates that they pass or miss."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from db.operations.base import Operation
from db.operations.generation import Reconstruct
from db.operations.product import Background
from db.operations.restoration import Denoise, Upscale
from models.images import Loaded
from models.made import Made
from models.metrics import bare
from models.metrics.agreement import LIMIT as LEAST_AGREEMENT
from tests.factories import NOWHERE
from workers.failures import Permanent
from workers.scores import Scores, missed
from workers.scoring import Compared, score

DENOISE = Denoise(picture=NOWHERE)
BACKGROUND = Background(picture=NOWHERE)
HEIGHT, WIDTH = 40, 48


def _image(seed: int = 0, *, height: int = HEIGHT, width: int = WIDTH) -> Tensor:
    """Something like a photograph: smooth, in colour, on 256 levels."""
    noise = np.random.default_rng(seed).random((3, height, width))
    smooth = ndimage.gaussian_filter(noise, (0, 2, 2))
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return torch.from_numpy(np.round(smooth * 255) / 255).float()[None]


def _worse(image: Tensor, *, by: float = 0.04, seed: int = 9) -> Tensor:
    noise = np.random.default_rng(seed).normal(0, by, image.shape)
    return (image + torch.from_numpy(noise).float()).clamp(0, 1).mul(255).round().div(255)


def _disc(radius: int = 14) -> Tensor:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    inside = (y - HEIGHT / 2) ** 2 + (x - WIDTH / 2) ** 2 < radius**2
    return torch.from_numpy(inside).float()[None, None]


def _numpy(image: Tensor) -> NDArray[np.float64]:
    return image[0].permute(1, 2, 0).double().numpy()


def _scored(
    output: Tensor, made: Made | None = None, *, by: Operation = DENOISE, **given: Tensor
) -> Scores:
    made = made or Made((output,))
    return score(by, made, Loaded(output, None), Compared(**given))


def _ssim_map(a: Tensor, b: Tensor) -> NDArray[np.float64]:
    _, found = structural_similarity(
        _numpy(a),
        _numpy(b),
        channel_axis=-1,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    inner: NDArray[np.float64] = found[5:-5, 5:-5]
    return inner


def _eroded(mask: Tensor, pixels: int) -> NDArray[np.bool_]:
    square = np.ones((2 * pixels + 1, 2 * pixels + 1))
    found: NDArray[np.bool_] = ndimage.binary_erosion(
        mask[0, 0].numpy() > 0.5, square, border_value=1
    )
    return found


def _psnr_inside(a: Tensor, b: Tensor, inside: NDArray[np.bool_]) -> float:
    return float(-10 * np.log10(np.mean((_numpy(a)[inside] - _numpy(b)[inside]) ** 2)))


def _ssim_inside(a: Tensor, b: Tensor, mask: NDArray[np.bool_]) -> float:
    windows = ndimage.binary_erosion(mask, np.ones((11, 11)), border_value=1)[5:-5, 5:-5]
    return float(_ssim_map(a, b)[windows].mean())


# The whole picture


def test_psnr_and_ssim_against_the_callers_reference():
    reference = _image()
    output = _worse(reference)

    scores = _scored(output, reference=reference)

    expected_psnr = peak_signal_noise_ratio(_numpy(reference), _numpy(output), data_range=1)
    assert scores.values["psnr_db"] == pytest.approx(expected_psnr, abs=1e-3)
    assert scores.values["ssim"] == pytest.approx(_ssim_map(reference, output).mean(), abs=1e-5)
    assert not scores.identical


def test_without_a_reference_nothing_is_compared():
    scores = _scored(_image())

    assert not {"psnr_db", "ssim", "product_psnr_db", "protected_psnr_db"} & scores.values.keys()
    assert not scores.identical


def test_an_operation_that_has_a_reference_of_its_own_is_compared_with_it():
    own, output = _image(1), _image(2)
    made = Made((output,), expected=own)

    scores = _scored(output, made, by=Reconstruct(picture=NOWHERE))

    expected = peak_signal_noise_ratio(_numpy(own), _numpy(output), data_range=1)
    assert scores.values["psnr_db"] == pytest.approx(expected, abs=1e-3)


def test_the_callers_reference_comes_before_the_operations_own():
    output = _image(2)
    made = Made((output,), expected=_image(1))

    scores = _scored(output, made, by=Reconstruct(picture=NOWHERE), reference=output)

    assert scores.identical


def test_what_an_edit_expects_is_no_reference():
    output = _image(2)

    scores = _scored(output, Made((output,), expected=_image(1)))

    assert "psnr_db" not in scores.values


def test_a_grey_reference_is_compared_in_all_three_colours():
    output = _image(2)
    grey = output.mean(1, keepdim=True)

    scores = _scored(output, reference=grey)

    expected = _psnr_inside(output, grey.expand(-1, 3, -1, -1), np.ones((HEIGHT, WIDTH), bool))
    assert scores.values["psnr_db"] == pytest.approx(expected, abs=1e-3)


def test_identical_pictures_have_no_number_but_a_flag():
    scores = _scored(_image(), reference=_image())

    assert scores.values["psnr_db"] is None
    assert scores.values["ssim"] == pytest.approx(1)
    assert scores.identical


def test_one_level_of_one_pixel_is_not_identical():
    image = _image()
    other = image.clone()
    other[0, 0, 3, 3] = (other[0, 0, 3, 3] * 255 + 1).remainder(256) / 255

    scores = _scored(other, reference=image)

    assert not scores.identical
    assert scores.values["psnr_db"] is not None


@pytest.mark.parametrize("shape", [{"height": HEIGHT + 1}, {"width": WIDTH * 2}], ids=str)
def test_a_reference_of_another_size_is_refused_not_resized(shape: dict[str, int]):
    with pytest.raises(Permanent, match=f"output {WIDTH}×{HEIGHT}") as raised:
        _scored(_image(), reference=_image(**shape))

    assert raised.value.code == "reference_size"


def test_a_callers_mask_adds_the_scores_inside_it():
    reference, mask = _image(), _disc()
    output = _worse(reference)

    scores = _scored(output, reference=reference, mask=mask)

    inside = mask[0, 0].numpy() > 0.5
    values = scores.values
    assert values["masked_psnr_db"] == pytest.approx(
        _psnr_inside(reference, output, inside), abs=1e-3
    )
    assert values["masked_ssim"] == pytest.approx(_ssim_inside(reference, output, inside), abs=1e-5)
    assert values["psnr_db"] == pytest.approx(
        peak_signal_noise_ratio(_numpy(reference), _numpy(output), data_range=1), abs=1e-3
    )


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(Permanent) as raised:
        _scored(_image(), reference=_image(), mask=torch.ones(1, 1, 8, 8))

    assert raised.value.code == "mask_size_mismatch"


@pytest.mark.parametrize("side", [8, 10])
def test_below_eleven_pixels_there_is_no_ssim_and_a_note_says_so(side: int):
    reference = _image(height=side, width=32)
    output = _worse(reference)

    scores = _scored(output, reference=reference)

    expected = peak_signal_noise_ratio(_numpy(reference), _numpy(output), data_range=1)
    assert scores.values["ssim"] is None
    assert scores.stored()["notes"] == {"ssim": "too_small"}
    assert scores.values["psnr_db"] == pytest.approx(expected, abs=1e-3)


def test_at_eleven_pixels_there_is_one():
    reference = _image(height=11, width=11)

    scores = _scored(_worse(reference), reference=reference)

    assert scores.values["ssim"] is not None
    assert "notes" not in scores.stored()


# The product


def _product(output: Tensor, source: Tensor, **more: Any) -> Scores:
    made = Made((output,), product_mask=_disc(), expected_product=source, **more)
    return _scored(output, made, by=BACKGROUND, source=source)


def test_the_products_scores_are_of_the_mask_less_two_pixels():
    source = _image()
    output = _worse(source)

    values = _product(output, source).values

    inside = _eroded(_disc(), 2)
    difference = deltaE_ciede2000(rgb2lab(_numpy(source)), rgb2lab(_numpy(output)))[inside]
    p95 = np.sort(difference)[int(np.ceil(0.95 * len(difference))) - 1]
    assert values["product_psnr_db"] == pytest.approx(
        _psnr_inside(source, output, inside), abs=1e-3
    )
    assert values["product_ssim"] == pytest.approx(_ssim_inside(source, output, inside), abs=1e-5)
    assert values["product_delta_e_mean"] == pytest.approx(difference.mean(), abs=2e-2)
    assert values["product_delta_e_p95"] == pytest.approx(p95, abs=5e-2)


def test_what_changed_outside_the_product_does_not_count():
    source = _image()
    output = torch.where(_disc(radius=16) > 0.5, source, 1.0)

    scores = _product(output, source)

    assert scores.product_identical
    assert scores.values["product_psnr_db"] is None
    assert scores.values["product_delta_e_mean"] == 0
    assert not scores.identical


def test_one_changed_pixel_of_the_product_does():
    source = _image()
    output = source.clone()
    output[0, :, HEIGHT // 2, WIDTH // 2] = 1 - output[0, :, HEIGHT // 2, WIDTH // 2].round()

    scores = _product(output, source)

    assert not scores.product_identical
    assert scores.values["product_psnr_db"] is not None


def test_a_product_too_thin_to_measure_has_no_score():
    source = _image()
    mask = torch.zeros(1, 1, HEIGHT, WIDTH)
    mask[..., 10, 10:14] = 1
    made = Made((source,), product_mask=mask, expected_product=source)

    scores = _scored(source, made, by=BACKGROUND)

    assert scores.values["product_psnr_db"] is None
    assert scores.values["product_delta_e_mean"] is None
    assert not scores.product_identical


def test_the_edge_is_compared_with_the_expected_composite():
    source, output, expected = _image(), _image(1), _image(2)

    values = _product(output, source, expected=expected).values

    band = ~(_eroded(_disc(), 3) | _eroded(1 - _disc(), 3))
    difference = np.abs(_numpy(output) - _numpy(expected))[band].mean() * 255
    assert values["edge_band_diff"] == pytest.approx(difference, abs=1e-3)


def _trusted(matte: Tensor, independent: Tensor) -> Scores:
    source = torch.where(_disc() > 0.5, _image() * 0.5, 1.0)
    return _product(source, source, matte=matte, independent_mask=independent)


def test_two_masks_that_agree_prove_something():
    scores = _trusted(_disc(), _disc())

    assert scores.values["mask_agreement"] == 1
    assert scores.values["lost_share"] == 0
    assert scores.values["mask_uncertainty"] == 0
    assert not scores.unproven


def test_two_masks_that_disagree_prove_nothing():
    scores = _trusted(_disc(14), _disc(11))

    a, b = (_disc(radius)[0, 0].numpy() > 0.5 for radius in (14, 11))
    agreement = (a & b).sum() / (a | b).sum()
    assert scores.values["mask_agreement"] == pytest.approx(agreement)
    assert agreement < LEAST_AGREEMENT
    assert scores.unproven


def test_a_mask_that_lost_a_part_of_the_product_proves_nothing():
    scores = _trusted(_disc(6), _disc(6))

    assert scores.values["mask_agreement"] == 1
    assert (scores.values["lost_share"] or 0) > 0.02
    assert scores.unproven


def test_a_mask_unsure_of_its_edge_proves_nothing():
    blurred = torch.from_numpy(ndimage.gaussian_filter(_disc().numpy(), (0, 0, 4, 4)))

    scores = _trusted(blurred, blurred)

    assert (scores.values["mask_uncertainty"] or 0) > 0.5
    assert scores.unproven


def test_a_mask_that_nobody_else_looked_at_is_taken_at_its_word():
    source = _image()

    scores = _product(_worse(source), source, matte=_disc())

    assert not scores.unproven
    assert "mask_agreement" not in scores.values


# What was to stay as it was


def _edited(output: Tensor, source: Tensor) -> Scores:
    return _scored(output, Made((output,), edit_mask=_disc()), source=source)


def test_what_was_to_stay_is_compared_outside_the_edit():
    source = _image()
    output = _worse(source)

    values = _edited(output, source).values

    outside = _disc()[0, 0].numpy() < 0.5
    largest = np.abs(_numpy(source) - _numpy(output))[outside].max() * 255
    assert values["protected_psnr_db"] == pytest.approx(
        _psnr_inside(source, output, outside), abs=1e-3
    )
    assert values["protected_ssim"] == pytest.approx(
        _ssim_inside(source, output, outside), abs=1e-5
    )
    assert values["protected_max_abs"] == pytest.approx(largest, abs=1e-3)


def test_what_changed_inside_the_edit_does_not_count():
    source = _image()
    output = torch.where(_disc() > 0.5, _image(1), source)

    scores = _edited(output, source)

    assert scores.protected_identical
    assert scores.values["protected_max_abs"] == 0
    assert scores.values["protected_psnr_db"] is None


def test_an_edit_of_everything_protects_nothing():
    source = _image()
    made = Made((source,), edit_mask=torch.ones(1, 1, HEIGHT, WIDTH))

    scores = _scored(source, made, source=source)

    assert not scores.protected_identical
    assert "protected_psnr_db" not in scores.values


# Upscaling, and the picture by itself


def test_an_enlarged_picture_shrunk_again_is_compared_with_its_source():
    source, output = _image(), _image(1, height=2 * HEIGHT, width=2 * WIDTH)
    by = Upscale(picture=NOWHERE)

    values = _scored(output, by=by, source=source).values

    shrunk = _numpy(output).reshape(HEIGHT, 2, WIDTH, 2, 3).mean((1, 3))
    expected = peak_signal_noise_ratio(_numpy(source), shrunk, data_range=1)
    assert values["backproj_psnr_db"] == pytest.approx(expected, abs=1e-3)


def test_every_picture_has_scores_of_its_own():
    values = _scored(_worse(_image(), by=0.08)).values

    assert (values["noise_sigma"] or 0) > 10
    assert (values["sharpness"] or 0) > 0
    assert "blockiness" in values


def test_a_flat_picture_has_no_score_that_is_no_number():
    flat = torch.full((1, 3, HEIGHT, WIDTH), 128 / 255)

    values = _scored(flat, reference=flat).values

    assert values["noise_sigma"] == 0
    assert values["sharpness"] == pytest.approx(0)
    assert all(value is None or np.isfinite(value) for value in values.values())


def test_the_reports_numbers_that_are_scores_are_taken_over():
    made = Made((_image(),), report={"diversity": 0.4, "content_ssim": 1, "sigma": 20.0})

    values = _scored(_image(), made).values

    assert (values["diversity"], values["content_ssim"]) == (0.4, 1.0)
    assert "sigma" not in values


# On a device


def _everything(to: str = "cpu") -> Scores:
    """An edit of a product with all that it can be compared with."""
    source, output, mask = _image(), _worse(_image()), _disc()
    made = Made(
        (output.to(to),),
        product_mask=mask.to(to),
        expected_product=source.to(to),
        matte=mask.to(to),
        independent_mask=mask.roll(1, 3).to(to),
        edit_mask=mask.to(to),
        expected=_image(2).to(to),
    )
    given = {"source": source.to(to), "reference": source.to(to), "mask": mask.to(to)}
    return _scored(output.to(to), made, by=BACKGROUND, **given)


def _assert_same(found: Scores, wanted: Scores, *, rel: float) -> None:
    assert found.values.keys() == wanted.values.keys()
    for name, value in wanted.values.items():
        expected = value if value is None else pytest.approx(value, rel=rel, abs=1e-9)
        assert found.values[name] == expected, name
    assert (found.notes, found.unproven) == (wanted.notes, wanted.unproven)


def test_without_the_fast_ways_of_a_cpu_the_scores_are_the_same(monkeypatch: pytest.MonkeyPatch):
    wanted = _everything()

    monkeypatch.setattr(bare, "_DEVICES", frozenset())
    found = _everything()

    _assert_same(found, wanted, rel=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_scores_are_the_same():
    _assert_same(_everything("cuda"), _everything(), rel=1e-5)


# Gates


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        ((40.0, None), True),
        ((41.5, None), True),
        ((41.6, None), False),
        ((None, 41.5), True),
        ((None, 41.4), False),
        ((40.0, 42.0), True),
        ((None, None), True),
    ],
)
def test_a_gate_holds_a_score_between_its_bounds(
    gate: tuple[float | None, float | None],
    passes: bool,  # noqa: FBT001
):
    assert (missed(Scores({"psnr_db": 41.5}), {"psnr_db": gate}) == []) is passes


@pytest.mark.parametrize("gate", [(0.0, None), (None, 99.0), (None, None)])
@pytest.mark.parametrize("values", [{}, {"psnr_db": None}])
def test_a_score_that_does_not_exist_passes_no_gate(
    gate: tuple[float | None, float | None], values: dict[str, float | None]
):
    (sentence,) = missed(Scores(values), {"psnr_db": gate})

    assert sentence.startswith("psnr_db is not measured, expected")


@pytest.mark.parametrize(
    ("flag", "names"),
    [
        ("identical", ["psnr_db", "ssim"]),
        ("product_identical", ["product_psnr_db", "product_ssim"]),
        ("protected_identical", ["protected_psnr_db", "protected_ssim"]),
    ],
)
def test_being_identical_satisfies_every_least_of_its_own_region(flag: str, names: list[str]):
    gates: dict[str, tuple[float | None, float | None]] = dict.fromkeys(names, (99.0, None))

    assert missed(Scores(**{flag: True}), gates) == []
    assert len(missed(Scores(), gates)) == len(names)


def test_being_identical_satisfies_no_most():
    assert missed(Scores(identical=True), {"psnr_db": (None, 60.0)})


def test_another_regions_flag_does_not_help():
    assert missed(Scores(identical=True), {"product_psnr_db": (1.0, None)})


def test_a_missed_gate_says_the_number_and_what_was_expected():
    (sentence,) = missed(Scores({"ssim": 0.91234}), {"ssim": (0.95, None)})

    assert sentence == "ssim is 0.9123, expected at least 0.95"


def test_every_missed_gate_is_named():
    gates: dict[str, tuple[float | None, float | None]] = {
        "ssim": (0.9, None),
        "psnr_db": (40.0, None),
        "protected_max_abs": (None, 0.0),
    }

    found = missed(Scores({"ssim": 0.95, "psnr_db": 30.0, "protected_max_abs": 2.0}), gates)

    assert [sentence.split()[0] for sentence in found] == ["psnr_db", "protected_max_abs"]
