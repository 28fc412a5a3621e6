"""Orders that cannot be: each refused with the field named, and no job left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import factories, stored
from tests.api import registered
from tests.factories import NOWHERE, order

JSON = {"Content-Type": "application/json"}
P = NOWHERE
NESTED = b'{"operation": ' * 100_000


def refused(client: TestClient, body: bytes, *, content_type: str = "application/json") -> Any:
    return client.post("/v1/jobs", content=body, headers={"Content-Type": content_type})


def repr_of(body: bytes) -> str:
    return repr(body[:40])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"picture=1",
        b"\xef\xbb\xbf" + order(),
        order().decode().encode("utf-16"),
        b"\xff\xfe",
        NESTED,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"operation": {"op": "sample", "n": 1, "n": 2}}',
        b'{"operation": {"op": "sample", "truncation": NaN}}',
        b'{"operation": {"op": "sample", "truncation": Infinity}}',
        b'{"operation": {"op": "sample", "n": ' + b"9" * 5000 + b"}}",
        b'{"operation": {"op": "sample", "category": "\\ud800"}}',
        b'{"operation": {"op": "sample"}, "sku": "a\\u0000b"}',
        order() + b"{}",
        b'"' + b'\\"' * 500_000,
        b'{"' + b"\\" * 500_001,
    ],
    ids=repr_of,
)
def test_what_is_no_json_is_refused(client: TestClient, home: Path, body: bytes) -> None:
    answer = refused(client, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert stored.counted(home) == stored.NOTHING


WRONG: list[tuple[bytes, str, str]] = [
    (b"[]", "", "model_type"),
    (b"{}", "/operation", "missing"),
    (b'{"operation": null}', "/operation", "dict_type"),
    (b'{"operation": {}}', "/operation", "union_tag_not_found"),
    (order("melt"), "/operation", "union_tag_invalid"),
    (order("upscale"), "/operation/picture", "missing"),
    (order("upscale", picture=P, hue=1), "/operation/hue", "extra_forbidden"),
    (order("upscale", picture=P, scale=5), "/operation/scale", "literal_error"),
    (order("upscale", picture=P, scale="2"), "/operation/scale", "literal_error"),
    (order("upscale", picture="1"), "/operation/picture", "string_pattern_mismatch"),
    (order("upscale", picture="../x"), "/operation/picture", "string_pattern_mismatch"),
    (order("upscale", picture=["x"]), "/operation/picture", "string_type"),
    (order(n="50"), "/operation/n", "int_type"),
    (order(n=True), "/operation/n", "int_type"),
    (order(n=1.5), "/operation/n", "int_type"),
    (order(n=0), "/operation/n", "greater_than_equal"),
    (order(n=-1), "/operation/n", "greater_than_equal"),
    (order(n=10**6), "/operation/n", "less_than_equal"),
    (order(seed=-1), "/operation/seed", "greater_than_equal"),
    (order(seed=2**64), "/operation/seed", "less_than_equal"),
    (order(seed=1.5), "/operation/seed", "int_type"),
    (order(truncation=0.0), "/operation/truncation", "greater_than_equal"),
    (b'{"operation": {"op": "sample", "truncation": 1e308}}', "/operation/truncation", ""),
    (b'{"operation": {"op": "sample", "truncation": 1e400}}', "/operation/truncation", ""),
    (order(category="x" * 1_000_000), "/operation/category", "string_too_long"),
    (order(network="cat"), "/operation/network", "literal_error"),
    (order(version="a/b"), "/operation/version", "string_pattern_mismatch"),
    (order("denoise", picture=P, sigma=76.0), "/operation/sigma", "less_than_equal"),
    (order("place", picture=P, width=100_000), "/operation/width", "less_than_equal"),
    (order("background", picture=P, rgb=[0, 0, 256]), "/operation/rgb/2", "less_than_equal"),
    (order("background", picture=P, rgb=[0, 0]), "/operation/rgb/2", "missing"),
    (order("recolor", picture=P, to_hex="red"), "/operation/to_hex", "string_pattern_mismatch"),
    (order("pipeline", picture=P, steps=[]), "/operation/steps", "too_short"),
    (
        order("pipeline", picture=P, steps=[{"op": "denoise"}, {"op": "upscale", "scale": 9}]),
        "/operation/steps/1/scale",
        "literal_error",
    ),
    (order("pipeline", picture=P, steps=[{"op": "train"}]), "/operation/steps/0", ""),
    (
        order("train", dataset="d", network="vae", augment={"rotate_deg": 90.0}),
        "/operation/augment/rotate_deg",
        "less_than_equal",
    ),
    (order("train", dataset="d", network="vae", epochs=10**9), "/operation/epochs", ""),
    (order("train", dataset="d", network="vae", epochs=0), "/operation/epochs", ""),
    (order("train", dataset="d", network="vae", epochs=-1), "/operation/epochs", ""),
    (order("train", dataset="d", network="vae", learning_rate=1e3), "/operation/learning_rate", ""),
    (order("train", dataset="d", network="vae", learning_rate=0), "/operation/learning_rate", ""),
    (order("train", dataset="d", network="vae", batch_size=0), "/operation/batch_size", ""),
    (order("train", dataset="d", network="vae", batch_size=1025), "/operation/batch_size", ""),
    (order("train", dataset="d", network="vae", image_size=33), "/operation/image_size", ""),
    (order("train", dataset="d", network="vae", image_size=48), "/operation/image_size", ""),
    (order("train", dataset="d", network="vae", max_images=0), "/operation/max_images", ""),
    (order(envelope={"priority": -1}), "/priority", "greater_than_equal"),
    (order(envelope={"sku": ""}), "/sku", "string_too_short"),
    (order(envelope={"sku": 1}), "/sku", "string_type"),
    (order(envelope={"a/b~c": 1}), "/a~1b~0c", "extra_forbidden"),
    (order(envelope={"gates": {"beauty": {"min": 1.0}}}), "/gates/beauty", "literal_error"),
    (order(envelope={"gates": {"psnr_db": {"min": "1"}}}), "/gates/psnr_db/min", "float_type"),
    (order(envelope={"output": {"format": "tiff"}}), "/output/format", "literal_error"),
    (order(envelope={"output": {"quality": 0}}), "/output/quality", "greater_than_equal"),
    (order(envelope={"run_after": "2026-01-01T00:00:00"}), "/run_after", "timezone_aware"),
    (order(envelope={"run_after": "0001-01-01T00:00:00+14:00"}), "/run_after", ""),
    (order(envelope={"deadline_at": "9999-12-31T23:59:59-14:00"}), "/deadline_at", ""),
    (order(envelope={"timeout_s": 0.0}), "/timeout_s", "greater_than_equal"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), WRONG, ids=range(len(WRONG)))
def test_what_we_cannot_do_is_refused_by_its_field(
    client: TestClient, home: Path, body: bytes, pointer: str, code: str
) -> None:
    answer = refused(client, body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "validation_error")
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert not code or code in [error["code"] for error in problem["errors"]]
    assert stored.counted(home) == stored.NOTHING


def test_every_wrong_field_is_named_at_once(client: TestClient) -> None:
    answer = refused(client, order("upscale", picture="1", scale=7, hue=1, envelope={"sku": ""}))

    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/operation/picture",
        "/operation/scale",
        "/operation/hue",
        "/sku",
    }


def test_a_thousand_wrong_fields_are_not_all_told(client: TestClient) -> None:
    answer = refused(client, order(**{f"x{number}": 1 for number in range(1000)}))

    assert len(answer.json()["errors"]) == 50
    assert "999 more" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_an_order_must_say_that_it_is_json(client: TestClient, home: Path, kind: str) -> None:
    answer = refused(client, order(), content_type=kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_order_over_the_limit_is_not_read(serve: Callable[..., TestClient]) -> None:
    client = serve(max_json_bytes=1_000)

    answer = refused(client, order(category="x" * 2_000))

    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (order("upscale", picture=P), ["/operation/picture"]),
        (
            order("interpolate", picture_a=P, picture_b=P),
            ["/operation/picture_a", "/operation/picture_b"],
        ),
        (
            order("background", picture=P, kind="picture", plate=P),
            ["/operation/picture", "/operation/plate"],
        ),
        (
            order("match_color", picture=P, target=P),
            ["/operation/picture", "/operation/target"],
        ),
        (
            order("pipeline", picture=P, steps=[{"op": "stylize", "style": P}]),
            ["/operation/picture", "/operation/steps/0/style"],
        ),
        (
            order("score", picture=P, reference_picture=P, mask=P, envelope={"reference": P}),
            [
                "/operation/picture",
                "/operation/reference_picture",
                "/operation/mask",
                "/reference",
            ],
        ),
    ],
)
def test_pictures_that_are_not_there_are_named(
    client: TestClient, home: Path, body: bytes, pointers: list[str]
) -> None:
    answer = refused(client, body)

    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert stored.counted(home) == stored.NOTHING


def test_another_tenants_picture_is_not_there(client: TestClient, other_shop: TestClient) -> None:
    theirs = _upload(other_shop, 24, 16)

    answer = refused(client, order("upscale", picture=theirs))

    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({"op": "sample", "version": "none@1"}, "/operation/version"),
        ({"op": "sample"}, "/operation/version"),
        ({"op": "denoise", "version": NOWHERE}, "/operation/version"),
        ({"op": "translate"}, "/operation/version"),
        (
            {"op": "pipeline", "steps": [{"op": "cutout"}, {"op": "denoise"}]},
            "/operation/steps/1/version",
        ),
    ],
)
def test_a_version_that_is_not_there_is_named(
    client: TestClient, home: Path, rung: list[str], operation: dict[str, Any], pointer: str
) -> None:
    if operation["op"] != "sample":
        operation = {**operation, "picture": _upload(client, 24, 16)}

    answer = refused(client, json.dumps({"operation": operation}).encode())

    assert (answer.status_code, answer.json()["code"]) == (404, "version_not_found")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert stored.counted(home)["job"] == 0
    assert rung == []


def test_a_dataset_that_is_not_there_is_named(client: TestClient, home: Path) -> None:
    answer = refused(client, order("train", dataset="none", network="vae"))

    assert (answer.status_code, answer.json()["code"]) == (404, "dataset_not_found")
    assert answer.json()["errors"][0]["pointer"] == "/operation/dataset"
    assert stored.counted(home) == stored.NOTHING


def test_a_dataset_of_three_pictures_is_too_small_to_train_on(
    client: TestClient, home: Path
) -> None:
    shots = [factories.encoded(factories.shot(number), "PNG") for number in range(3)]
    ids = [client.post("/v1/pictures", files={"file": shot}).json()["id"] for shot in shots]
    pictures = [{"picture": one, "category": "shoe"} for one in ids]
    body = json.dumps({"name": "three", "pictures": pictures}).encode()
    client.post("/v1/datasets", content=body, headers=JSON)

    answer = refused(client, order("train", dataset="three", network="vae"))

    assert (answer.status_code, answer.json()["code"]) == (422, "dataset_too_small")
    assert answer.json()["errors"][0]["pointer"] == "/operation/dataset"
    assert stored.counted(home)["job"] == 0


SIZES: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"op": "background", "mask": "small"}, {}, "mask_size_mismatch", "/operation/mask"),
    ({"op": "inpaint", "mask": "small"}, {}, "mask_size_mismatch", "/operation/mask"),
    ({"op": "outpaint", "left": 1}, {"mask": "large"}, "mask_size_mismatch", "/mask"),
    (
        {
            "op": "pipeline",
            "steps": [{"op": "outpaint", "left": 1}, {"op": "inpaint", "mask": "large"}],
        },
        {},
        "mask_size_mismatch",
        "/operation/steps/1/mask",
    ),
    (
        {"op": "recolor", "to_hex": "#ff0000", "mask": "small"},
        {},
        "mask_size_mismatch",
        "/operation/mask",
    ),
    (
        {"op": "score", "reference_picture": "large", "mask": "small"},
        {},
        "mask_size_mismatch",
        "/operation/mask",
    ),
    ({"op": "cutout"}, {"mask": "small"}, "mask_size_mismatch", "/mask"),
    ({"op": "upscale"}, {"mask": "large"}, "mask_size_mismatch", "/mask"),
    ({"op": "cutout"}, {"reference": "large", "mask": "small"}, "mask_size_mismatch", "/mask"),
    (
        {
            "op": "pipeline",
            "steps": [{"op": "upscale"}, {"op": "background", "mask": "large"}],
        },
        {},
        "mask_size_mismatch",
        "/operation/steps/1/mask",
    ),
    ({"op": "cutout", "box": [20, 0, 21, 10]}, {}, "box_outside_picture", "/operation/box"),
    ({"op": "cutout", "box": [0, 0, 40, 31]}, {}, "box_outside_picture", "/operation/box"),
    (
        {"op": "pipeline", "steps": [{"op": "cutout", "box": [0, 0, 80, 60]}, {"op": "upscale"}]},
        {},
        "box_outside_picture",
        "/operation/steps/0/box",
    ),
    ({"op": "cutout"}, {"output": {"format": "jpeg"}}, "output_format", "/output/format"),
    (
        {"op": "pipeline", "steps": [{"op": "cutout"}, {"op": "upscale"}]},
        {"output": {"format": "jpeg"}},
        "output_format",
        "/output/format",
    ),
    (
        {"op": "pipeline", "keep_steps": True, "steps": [{"op": "cutout"}, {"op": "place"}]},
        {"output": {"format": "jpeg"}},
        "output_format",
        "/output/format",
    ),
    (
        {
            "op": "pipeline",
            "steps": [
                {"op": "cutout"},
                {"op": "denoise", "engine": "classical"},
                {"op": "recolor", "to_hex": "#ff0000"},
            ],
        },
        {"output": {"format": "jpeg"}},
        "output_format",
        "/output/format",
    ),
]
LARGEST = {"op": "place", "width": 8000, "height": 8000}
TOO_LARGE: list[tuple[dict[str, Any], str, str]] = [
    ({"op": "upscale"}, "png", "/operation/scale"),
    ({"op": "place", "width": 8001, "height": 8000}, "png", "/operation/width"),
    ({"op": "place", "width": 8000, "height": 8001}, "png", "/operation/height"),
    ({"op": "outpaint", "right": 4000, "left": 4000, "top": 1}, "png", "/operation/left"),
    (
        {"op": "pipeline", "steps": [{"op": "upscale"}, {"op": "place"}]},
        "png",
        "/operation/steps/0/scale",
    ),
    ({"op": "pipeline", "steps": [LARGEST, {"op": "upscale"}]}, "png", "/operation/steps/1/scale"),
    ({"op": "augment", "n": 11}, "png", "/operation/n"),
]


@pytest.mark.parametrize(("operation", "envelope", "code", "pointer"), SIZES, ids=range(len(SIZES)))
def test_what_does_not_fit_the_picture_is_refused(
    client: TestClient,
    home: Path,
    operation: dict[str, Any],
    envelope: dict[str, Any],
    code: str,
    pointer: str,
) -> None:
    body = _with_pictures(client, operation, envelope)

    answer = refused(client, body)

    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.json()
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert stored.counted(home)["job"] == 0


@pytest.mark.parametrize(
    ("operation", "envelope"),
    [
        ({"op": "background", "mask": "large"}, {}),
        ({"op": "score", "reference_picture": "large", "mask": "large"}, {}),
        ({"op": "cutout"}, {"mask": "large"}),
        ({"op": "place", "width": 20, "height": 16}, {"mask": "small"}),
        (
            {"op": "pipeline", "steps": [{"op": "background", "mask": "large"}, {"op": "upscale"}]},
            {},
        ),
        ({"op": "cutout", "box": [0, 0, 40, 30]}, {}),
        (
            {
                "op": "pipeline",
                "steps": [{"op": "upscale"}, {"op": "cutout", "box": [0, 0, 80, 60]}],
            },
            {},
        ),
        (
            {"op": "pipeline", "steps": [{"op": "cutout"}, {"op": "background"}]},
            {"output": {"format": "jpeg"}},
        ),
    ],
)
def test_what_fits_the_picture_is_taken(
    client: TestClient, operation: dict[str, Any], envelope: dict[str, Any]
) -> None:
    body = _with_pictures(client, operation, envelope)

    answer = refused(client, body)

    assert answer.status_code == 202, answer.json()


@pytest.mark.parametrize(("operation", "kind", "pointer"), TOO_LARGE, ids=range(len(TOO_LARGE)))
def test_what_would_come_out_too_large_is_refused(
    client: TestClient, home: Path, operation: dict[str, Any], kind: str, pointer: str
) -> None:
    picture = registered.picture(4000, 6000)
    body = {"operation": {**operation, "picture": picture}, "output": {"format": kind}}

    answer = refused(client, json.dumps(body).encode())

    assert (answer.status_code, answer.json()["code"]) == (422, "output_too_large")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert stored.counted(home)["job"] == 0


def test_what_is_just_small_enough_is_taken(client: TestClient) -> None:
    picture = registered.picture(4000, 4000)

    several = {"op": "background", "kind": "generated", "n": 8}
    for operation in ({"op": "upscale"}, LARGEST, {"op": "augment", "n": 16}, several):
        body = {"operation": {**operation, "picture": picture}}
        assert refused(client, json.dumps(body).encode()).status_code == 202


WIDE = {"op": "pipeline", "steps": [{"op": "upscale"}, {"op": "place"}]}


@pytest.mark.parametrize(
    ("operation", "kind", "status"),
    [
        ({"op": "upscale"}, "webp", 422),
        ({"op": "upscale"}, "jpeg", 202),
        ({"op": "upscale"}, "png", 202),
        ({"op": "upscale"}, "avif", 202),
        (WIDE, "webp", 202),
        ({**WIDE, "keep_steps": True}, "webp", 422),
    ],
)
def test_a_side_longer_than_the_format_can_hold_is_refused(
    client: TestClient, operation: dict[str, Any], kind: str, status: int
) -> None:
    picture = registered.picture(8192, 500)
    body = {"operation": {**operation, "picture": picture}, "output": {"format": kind}}

    answer = refused(client, json.dumps(body).encode())

    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "output_too_large"
        assert answer.json()["errors"][0]["pointer"] == "/output/format"


@pytest.mark.parametrize(
    ("envelope", "pointer", "code"),
    [
        ({"gates": {"ssim": {"min": 0.9, "max": 0.8}}}, "/gates/ssim", "min_above_max"),
        ({"deadline_at": "2020-01-01T00:00:00Z"}, "/deadline_at", "deadline_passed"),
        (
            {"run_after": "2900-01-02T00:00:00Z", "deadline_at": "2900-01-01T00:00:00Z"},
            "/run_after",
            "run_after_deadline",
        ),
    ],
)
def test_an_order_of_which_nothing_could_come_is_refused(
    client: TestClient, home: Path, envelope: dict[str, Any], pointer: str, code: str
) -> None:
    body = order("upscale", picture=_upload(client, 24, 16), envelope=envelope)

    answer = refused(client, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert stored.counted(home)["job"] == 0


def test_a_gate_of_one_value_is_taken(client: TestClient) -> None:
    gate = {"gates": {"ssim": {"min": 0.9, "max": 0.9}}, "run_after": "2020-01-01T00:00:00Z"}

    body = order("upscale", picture=_upload(client, 24, 16), envelope=gate)

    assert refused(client, body).status_code == 202


def test_the_size_of_a_picture_on_its_side_is_that_of_the_upright_one(client: TestClient) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    lying = client.post("/v1/pictures", files={"file": factories.jpeg(30, 40, exif=exif)}).json()
    mask = _upload(client, 40, 30, mode="L")

    answer = refused(client, order("background", picture=lying["id"], mask=mask))

    assert answer.status_code == 202, answer.json()


def _with_pictures(
    client: TestClient, operation: dict[str, Any], envelope: dict[str, Any]
) -> bytes:
    """An order on a picture of 40×30, where `large` and `small` stand for pictures of a size."""
    text = json.dumps({"operation": {**operation, "picture": "picture-id"}, **envelope})
    for name, (width, height) in {
        "picture-id": (40, 30),
        "large": (40, 30),
        "small": (20, 16),
    }.items():
        text = text.replace(f'"{name}"', f'"{_upload(client, width, height)}"')
    return text.encode()


def _upload(client: TestClient, width: int, height: int, *, mode: str = "RGB") -> str:
    data = factories.png(width, height, mode=mode)
    return str(client.post("/v1/pictures", files={"file": data}).json()["id"])
