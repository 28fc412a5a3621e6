"""Advertisements have exactly their sizes, can be read, and show the product as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sqlalchemy import select
from torch import Tensor

from db.engine import reading
from db.operations.advertising import SIZES, Ad, size_of
from db.tables.results import Result
from models import images
from models.advertising.fonts import SHIPPED
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db
from models.metrics.text_contrast import text_contrast
from tests import benches, rows
from tests.factories import NOWHERE
from tests.shots import keep
from workers import advertising
from workers.advertising import advertise
from workers.edit import Given
from workers.perform import perform

TEMPLATES = ("split", "stage", "band")
SMALL = ("270x480", "320x320", "480x250", "485x125")
SIZES_OF = {"split": tuple(SIZES)}
WORDS: Mapping[str, Any] = {
    "headline": "Hear every detail of the room", "price": "€149.00", "cta": "Shop now",
    "badge": "New",
}  # fmt: skip


def bottle() -> tuple[Tensor, Tensor]:
    """A shaded green product, and its coverage."""
    y, x = torch.meshgrid(torch.arange(240), torch.arange(160), indexing="ij")
    alpha = ((1 - (((x - 80) / 50) ** 4 + ((y - 120) / 90) ** 4)) * 40).clamp(0, 1)[None, None]
    shade = (0.5 + x / 320)[None, None] * torch.tensor((0.1, 0.6, 0.3)).view(1, 3, 1, 1)
    stripes = shade + 0.15 * ((x + 2 * y) % 24 < 9)[None, None]
    return (stripes * alpha + 1 - alpha).clamp(0, 1).mul(255).round().div(255), alpha


def made(*, pictures: Mapping[str, Loaded] | None = None, **asked: Any) -> Made:
    image, alpha = bottle()
    operation = Ad(picture=NOWHERE, **{**WORDS, **asked})
    given = {"picture": Loaded(image, alpha), **(pictures or {})}
    return advertise(operation, Given(given, {}, lambda _: pytest.fail("no network"), 1))


@pytest.fixture(scope="module", params=TEMPLATES)
def all_sizes(request: pytest.FixtureRequest) -> Made:
    """Of one template those with names, of the others each proportion."""
    return made(template=request.param, sizes=SIZES_OF.get(request.param, SMALL))


def delivered(part: Made) -> Tensor:
    return images.read(images.encode(part.images[0], format="png")).image


def wcag(image: Tensor, box: tuple[int, int, int, int], coverage: Tensor) -> float:
    """The contrast of letters to what is around them, worked out in NumPy from WCAG's text."""
    left, top, right, bottom = box
    pixels = image[0, :, top:bottom, left:right].numpy().astype(np.float64)
    covered = coverage[0, 0, top:bottom, left:right].numpy()
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    light = np.tensordot([0.2126, 0.7152, 0.0722], linear, axes=1)
    ink, ground = np.median(light[covered > 0.95 * covered.max()]), light[covered == 0]
    ratios = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    return float(ratios.min())


def test_each_size_is_one_picture_of_exactly_its_pixels(all_sizes: Made):
    for part in all_sizes.parts:
        size = size_of(part.details[0]["size"])
        assert delivered(part).shape[2:] == (size.height, size.width)


def test_all_words_stand_out_in_the_delivered_file(all_sizes: Made):
    for part in all_sizes.parts:
        assert part.lettering is not None
        picture = delivered(part)
        assert len(part.lettering.boxes) == 4
        for box in part.lettering.boxes:
            assert wcag(picture, box, part.lettering.coverage) >= 4.5
        assert float(text_contrast(picture, part.lettering)) >= 4.5


def test_the_product_is_the_source_through_the_stored_placement(all_sizes: Made):
    for part in all_sizes.parts:
        assert part.product_mask is not None
        assert part.expected_product is not None
        assert part.placement is not None
        region = erode(part.product_mask, 2)
        if not bool(region.any()):
            continue  # 90 pixels high the product has no inside
        same = images.quantise(part.expected_product)
        assert float(psnr_db(delivered(part), same, mask=region)) >= 45


