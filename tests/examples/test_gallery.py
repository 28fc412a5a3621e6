"""The gallery shows every operation that makes pictures, and says of each what was measured."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from sqlalchemy import select

from db.engine import reading
from db.operations.order import parse
from db.operations.union import OPERATIONS
from db.tables.results import Result
from examples import gallery, gallery_sheet
from examples.gallery_captions import number
from examples.gallery_entries import ENTRIES, Entry, as_ordered, makes_pictures, missing
from examples.gallery_pictures import NAMES, picture
from examples.gallery_sheet import Cell, Strip
from examples.gallery_studio import Delivered, DidNotSucceed, Shown, Studio
from tests import benches
from tests.factories import NOWHERE

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
ALL_MOST_BYTES = 2_100_000


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    with benches.set_up(max_batch=2) as bench:
        yield Studio(bench)


def test_every_operation_that_makes_pictures_has_an_entry() -> None:
    lines = missing()

    assert lines == [], (
        f"add to ENTRIES in examples/gallery_entries.py {' '.join(lines)} and run `make gallery`"
    )


def test_what_ends_in_numbers_or_versions_needs_none() -> None:
    others = {op for op, kind in OPERATIONS.items() if not makes_pictures(kind)}

    assert {"train", "evaluate", "compress", "tune", "score"} <= others
    assert others.isdisjoint({"shadow", "sample", "pipeline", "explain", "augment"})


@pytest.mark.parametrize("number", range(len(ENTRIES)))
def test_an_entry_is_an_order_on_pictures_that_there_are(number: int) -> None:
    entry = ENTRIES[number]
    roles = {role: f"{NOWHERE[:-2]}{number:02}" for number, role in enumerate(entry.pictures)}

    operation = {"op": entry.op, **entry.parameters, **as_ordered(roles)}
    order = parse(json.dumps({"operation": operation, **entry.envelope}).encode())

    assert {*entry.pictures.values(), *filter(None, [entry.reference])} <= set(NAMES)
    # Else two runs would draw different pictures.
    assert getattr(order.operation, "seed", 0) is not None or _is_fixed(entry)


NOT_BY_CHANCE = {"reconstruct", "interpolate", "translate", "explain"}


def _is_fixed(entry: Entry) -> bool:
    """Whether nothing of it is drawn by chance, though it has a seed."""
    is_drawn = entry.op == "background" and entry.parameters.get("kind") == "generated"
    return entry.op in NOT_BY_CHANCE or (entry.op == "background" and not is_drawn)


@pytest.mark.parametrize("op", gallery.operations())
def test_the_sheet_of_each_operation_is_there_and_light(op: str) -> None:
    sheet = FOLDER / f"{op}.webp"

    assert sheet.exists(), "run `make gallery`"
    assert sheet.stat().st_size <= gallery.SHEET_MOST_BYTES
    with Image.open(sheet) as opened:
        assert (opened.format, opened.width) == ("WEBP", gallery_sheet.WIDTH_PX)


def test_nothing_else_lies_in_the_gallery_and_all_of_it_is_light() -> None:
    files = list(FOLDER.iterdir())

    assert {file.name for file in files} == {
        "README.md",
        *(f"{op}.webp" for op in gallery.operations()),
    }
    assert sum(file.stat().st_size for file in files) <= ALL_MOST_BYTES


def test_the_page_shows_every_sheet_and_the_order_of_every_entry() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"!\[.*?\]\((.+?)\.webp\)", page) == gallery.operations()
    orders = [json.loads(line) for line in re.findall(r"^- `(\{.*\})`$", page, re.MULTILINE)]
    assert orders == [json.loads(json.dumps(_order(entry))) for entry in ENTRIES], (
        "run `make gallery`"
    )


def test_one_operation_drawn_alone_leaves_the_others_on_the_page() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert gallery.page([], before=page) == page


def _order(entry: Entry) -> dict[str, object]:
    operation = {"op": entry.op, **entry.parameters, **as_ordered(entry.pictures)}
    reference = {"reference": entry.reference} if entry.reference else {}
    return {"operation": operation, **reference, **entry.envelope}


def test_a_caption_says_what_the_row_of_the_delivered_file_says(studio: Studio) -> None:
    entry = Entry("relight", "booties, badly lit", {"exposure_ev": 1.0}, reference="booties")

    shown = studio.show(entry)

    (strip,) = gallery.strips([shown])
    source, result = strip.cells
    row = _row()
    assert row.psnr_db is not None
    assert row.ssim is not None
    assert result.measured == (number("psnr_db", row.psnr_db), number("ssim", row.ssim))
    assert result.name == "exposure_ev 1.0"
    assert (source.name, source.measured) == ("booties, badly lit", ())
    wanted, delivered = (np.asarray(one) for one in (picture("booties"), result.picture))
    assert row.psnr_db == pytest.approx(peak_signal_noise_ratio(wanted, delivered), abs=1e-3)
    _is_drawn(shown)


def _row() -> Result:
    with reading() as session:
        return session.scalars(select(Result)).one()


def _is_drawn(shown: Shown) -> None:
    drawn = gallery_sheet.draw("relight", "Another light.", list(gallery.strips([shown])))
    assert drawn.width == gallery_sheet.WIDTH_PX
    assert len(gallery.file_of(drawn)) <= gallery.SHEET_MOST_BYTES
    assert all(number in gallery.page([[shown]]) for number in ("psnr_db", "ssim", "noise_sigma"))


def test_a_product_whose_pixels_stayed_is_said_to_be_identical(studio: Studio) -> None:
    shown = studio.show(Entry("background", "biplane", {"rgb": [10, 120, 60]}))

    ((*_, cell),) = (strip.cells for strip in gallery.strips([shown]))
    assert cell.measured[0] == "product identical"
    assert _row().product_identical
    assert cell.picture.getpixel((2, 2)) == (10, 120, 60)


def test_an_entry_that_is_explained_shows_its_stages_and_what_their_colours_mean(
    studio: Studio,
) -> None:
    shown = studio.show(Entry("background", "biplane", envelope={"explain": True}))

    (strip,) = gallery.strips([shown])
    _, _, *stages = strip.cells
    assert {"matte", "plate", "product_delta_e"} <= {cell.name for cell in stages}
    said = {cell.name: cell.measured for cell in stages}
    assert said["matte"] == ()
    assert said["product_delta_e"] == ("0 dark to 10 light",)
    assert said["product_ssim"] == ("1 dark to 0.5 light",)


def test_a_job_that_fails_ends_the_gallery(studio: Studio) -> None:
    without_room = Entry("place", "booties, cut out", {"width": 200, "margin_px": 150})

    with pytest.raises(DidNotSucceed, match="place failed: margin_too_large"):
        studio.show(without_room)


def test_jobs_on_one_picture_share_it_and_a_target_stands_before_its_first_use() -> None:
    entries = (Entry("x", "a"), Entry("x", "a", roles={"target": "b"}), Entry("x", "a"))
    shown = [Shown(one, {}, (_delivered(),), {}) for one in entries]

    small = Image.new("RGB", (8, 8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "picture", {"a": small, "b": small}.__getitem__)
        (strip,) = gallery.strips(shown)

    assert [cell.name for cell in strip.cells if cell.is_source] == ["a", "target: b"]
    assert [cell.is_source for cell in strip.cells] == [True, False, True, False, False]


def _delivered() -> Delivered:
    return Delivered(Image.new("RGB", (8, 8)), {"psnr_db": 31.25}, ())


def test_short_strips_share_a_row_and_long_ones_go_on_below() -> None:
    cell = Cell(Image.new("RGB", (8, 8)), "")

    rows = gallery_sheet._rows([Strip((cell,) * 2), Strip((cell,) * 2), Strip((cell,) * 6)])

    assert [len(row.cells) for row in rows] == [4, 4, 2]


def test_no_line_of_a_caption_is_wider_than_its_picture() -> None:
    words = "fill_long_side 0.5 · anchor bottom_right · margin_px 60 · rgb [250, 244, 236]"

    lines = gallery_sheet._wrapped(words, gallery_sheet.SIDE_PX, 17)

    assert " ".join(lines) == words
    assert len(lines) > 1
    assert max(map(gallery_sheet._face(17).getlength, lines)) <= gallery_sheet.SIDE_PX
