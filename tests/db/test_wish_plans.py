"""A wish's order: steps that fit together, validated as every order is; or a refusal."""

import json
import random
from typing import Any

import pytest

from benchmarks.scenarios import assist
from db.operations.order import parse
from db.operations.union import OPERATIONS
from db.refusals import LONGEST_DETAIL, Refused
from db.wishes import planning, reading, vocabulary
from tests.factories import NOWHERE

WHITE = [255, 255, 255]


def planned(wish: str) -> dict[str, Any]:
    """The order, after it was read as POST /v1/jobs reads it."""
    plan = planning.plan(reading.read(wish))
    body = {"operation": {**plan.operation, "picture": NOWHERE}}
    body |= {"output": plan.output} if plan.output else {}
    parse(json.dumps(body).encode())
    del body["operation"]["picture"]
    return body


def ops(wish: str) -> list[str]:
    operation = planned(wish)["operation"]
    return [one["op"] for one in operation.get("steps", [operation])]


def refused(wish: str) -> Refused:
    with pytest.raises(Refused) as caught:
        planned(wish)
    return caught.value


@pytest.mark.parametrize(
    ("wish", "operation"),
    [
        ("white background", {"op": "background", "rgb": WHITE}),
        ("抠图", {"op": "cutout"}),
        ("remove the background, transparent", {"op": "cutout"}),
        ("remove the background, white background", {"op": "background", "rgb": WHITE}),
        ("放大3倍", {"op": "upscale", "scale": 3}),
        ("2x", {"op": "upscale", "scale": 2}),
        ("brighter and warmer", {"op": "relight", "exposure_ev": 0.5, "temperature": 20.0}),
        ("make it brighter, fix the light", {"op": "relight", "exposure_ev": 0.5, "auto": True}),
        ("800x600", {"op": "place", "width": 800, "height": 600, "rgb": WHITE}),
        ("square on black", {"op": "place", "width": 1080, "height": 1080, "rgb": [20, 20, 20]}),
        ("for Instagram", {"op": "place", "width": 1080, "height": 1080, "rgb": WHITE}),
        ("instagram portrait", {"op": "place", "width": 1080, "height": 1350, "rgb": WHITE}),
        ("portrait story", {"op": "place", "width": 1080, "height": 1920, "rgb": WHITE}),
        ("淘宝", {"op": "pipeline", "preset": "taobao_white"}),
        ("square for amazon on white", {"op": "pipeline", "preset": "amazon_main"}),
        ("blur the background", {"op": "background", "kind": "blur"}),
        ("studio in #102030", {"op": "background", "kind": "studio", "rgb": [16, 32, 48]}),
        (
            "gradient from #000000 to #ff0000",
            {"op": "background", "kind": "gradient", "palette": [[0, 0, 0], [255, 0, 0]]},
        ),
        (
            "white gradient",
            {"op": "background", "kind": "gradient", "palette": [[217, 220, 224], WHITE]},
        ),
    ],
)
def test_a_wish_for_one_thing_is_one_operation(wish: str, operation: dict[str, Any]) -> None:
    assert planned(wish)["operation"] == operation


@pytest.mark.parametrize(
    ("wish", "steps"),
    [
        ("in red on white, square", ["cutout", "recolor", "place"]),
        ("红色的，白底", ["cutout", "recolor", "background"]),
        ("a red one, transparent", ["cutout", "recolor"]),
        ("shadow on white, denoise, 2x", ["denoise", "upscale", "background", "shadow"]),
        ("shadow, sharpen, less noise, brighter", ["denoise", "deblur", "relight", "shadow"]),
        ("gradient, square, shadow", ["place", "background", "shadow"]),
        ("cut out with a shadow", ["cutout", "shadow"]),
        ("red and a shadow", ["recolor", "shadow"]),
        ("amazon, denoise", ["denoise", "cutout", "place"]),
    ],
)
def test_steps_stand_in_one_order_however_they_are_said(wish: str, steps: list[str]) -> None:
    assert ops(wish) == steps


