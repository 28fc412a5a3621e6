"""A storefront's story: pictures in, jobs, pictures out with their proofs, by API and by SQL."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from db.operations.union import OPERATIONS
from models.data import samples
from tests.journeys.conftest import Studio

pytestmark = pytest.mark.journey

GREY = (236, 236, 240)


@pytest.fixture(scope="session")
def product() -> bytes:
    """A real product of the committed set on a plain ground, as a shop photographs it."""
    pixels = samples.products()[0].pixels
    cut = Image.fromarray(pixels).resize((256, 256), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", cut.size, (*GREY, 255))
    ground.alpha_composite(cut)
    return _png(ground.convert("RGB"))


@pytest.fixture(scope="session")
def garment() -> bytes:
    """A real shop photograph of Fashion-MNIST."""
    return _png(Image.fromarray(samples.garments().images[0, 0]))


def test_a_product_on_white_proves_itself_from_the_delivered_file(
    studio: Studio, product: bytes
) -> None:
    picture = studio.upload(product)

    job = studio.do(
        {"op": "background", "picture": picture},
        sku="SKU-1",
        gates={"product_psnr_db": {"min": 45}},
    )

    assert job["state"] == "succeeded", job["error"]
    result = job["results"][0]
    delivered = _pixels(studio.content(result))
    mask = _mask(studio, result)
    source = _pixels(product)
    error = np.square(delivered.astype(float) - source)[mask].mean()
    psnr = None if error == 0 else 10 * np.log10(255**2 / error)
    assert result["product_identical"] is bool(error == 0)
    assert result["product_psnr_db"] == (None if psnr is None else pytest.approx(psnr, abs=1e-3))
    assert tuple(delivered[0, 0]) == (255, 255, 255)


def test_scores_against_a_reference_are_scikit_images(studio: Studio, product: bytes) -> None:
    clean = Image.open(io.BytesIO(product))
    small = _png(clean.resize((128, 128), Image.Resampling.BICUBIC))

    job = studio.do(
        {"op": "upscale", "picture": studio.upload(small)}, reference=studio.upload(product)
    )

    result = job["results"][0]
    delivered, truth = _pixels(studio.content(result)), _pixels(product)
    expected = structural_similarity(
        delivered,
        truth,
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert result["ssim"] == pytest.approx(expected, abs=1e-5)
    assert result["psnr_db"] == pytest.approx(
        peak_signal_noise_ratio(truth, delivered, data_range=255), abs=1e-3
    )


def test_any_sql_client_reads_the_results(studio: Studio, product: bytes) -> None:
    picture = studio.upload(product)
    first = studio.do({"op": "upscale", "picture": picture}, sku="SKU-2", channel="web")
    second = studio.do({"op": "upscale", "picture": picture}, sku="SKU-2", channel="web")

    rows = studio.sql("SELECT * FROM published_results WHERE sku = 'SKU-2'")

    assert [row["job_id"] for row in rows] == [second["id"]] != [first["id"]]
    assert rows[0]["sha256"] == second["results"][0]["sha256"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "denoise"},
        {"op": "denoise", "engine": "classical", "sigma": 10.0},
        {"op": "upscale"},
        {"op": "cutout"},
        {"op": "background", "rgb": [200, 220, 240]},
        {"op": "place", "width": 400, "height": 300},
        {"op": "recolor", "to_hex": "#2060c0"},
        {"op": "shadow"},
        {"op": "relight"},
        {"op": "pipeline", "steps": [{"op": "denoise"}, {"op": "background"}]},
    ],
    ids=lambda operation: operation["op"],
)
def test_every_edit_delivers_a_colour_picture_with_scores(
    studio: Studio, product: bytes, operation: dict[str, object]
) -> None:
    job = studio.do({**operation, "picture": studio.upload(product)})

    assert job["state"] == "succeeded", job["error"]
    result = job["results"][0]
    delivered = Image.open(io.BytesIO(studio.content(result)))
    assert delivered.size == (result["width"], result["height"])
    assert delivered.mode == ("RGBA" if operation["op"] == "cutout" else "RGB")
    assert result["scores"]["noise_sigma"] is not None


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        ({"op": "background", "kind": "picture"}, "plate"),
        ({"op": "relight"}, "target"),
        ({"op": "match_color", "region": "ground", "target_region": "whole"}, "target"),
        ({"op": "stylize"}, "style"),
    ],
    ids=["background", "relight", "match_color", "stylize"],
)
def test_an_edit_that_looks_at_another_picture_takes_after_it(
    studio: Studio, product: bytes, operation: dict[str, object], role: str
) -> None:
    other = studio.upload(_png(Image.new("RGB", (300, 200), (220, 120, 60))))

    job = studio.do({**operation, "picture": studio.upload(product), role: other})

    assert job["state"] == "succeeded", job["error"]
    before, after = (_pixels(x) for x in (product, studio.content(job["results"][0])))
    warmer = after.mean(axis=(0, 1)) - before.mean(axis=(0, 1))
    assert warmer[0] > warmer[1] > warmer[2]


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_every_category_is_generated_without_an_invented_score(
    studio: Studio, network: str
) -> None:
    job = studio.do({"op": "sample", "network": network, "n": 10, "seed": 7})

    assert job["state"] == "succeeded", job["error"]
    assert len(job["results"]) == 10
    for result in job["results"]:
        assert (result["psnr_db"], result["ssim"], result["product_psnr_db"]) == (None, None, None)
        assert result["source_kind"] == "generated"
        assert _pixels(studio.content(result)).std() > 10


def test_the_same_seed_gives_the_same_pictures(studio: Studio) -> None:
    asked = {"op": "sample", "category": "dress", "n": 2, "seed": 11}

    first, second = studio.do(asked), studio.do(asked)

    pairs = zip(first["results"], second["results"], strict=True)
    for one, other in pairs:
        assert np.array_equal(_pixels(studio.content(one)), _pixels(studio.content(other)))


def test_a_reconstruction_is_scored_against_what_the_network_was_shown(
    studio: Studio, garment: bytes
) -> None:
    job = studio.do({"op": "reconstruct", "picture": studio.upload(garment), "category": "t-shirt"})

    result = job["results"][0]
    expected = peak_signal_noise_ratio(
        _pixels(garment), _pixels(studio.content(result)), data_range=255
    )
    assert result["psnr_db"] == pytest.approx(expected, abs=1e-3)
    assert result["psnr_db"] > 12


@pytest.mark.parametrize(
    ("operation", "pictures"), [({"op": "vary", "n": 3}, 3), ({"op": "vary", "sigma": 0.0}, 4)]
)
def test_a_garment_varies(
    studio: Studio, garment: bytes, operation: dict[str, object], pictures: int
) -> None:
    job = studio.do({**operation, "picture": studio.upload(garment)})

    assert job["state"] == "succeeded", job["error"]
    assert len(job["results"]) == pictures


def test_one_garment_becomes_another(studio: Studio, garment: bytes) -> None:
    other = _png(Image.fromarray(samples.garments().images[-1, 0]))

    job = studio.do(
        {
            "op": "interpolate",
            "picture_a": studio.upload(garment),
            "picture_b": studio.upload(other),
            "steps": 5,
        }
    )

    assert job["state"] == "succeeded", job["error"]
    assert len(job["results"]) == 5


def test_two_pictures_are_scored_without_making_a_third(studio: Studio, product: bytes) -> None:
    picture = studio.upload(product)

    same = studio.do({"op": "score", "picture": picture, "reference_picture": picture})

    assert same["results"] == []
    assert same["report"]["identical"] is True
    assert same["report"]["scores"]["ssim"] == pytest.approx(1.0)


def test_a_missed_gate_keeps_the_picture_for_review_only(studio: Studio, product: bytes) -> None:
    picture = studio.upload(product)

    job = studio.do(
        {"op": "denoise", "picture": picture, "engine": "classical", "sigma": 40.0},
        reference=picture,
        gates={"psnr_db": {"min": 90}},
        sku="SKU-gate",
    )

    assert (job["state"], job["error"]["code"]) == ("failed", "gate")
    assert job["results"][0]["visibility"] == "held"
    assert studio.sql("SELECT * FROM published_results WHERE sku = 'SKU-gate'") == []


def test_every_operation_is_described(studio: Studio) -> None:
    with studio.client() as client:
        described = client.operations()

    assert set(described) == set(OPERATIONS)
    assert all(one["schema"]["properties"]["op"] for one in described.values())


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _pixels(data: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(data))
    return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def _mask(studio: Studio, result: dict[str, object]) -> np.ndarray:
    """The stored product mask, eroded by two pixels as the score's definition says."""
    keys = result["keys"]
    assert isinstance(keys, dict)
    path = studio.home / "blobs" / "shop" / keys["mask"][:2] / keys["mask"]
    inside = np.asarray(Image.open(path).convert("L")) > 127
    padded = np.pad(inside, 2, constant_values=True)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    return windows.all(axis=(2, 3))
