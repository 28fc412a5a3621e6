"""`check`: real files through a real job, and what each rule answers of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from PIL.PngImagePlugin import PngInfo

from db.tables.results import Result
from models import labels
from models.advertising.fonts import SHIPPED
from tests import benches, factories, rows
from tests.shots import SIDE, answers, checked, jpeg, keep, product, shot
from workers.perform import Bench, perform


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def done(bench: Bench, data: bytes, *, name: str | None = None, **given: Any) -> Result:
    """The one result of a check of these bytes."""
    operation = {"picture": keep(data, name=name), "preset": "amazon_main", **given}
    return checked(bench, operation)


def statuses(result: Result) -> dict[str, str]:
    return {rule: one["status"] for rule, one in answers(result).items()}


def test_a_picture_as_the_channel_wants_it_passes_and_says_what_nobody_saw(bench: Bench) -> None:
    result = done(bench, jpeg(shot(side=1_600)))

    assert statuses(result) == {
        "format": "pass", "file_bytes": "pass", "pixels": "pass", "product": "pass",
        "fill": "pass", "whole": "pass", "background": "pass", "border": "pass",
        "text": "not_checked", "logo": "not_checked", "watermark": "not_checked",
        "generated": "not_checked",
    }  # fmt: skip
    assert result.scores["details"]["check"]["status"] == "pass"
    assert result.preset_version == "amazon_main@1"
    assert result.scores["fill_long_side"] == pytest.approx(0.9, abs=0.01)
    assert result.scores["background_white_share"] == 1.0


def test_each_answer_has_what_was_measured_and_what_is_wanted(bench: Bench) -> None:
    data = jpeg(shot(fill=0.5, rgb=(240, 240, 240)))

    found = answers(done(bench, data))

    assert found["file_bytes"]["measured"] == {"bytes": len(data)}
    assert found["pixels"]["measured"] == {"width": SIDE, "height": SIDE}
    assert found["pixels"]["status"] == "warn"
    assert found["fill"]["status"] == "fail"
    assert found["fill"]["measured"]["long_side"] == pytest.approx(0.5, abs=0.01)
    assert found["fill"]["wanted"] == {"least": 0.85, "most": None}
    assert found["background"]["status"] == "fail"
    assert found["background"]["measured"]["darkest_level"] == pytest.approx(240, abs=3)


def test_the_three_readings_of_fill_differ(bench: Bench) -> None:
    result = done(bench, jpeg(shot(fill=0.9)))

    fills = answers(result)["fill"]["measured"]
    cut = np.asarray(product().getchannel("A")) / 255
    long_side = max(cut.shape)
    assert fills["bbox"] == pytest.approx(0.81 * cut.size / long_side**2, abs=0.02)
    assert fills["area"] == pytest.approx(0.81 * cut.sum() / long_side**2, abs=0.05)
    assert result.scores["fill_area"] == fills["area"]


def test_letters_beside_the_product_fail_and_near_it_warn(bench: Bench) -> None:
    font = ImageFont.truetype(SHIPPED / "Roboto-Bold.ttf", 50)
    above, framed = shot(fill=0.5), Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(above).text((60, 20), "FREE SHIPPING", font=font, fill="darkred")
    pen = ImageDraw.Draw(framed)
    pen.rectangle((90, 90, 910, 910), outline="black", width=60)
    pen.text((200, 200), "FREE SHIPPING", font=font, fill="darkred")

    beside = answers(done(bench, jpeg(above)))["text"]
    near = answers(done(bench, jpeg(framed)))["text"]

    assert (beside["status"], beside["measured"]["lines"]) == ("fail", 1)
    assert len(beside["measured"]["beside"]) == 1
    assert (near["status"], near["measured"]) == ("warn", {"lines": 1, "beside": []})


def test_on_a_busy_ground_letters_are_not_looked_for(bench: Bench) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8)

    found = answers(done(bench, jpeg(Image.fromarray(noise))))["text"]

    assert (found["status"], found["measured"]) == ("not_checked", {})


def test_chroma_subsampling_does_not_count_within_the_rim(bench: Bench) -> None:
    result = done(bench, jpeg(shot(side=1_600), subsampling=2))

    assert answers(result)["background"]["status"] == "pass"
    assert answers(result)["background"]["measured"]["pure_share"] <= 1.0


def test_a_product_that_touches_the_edge_is_not_whole(bench: Bench) -> None:
    found = answers(done(bench, jpeg(shot(fill=0.9, at=(-60, 50)))))

    assert found["whole"]["status"] == "fail"
    assert found["whole"]["measured"] == {"cut_by": ["left"]}


def test_a_picture_without_a_product_fails_and_the_rest_is_not_checked(bench: Bench) -> None:
    result = done(bench, jpeg(Image.new("RGB", (SIDE, SIDE), "white")))

    found = answers(result)
    assert found["product"]["status"] == "fail"
    assert found["product"]["why"].startswith("no_product")
    assert [found[rule]["status"] for rule in ("fill", "whole", "background")] == 3 * [
        "not_checked"
    ]
    assert "fill_long_side" not in result.scores


def test_white_on_white_is_seen_where_it_is_told_where_the_product_is(bench: Bench) -> None:
    picture, mask = Image.new("RGB", (SIDE, SIDE), "white"), Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).rectangle((60, 200, 939, 799), fill=255)

    found = answers(done(bench, jpeg(picture), mask=keep(factories.encoded(mask, "PNG"))))

    assert found["product"]["status"] == "pass"
    assert found["fill"]["measured"]["long_side"] == pytest.approx(0.88, abs=0.001)


def test_a_shadow_on_white_is_warned_of_not_failed(bench: Bench) -> None:
    shadow = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(shadow).ellipse((120, 250, 300, 330), fill=190)
    soft = shadow.filter(ImageFilter.GaussianBlur(14)).convert("RGB")

    found = answers(done(bench, jpeg(ImageChops.darker(shot(fill=0.5, side=400), soft))))[
        "background"
    ]

    assert found["status"] == "warn"
    assert found["measured"]["frame_share"] == 1.0
    assert "shadow" in found["why"]


def test_a_product_half_of_which_may_be_missed_does_not_fail_for_being_small(bench: Bench) -> None:
    lamp = shot(name="desk lamp", fill=0.88)

    result = done(bench, jpeg(lamp))

    found = answers(result)
    assert result.unproven
    assert found["product"]["measured"]["agreement"] < 0.9
    assert [found[rule]["status"] for rule in ("product", "fill", "background")] == 3 * ["warn"]


def test_what_is_transparent_is_warned_of(bench: Bench) -> None:
    picture = Image.new("RGBA", (SIDE, SIDE))
    cut = product()
    scale = 0.9 * SIDE / max(cut.size)
    cut = cut.resize((round(cut.width * scale), round(cut.height * scale)))
    picture.paste(cut, ((SIDE - cut.width) // 2, (SIDE - cut.height) // 2))

    found = answers(done(bench, factories.encoded(picture, "PNG")))

    assert found["background"]["status"] == "warn"
    assert found["background"]["measured"]["transparent_share"] > 0.3


def test_a_cmyk_file_is_read_and_its_mode_told(bench: Bench) -> None:
    found = answers(done(bench, jpeg(shot().convert("CMYK"))))

    assert found["format"]["measured"] == {"format": "jpeg", "mode": "CMYK"}
    assert found["fill"]["status"] == "pass"


def test_sixteen_bits_are_read(bench: Bench) -> None:
    grey = np.asarray(shot().convert("L")).astype(np.uint16) * 257
    data = factories.encoded(Image.fromarray(grey), "PNG")

    found = answers(done(bench, data))

    assert found["format"]["measured"]["mode"] == "I;16"
    assert found["background"]["status"] == "pass"


def test_a_file_over_the_limit_fails_with_its_bytes(bench: Bench) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (850, 850, 3), np.uint8)
    data = factories.encoded(Image.fromarray(noise), "PNG", compress_level=1)

    found = answers(done(bench, data, preset="jd_main"))

    assert found["file_bytes"]["status"] == "fail"
    assert found["file_bytes"]["measured"]["bytes"] == len(data) > 2_000_000


def test_a_format_that_is_not_taken_fails_by_its_bytes_not_its_name(bench: Bench) -> None:
    found = answers(done(bench, factories.encoded(shot(side=400), "WEBP"), name="fan.jpg"))

    assert found["format"]["status"] == "fail"
    assert found["format"]["measured"]["format"] == "webp"


@pytest.mark.parametrize(
    ("name", "status"),
    [("fan.JPG", "pass"), ("fan.jpeg", "pass"), ("fan.png", "fail"), (None, "not_checked")],
)
def test_a_name_must_end_as_the_file_is(bench: Bench, name: str | None, status: str) -> None:
    found = answers(done(bench, jpeg(shot(side=400)), name=name, preset="google_merchant"))

    assert found["extension"]["status"] == status


def test_a_frame_is_found(bench: Bench) -> None:
    framed = shot()
    ImageDraw.Draw(framed).rectangle((0, 0, SIDE - 1, SIDE - 1), outline=(200, 30, 30), width=12)

    found = answers(done(bench, jpeg(framed), preset="ebay"))

    assert found["border"]["status"] == "fail"
    assert set(found["border"]["measured"]["border_px"]) == {"top", "bottom", "left", "right"}


@pytest.mark.parametrize(
    ("kind", "status"), [("generated", "fail"), ("composite", "warn"), ("enhanced", "pass")]
)
def test_a_label_is_read_from_the_file_as_it_came(bench: Bench, kind: Any, status: str) -> None:
    data = labels.write(jpeg(shot(side=400)), format="jpeg", source_kind=kind, job_id="elsewhere")

    result = done(bench, data)

    assert answers(result)["generated"]["status"] == status
    assert answers(result)["generated"]["measured"] == {"label": kind}
    assert result.source_kind == kind


def test_what_only_chinas_mark_calls_generated_is_generated(bench: Bench) -> None:
    marked = PngInfo()
    marked.add_text("AIGC", '{"Label": "1", "ContentProducer": "somebody", "ProduceID": "7"}')
    data = factories.encoded(shot(side=400), "PNG", pnginfo=marked)

    result = done(bench, data)

    assert answers(result)["generated"]["status"] == "fail"
    assert result.source_kind == "generated"
    google = answers(done(bench, data, preset="google_merchant"))
    assert google["label_kept"]["status"] == "not_checked"  # its own label is another


def test_where_generated_pictures_are_taken_their_label_must_be_there(bench: Bench) -> None:
    data = labels.write(
        jpeg(shot(side=400)), format="jpeg", source_kind="generated", job_id="elsewhere"
    )

    assert answers(done(bench, data, preset="google_merchant"))["label_kept"]["status"] == "pass"


def test_a_check_can_be_gated(bench: Bench) -> None:
    operation = {"picture": keep(jpeg(shot(fill=0.4, side=400))), "preset": "etsy"}
    gates = {"fill_long_side": {"min": 0.8}}
    job_id = rows.queued("check", envelope={"operation": operation, "gates": gates})
    (job,) = rows.claim(queue="cpu")

    perform(job, bench)

    assert rows.read(job_id).error_code == "gate"