def test_a_named_colour_is_a_lightness_too() -> None:
    assert planned("in navy")["operation"] == {
        "op": "recolor",
        "to_hex": "#1b2a4d",
        "keep_luminance": False,
    }


def test_a_channel_says_how_its_file_is_written() -> None:
    assert planned("amazon, denoise")["output"] == {"format": "jpeg", "quality": 95}
    assert planned("amazon, denoise, png")["output"] == {"format": "png"}
    assert "output" not in planned("amazon")
    assert planned("white background as webp")["output"] == {"format": "webp"}


@pytest.mark.parametrize(
    ("wish", "what", "said"),
    [
        ("blue or red", "product colour", "blue or red"),
        ("red or white background", "background colour", "red or white"),
        ("transparent, on white", "background", "transparent or white"),
        ("studio, gradient", "background", "studio or gradient"),
        ("800x800 or 900x900", "size", "800x800 or 900x900"),
        ("square, 800x600", "size", "square or 800x600"),
        ("amazon and ebay", "channel", "amazon or ebay"),
        ("brighter and darker", "relight", "brighter or darker"),
        ("shadow and reflection", "shadow", "shadow or reflection"),
        ("2x, 3x", "scale", "2x or 3x"),
        ("jpeg or png, on white", "format", "jpeg or png"),
        ("no shadow, with a shadow", "wanted and refused", "shadow"),
    ],
)
def test_where_one_is_possible_and_two_are_said_both_are_told(
    wish: str, what: str, said: str
) -> None:
    told = refused(wish)

    assert told.code == "wish_ambiguous"
    assert [(one["code"], one["detail"], one["pointer"]) for one in told.errors] == [
        (what, said, "/wish")
    ]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ("transparent, 800x800", "ground"),
        ("cut out, square", "ground"),
        ("blur, square", "ground"),
        ("transparent jpeg", "JPEG"),
        ("amazon on blue", "white"),
        ("amazon, transparent", "white"),
        ("amazon as webp", "webp"),
        ("amazon, 300x300", "1000 pixels"),
        ("8x", "2, 3 or 4"),
        ("99999x10", "16 to 10000"),
        ("9000x9000", "64 megapixels"),
        ("painted backdrop in red", "two or three"),
        ("red, denoise deblock sharpen brighter 2x gradient square shadow", "8 is the most"),
    ],
)
def test_what_no_order_does_is_refused_with_the_reason(wish: str, why: str) -> None:
    told = refused(wish)

    assert told.code == "wish_impossible"
    assert why in told.detail


@pytest.mark.parametrize(
    "wish", ["hello", "no shadow", "as png", "background", "don't sharpen", "请处理一下"]
)
def test_where_nothing_is_asked_for_the_words_are_told_by_kind(wish: str) -> None:
    told = refused(wish)

    assert told.code == "wish_not_understood"
    assert [one["code"] for one in told.errors] == list(vocabulary.KINDS)
    assert all(0 < len(one["detail"]) <= LONGEST_DETAIL for one in told.errors)
    assert "red" in told.errors[0]["detail"]


def test_no_labelled_wish_plans_what_no_order_takes() -> None:
    """Also those that are ambiguous: whatever is planned is validated as an order."""
    codes = set()
    for split in assist.SPLITS:
        for one in assist.labelled(split):
            try:
                planned(one.wish)
            except Refused as told:
                codes.add(told.code)

    assert codes <= {"wish_ambiguous", "wish_not_understood", "wish_impossible"}


def test_whatever_is_put_together_is_an_order_or_refused() -> None:
    drawn = random.Random(11)
    known = vocabulary.get()
    words = [
        text for kind in vocabulary.KINDS for one in known.of(kind).values() for text in one.en
    ]
    words += ["on", "background", "to", "and", "no", "product", "2x", "800x800", ",", "light"]

    for _ in range(400):
        wish = " ".join(drawn.choices(words, k=drawn.randint(1, 7)))
        try:
            made = planned(wish)
        except Refused:
            continue
        assert made["operation"]["op"] in OPERATIONS