def test_words_keep_off_the_product_the_margins_and_the_safe_areas(all_sizes: Made):
    for part in all_sizes.parts:
        assert part.lettering is not None
        covered = part.lettering.coverage
        left, top, right, bottom = part.details[0]["live_area"]
        assert not bool(covered[:, :, :top].any() or covered[:, :, bottom:].any())
        assert not bool(covered[..., :left].any() or covered[..., right:].any())
        assert float((covered * part.stages["coverage"]).max()) == 0


@pytest.mark.parametrize(
    ("sizes", "variants"),
    [(("billboard",), 1), (("20x20",), 1), (("9000x100",), 1), ((), 1), (("2000x2400",), 16)],
)
def test_what_is_no_size_or_too_much_is_refused(sizes: tuple[str, ...], variants: int):
    with pytest.raises(ValidationError):
        Ad(picture=NOWHERE, headline="Fresh", sizes=sizes, variants=variants)


def test_a_storys_bars_stay_empty():
    part = made(sizes=("story",), variants=1).parts[0]

    assert part.details[0]["live_area"][1] >= 250
    assert part.details[0]["live_area"][3] <= 1920 - 340


def test_variants_are_other_colours_of_the_same_layout():
    both = made(sizes=("300x300",), variants=2)

    first, second = both.parts
    assert torch.equal(first.lettering.coverage, second.lettering.coverage)  # type: ignore[union-attr]
    assert first.details[0]["colors"] != second.details[0]["colors"]


def test_what_is_left_out_leaves_no_hole_and_a_logo_is_painted():
    logo = Loaded(torch.zeros(1, 3, 40, 90), torch.ones(1, 1, 40, 90))

    bare = made(price=None, cta=None, badge=None, sizes=("300x300",))
    with_logo = made(price=None, cta=None, badge=None, sizes=("300x300",), pictures={"logo": logo})

    assert len(bare.parts[0].lettering.boxes) == 1  # type: ignore[union-attr]
    assert (bare.images[0] - with_logo.images[0]).abs().max() > 0.5


def test_the_callers_palette_is_corrected_where_it_cannot_be_read():
    pale = made(palette=("#fff0a0", "#ffffff", "#eeeeee"), sizes=("300x300",))

    assert float(text_contrast(delivered(pale.parts[0]), pale.parts[0].lettering)) >= 4.5  # type: ignore[arg-type]


def test_a_text_that_has_no_room_names_its_box():
    with pytest.raises(CannotDo, match="The headline does not fit") as caught:
        made(headline="Incomprehensibilities " * 7, sizes=("leaderboard",))

    assert caught.value.code == "text_too_long"


def test_a_script_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(advertising, "folders", lambda: [SHIPPED])

    with pytest.raises(CannotDo, match="Chinese") as caught:
        made(headline="新品上市")

    assert caught.value.code == "font_missing"


def test_each_result_of_a_job_has_its_own_proof(home: Path):
    image, alpha = bottle()
    data = images.encode(torch.cat((image, alpha), dim=1), format="png")
    asked = {"picture": keep(data), "headline": "Fresh", "sizes": ["300x250", "250x300"]}
    job_id = rows.queued("ad", envelope={"operation": asked})
    with benches.set_up(max_batch=4) as bench:
        (job,) = rows.claim(queue="gpu")
        perform(job, bench)

    row = rows.read(job_id)
    assert row.state == "succeeded", (row.error_code, row.error_detail)
    with reading() as session:
        found = session.scalars(select(Result).where(Result.job_id == job_id)).all()
        first, second = sorted(found, key=lambda result: result.ordinal)
    assert [(one.width, one.height) for one in (first, second)] == [(300, 250), (250, 300)]
    assert first.placement != second.placement
    assert first.mask_key != second.mask_key
    for one in (first, second):
        assert one.scores["text_contrast"] >= 4.5
        assert one.product_psnr_db is not None
        assert one.product_psnr_db >= 45
        assert one.source_kind == "enhanced"


def test_arabic_is_set_from_the_right(monkeypatch: pytest.MonkeyPatch):
    folders = [Path("/usr/share/fonts")]
    monkeypatch.setattr(advertising, "folders", lambda: folders)
    try:
        arabic = made(headline="جديد", price=None, cta=None, badge=None, sizes=("400x400",))
    except CannotDo as error:
        pytest.skip(error.code)

    box = arabic.parts[0].lettering.boxes[0]  # type: ignore[union-attr]
    assert box[2] == arabic.details[0]["live_area"][2]
