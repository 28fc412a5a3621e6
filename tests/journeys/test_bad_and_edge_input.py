"""What a stranger sends: a right result or a clear error, and nothing left running."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.factories import NOWHERE, jpeg, png
from tests.journeys.conftest import Studio

pytestmark = pytest.mark.journey


def test_a_colour_picture_given_to_a_grey_network_is_converted_and_says_so(studio: Studio) -> None:
    job = studio.do({"op": "reconstruct", "picture": studio.upload(png(60, 60))})

    assert job["state"] == "succeeded", job["error"]
    assert job["report"]["converted"] == "grey"


def test_transparency_is_taken_as_the_products_own_mask(studio: Studio) -> None:
    cut = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    cut.paste((20, 90, 200, 255), (20, 20, 60, 60))

    job = studio.do({"op": "background", "picture": studio.upload(_png(cut)), "rgb": [0, 255, 0]})

    pixels = _pixels(studio, job)
    assert tuple(pixels[5, 5]) == (0, 255, 0)
    assert tuple(pixels[40, 40]) == (20, 90, 200)


def test_a_cmyk_jpeg_keeps_its_colours(studio: Studio) -> None:
    red = Image.new("RGB", (64, 64), (200, 30, 40)).convert("CMYK")
    file = io.BytesIO()
    red.save(file, "JPEG", quality=95)

    job = studio.do({"op": "upscale", "picture": studio.upload(file.getvalue())})

    assert np.abs(_pixels(studio, job).mean(axis=(0, 1)) - (200, 30, 40)).max() < 12


def test_a_picture_lying_on_its_side_comes_out_upright(studio: Studio) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    job = studio.do({"op": "upscale", "picture": studio.upload(jpeg(40, 20, exif=exif))})

    result = job["results"][0]
    assert (result["width"], result["height"]) == (40, 80)


@pytest.mark.slow
def test_twenty_four_megapixels_are_tiled(studio: Studio) -> None:
    stripes = np.tile(np.arange(6000, dtype=np.uint8)[None, :, None], (4000, 1, 3))
    large = Image.fromarray(stripes)

    job = studio.do({"op": "denoise", "picture": studio.upload(_png(large)), "sigma": 5.0})

    assert job["state"] == "succeeded", job["error"]
    assert (job["results"][0]["width"], job["results"][0]["height"]) == (6000, 4000)


@pytest.mark.parametrize(
    ("operation", "status", "code", "pointer"),
    [
        ({"op": "melt"}, 422, "validation_error", "/operation"),
        ({"op": "upscale"}, 422, "validation_error", "/operation/picture"),
        ({"op": "upscale", "scale": 5}, 422, "validation_error", "/operation/scale"),
        ({"op": "denoise", "sigma": 76.0}, 422, "validation_error", "/operation/sigma"),
        ({"op": "denoise", "hue": 1}, 422, "validation_error", "/operation/hue"),
        ({"op": "upscale", "picture": NOWHERE}, 404, "picture_not_found", "/operation/picture"),
        ({"op": "sample", "version": "none@1"}, 404, "version_not_found", "/operation/version"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    studio: Studio, operation: dict[str, object], status: int, code: str, pointer: str
) -> None:
    jobs_before = studio.sql("SELECT count(*) AS n FROM job")[0]["n"]
    if operation["op"] in ("upscale", "denoise") and len(operation) > 1:
        operation = {"picture": studio.upload(png(32, 32)), **operation}

    problem = studio.refused(operation)

    assert (problem.status, problem.code) == (status, code)
    assert pointer in [error["pointer"] for error in problem.errors]
    assert studio.sql("SELECT count(*) AS n FROM job")[0]["n"] == jobs_before


def test_a_category_that_the_version_does_not_know_fails_with_those_it_does(
    studio: Studio,
) -> None:
    job = studio.do({"op": "sample", "category": "spaceship"})

    assert (job["state"], job["error"]["code"]) == ("failed", "category_unknown")
    assert "sneaker" in job["error"]["detail"]


def test_a_picture_without_a_product_is_no_cutout(studio: Studio) -> None:
    job = studio.do({"op": "cutout", "picture": studio.upload(_png(Image.new("RGB", (64, 64))))})

    assert (job["state"], job["error"]["code"]) == ("failed", "no_product_found")


def test_a_reference_of_another_size_is_never_resized_silently(studio: Studio) -> None:
    job = studio.do(
        {"op": "upscale", "picture": studio.upload(png(32, 32))},
        reference=studio.upload(png(60, 60)),
    )

    assert (job["state"], job["error"]["code"]) == ("failed", "reference_size")


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _pixels(studio: Studio, job: dict[str, object]) -> np.ndarray:
    results = job["results"]
    assert isinstance(results, list)
    assert results, job["error"]
    return np.asarray(Image.open(io.BytesIO(studio.content(results[0]))).convert("RGB"))
