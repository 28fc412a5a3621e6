"""What can be asked for: every operation by its least words, and every field by a wrong one."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from db.operations.order import MalformedJson, Order, parse
from db.operations.pipeline import PREVIOUS
from db.operations.recipe import OF_NETWORKS
from db.operations.training import Train
from db.operations.union import OPERATIONS, schemas
from tests.factories import NOWHERE

A, B, C = (f"0190a0b0-0000-7000-8000-00000000000{letter}" for letter in "abc")
LEAST: dict[str, dict[str, Any]] = {
    "sample": {},
    "reconstruct": {"picture": A},
    "vary": {"picture": A},
    "personalize": {"liked": [A]},
    "interpolate": {"picture_a": A, "picture_b": B},
    "translate": {"picture": A},
    "denoise": {"picture": A},
    "deblock": {"picture": A},
    "deblur": {"picture": A},
    "upscale": {"picture": A},
    "cutout": {"picture": A},
    "background": {"picture": A},
    "place": {"picture": A},
    "recolor": {"picture": A, "to_hex": "#a0b1c2"},
    "shadow": {"picture": A},
    "relight": {"picture": A},
    "match_color": {"picture": A, "target": B},
    "stylize": {"picture": A, "style": B},
    "inpaint": {"picture": A, "mask": B},
    "outpaint": {"picture": A},
    "try_on": {"picture": A, "garment": B},
    "ad": {"picture": A, "headline": "Hear every detail"},
    "spin": {"views": [A, B]},
    "pipeline": {"picture": A, "steps": [{"op": "upscale"}]},
    "train": {"dataset": "shoes", "network": "vae"},
    "evaluate": {"version": "shoes@1", "dataset": "shoes"},
    "compress": {"version": "shoes@1", "dataset": "shoes", "how": "prune"},
    "tune": {"dataset": "shoes", "network": "vae"},
    "score": {"picture": A, "reference_picture": B},
    "explain": {"method": "latent"},
    "augment": {"picture": A},
    "classify": {"picture": A},
    "embed": {"picture": A},
    "search": {"picture": A},
    "check": {"picture": A, "preset": "amazon_main"},
    "verify": {"picture": A},
    "moderate": {"picture": A},
}
EITHER = {"pipeline": {"steps"}}
"""What another parameter may stand in for: of a pipeline's steps a preset."""
QUEUES = {
    "train": "train", "evaluate": "train", "compress": "train", "tune": "train", "score": "cpu",
    "check": "cpu",
    "verify": "cpu",
}  # fmt: skip
BESIDE: dict[str, dict[str, Any]] = {
    "patch_share": {"method": "occlusion", "picture": A, "stride_share": 0.02},
    "stride_share": {"method": "occlusion", "picture": A, "patch_share": 0.5},
    "k": {"method": "neighbours", "picture": A, "dataset": "shoes"},
    "max_images": {"method": "neighbours", "picture": A, "dataset": "shoes"},
}
GROUNDS: dict[str, dict[str, Any]] = {
    "angle_deg": {"kind": "gradient", "palette": [[0, 0, 0], [9, 9, 9]]},
    "horizon": {"kind": "studio"},
    "light": {"kind": "studio"},
    "blur_px": {"kind": "blur"},
    "seed": {"kind": "generated"},
    "n": {"kind": "generated"},
}
"""What an order needs beside parameters that its least words have no use for."""


def _beside(op: str, name: str) -> dict[str, Any]:
    match op:
        case "explain":
            return BESIDE.get(name, {})
        case "background":
            return GROUNDS.get(name, {})
        case "shadow" if name == "angle_deg":
            return {"kind": "drop"}
        case "train" if name in OF_NETWORKS:
            kinds = {"diff_augment": ["color"]} if name == "diff_augment_p" else {}
            told = {"labelled_share": 0.5} if name == "pseudo_threshold" else {}
            return {"network": OF_NETWORKS[name][0], **kinds, **told}
        case _:
            return {}


def _parse(op: str = "sample", *, envelope: dict[str, Any] | None = None, **given: Any) -> Order:
    operation = {"op": op, **LEAST.get(op, {}), **given}
    return parse(json.dumps({"operation": operation, **(envelope or {})}).encode())


def _refused(op: str = "sample", **given: Any) -> list[tuple[str, ...]]:
    """Where the errors are, without the name of the operation that pydantic puts in between."""
    with pytest.raises(ValidationError) as raised:
        _parse(op, **given)
    return [
        tuple(str(part) for part in error["loc"] if part != op) for error in raised.value.errors()
    ]


# Every operation


def test_every_operation_is_here():
    assert set(LEAST) == set(OPERATIONS)


@pytest.mark.parametrize("op", LEAST)
def test_an_operation_is_asked_for_with_its_least_words(op: str):
    order = _parse(op)

    assert isinstance(order.operation, OPERATIONS[op])
    assert order.operation.op == op


@pytest.mark.parametrize("op", LEAST)
def test_what_was_read_is_written_and_read_again_the_same(op: str):
    order = _parse(op, envelope={"gates": {"ssim": {"min": 0.9}}, "sku": "ü"})

    again = Order.model_validate_json(order.model_dump_json())

    assert again == order
    assert again.digest() == order.digest()


@pytest.mark.parametrize("op", LEAST)
def test_an_order_cannot_be_changed(op: str):
    with pytest.raises(ValidationError, match="frozen"):
        _parse(op).operation.op = "other"  # type: ignore[assignment]


def _needed() -> Iterator[Any]:
    for op, least in LEAST.items():
        yield from (pytest.param(op, name, id=f"{op}-{name}") for name in least)


@pytest.mark.parametrize(("op", "name"), list(_needed()))
def test_a_missing_field_is_named(op: str, name: str):
    operation = {"op": op, **{key: value for key, value in LEAST[op].items() if key != name}}

    with pytest.raises(ValidationError) as raised:
        parse(json.dumps({"operation": operation}).encode())

    assert raised.value.errors()[0]["loc"][-1] == name
    assert raised.value.errors()[0]["type"] == "missing"


@pytest.mark.parametrize("op", LEAST)
def test_an_unknown_field_is_named(op: str):
    assert _refused(op, sgima=1) == [("operation", "sgima")]


# Every field, by its own schema


def _fields() -> Iterator[Any]:
    for op, schema in schemas().items():
        for name, field in schema["properties"].items():
            if name not in {"op", "steps"}:
                yield pytest.param(op, name, field, id=f"{op}-{name}")


def _kinds(field: dict[str, Any]) -> list[dict[str, Any]]:
    return field.get("anyOf", [field])


def _of_type(field: dict[str, Any], *names: str) -> dict[str, Any] | None:
    return next((kind for kind in _kinds(field) if kind.get("type") in names), None)


def _wrong(field: dict[str, Any]) -> list[Any]:
    """Values that this field does not take, derived from what it says it takes."""
    wrong: list[Any] = [{"x": 1}, [[1]]]
    if number := _of_type(field, "number", "integer"):
        wrong += ["50", True, "NaN", 1e308]
        if "minimum" in number:
            wrong += [number["minimum"] - 1, -1e9]
        if "exclusiveMinimum" in number:
            wrong += [number["exclusiveMinimum"]]
        if "maximum" in number:
            wrong += [number["maximum"] + 1]
        if "const" in number or "enum" in number:
            wrong += [7]
        if number["type"] == "integer":
            wrong += [1.5, 1.0]
    if text := _of_type(field, "string"):
        wrong += [1, True, ""]
        if "maxLength" in text:
            wrong += ["a" * (text["maxLength"] + 1)]
        if "pattern" in text:
            wrong += ["\0", "a/../b \0"]
        if "enum" in text:
            wrong += ["other", text["enum"][0].upper()]
    if _of_type(field, "boolean"):
        wrong += ["true", 0, 1]
    if items := _of_type(field, "array"):
        wrong += [[0] * (items["maxItems"] - 1), [0] * (items["maxItems"] + 1), [-1] * 4, ["0"] * 4]
    if not any(kind.get("type") == "null" for kind in _kinds(field)):
        wrong += [None]
    return wrong


@pytest.mark.parametrize(("op", "name", "field"), list(_fields()))
def test_a_wrong_value_is_refused_and_its_field_named(op: str, name: str, field: dict[str, Any]):
    for value in _wrong(field):
        where = _refused(op, **{name: value})
        assert all(path[:2] == ("operation", name) for path in where), (value, where)


@pytest.mark.parametrize(("op", "name", "field"), list(_fields()))
def test_the_ends_of_a_range_are_inside_it(op: str, name: str, field: dict[str, Any]):
    number = _of_type(field, "number", "integer") or {}
    for end in ("minimum", "maximum"):
        if end in number:
            given = {**_beside(op, name), name: number[end]}
            assert getattr(_parse(op, **given).operation, name) == number[end]


@pytest.mark.parametrize("number", ["1e400", "-1e400"])
@pytest.mark.parametrize(("op", "name"), [("sample", "truncation"), ("denoise", "sigma")])
def test_a_number_too_large_for_a_float_is_refused(op: str, name: str, number: str):
    operation = json.dumps({"op": op, **LEAST[op], name: "here"}).replace('"here"', number)

    with pytest.raises(ValidationError) as raised:
        parse(f'{{"operation": {operation}}}'.encode())

    assert raised.value.errors()[0]["loc"][-1] == name


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused(constant: str):
    raw = f'{{"operation": {{"op": "sample", "truncation": {constant}}}}}'

    with pytest.raises(MalformedJson, match=constant):
        parse(raw.encode())


def test_an_unknown_operation_is_refused_with_the_known_ones():
    with pytest.raises(ValidationError, match="'upscale'") as raised:
        parse(b'{"operation": {"op": "levitate"}}')

    assert raised.value.errors()[0]["loc"] == ("operation",)


@pytest.mark.parametrize("raw", [b"[]", b"1", b"null", b'"order"', b"{}", b'{"operation": []}'])
def test_json_of_another_shape_is_refused(raw: bytes):
    with pytest.raises(ValidationError):
        parse(raw)


# Schemas


@pytest.mark.parametrize("op", LEAST)
def test_every_field_is_described(op: str):
    schema = schemas()[op]
    objects = [schema, *schema.get("$defs", {}).values()]

    bare = [
        name
        for one in objects
        for name, field in one["properties"].items()
        if name != "op"
        and "description" not in field
        and not any("description" in kind for kind in _kinds(field))
    ]

    assert bare == []
    assert schema["description"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("op", LEAST)
def test_a_schema_is_json_and_its_references_lead_somewhere(op: str):
    schema = json.loads(json.dumps(schemas()[op], allow_nan=False))

    for reference in _references(schema):
        at: Any = schema
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
        assert isinstance(at, dict)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@pytest.mark.parametrize("op", LEAST)
def test_a_schema_asks_for_what_the_operation_asks_for(op: str):
    schema = schemas()[op]

    assert set(schema.get("required", [])) == set(LEAST[op]) - EITHER.get(op, set())
    assert schema["properties"]["op"]["const"] == op


# The envelope


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"priority": -1}, "priority"),
        ({"priority": 10}, "priority"),
        ({"priority": "5"}, "priority"),
        ({"timeout_s": 0.5}, "timeout_s"),
        ({"timeout_s": 604_801}, "timeout_s"),
        ({"timeout_s": True}, "timeout_s"),
        ({"sku": ""}, "sku"),
        ({"sku": "a" * 256}, "sku"),
        ({"sku": "a\0b"}, "sku"),
        ({"channel": "\0"}, "channel"),
        ({"external_id": "\0"}, "external_id"),
        ({"run_after": "2030-01-01T00:00:00"}, "run_after"),
        ({"run_after": 1_900_000_000}, "run_after"),
        ({"run_after": "0001-01-01T00:00:00+14:00"}, "run_after"),
        ({"deadline_at": "9999-12-31T23:59:59-14:00"}, "deadline_at"),
        ({"deadline_at": "tomorrow"}, "deadline_at"),
        ({"reference": "cat"}, "reference"),
        ({"mask": 7}, "mask"),
        ({"output": {"format": "gif"}}, "output.format"),
        ({"output": {"quality": 0}}, "output.quality"),
        ({"output": {"quality": 101}}, "output.quality"),
        ({"output": {"colour": "grey"}}, "output.colour"),
        ({"gates": {"beauty": {"min": 1}}}, "gates.beauty"),
        ({"gates": {"ssim": {"mni": 1}}}, "gates.ssim.mni"),
        ({"gates": {"ssim": {"min": "1"}}}, "gates.ssim.min"),
        ({"gates": []}, "gates"),
        ({"preset": "amazon"}, "preset"),
    ],
    ids=str,
)
def test_a_wrong_envelope_names_its_field(given: dict[str, Any], where: str):
    (path,) = {
        ".".join(part for part in found if part != "[key]") for found in _refused(envelope=given)
    }

    assert path == where


def test_a_gate_takes_whole_numbers_too():
    order = _parse(envelope={"gates": {"psnr_db": {"min": 40}, "protected_max_abs": {"max": 0}}})

    assert order.limits() == {"psnr_db": (40.0, None), "protected_max_abs": (None, 0.0)}


# The digest


def _digest(raw: str) -> str:
    return parse(raw.replace('"A"', f'"{A}"').encode()).digest()


def test_an_order_has_the_digest_it_had_before_there_were_webhooks():
    raw = '{"operation": {"op": "denoise", "picture": "A", "sigma": 12.0}, "sku": "S-1"'

    assert _digest(raw + "}").startswith("e614dd72a6d69a15")
    assert _digest(raw + ', "webhook_url": "https://a.example/"}') != _digest(raw + "}")


def test_a_pipeline_of_steps_has_the_digest_it_had_before_there_were_presets():
    steps = '"steps": [{"op": "denoise", "sigma": 12.0}]'

    assert _digest('{"operation": {"op": "pipeline", "picture": "A", ' + steps + "}}").startswith(
        "58af17ac6c5417a9"
    )


def test_the_digest_does_not_depend_on_the_spelling():
    one = _digest('{"operation": {"op": "denoise", "picture": "A", "sigma": 20}}')

    assert one == _digest(
        '{ "operation":{"sigma":2e1, "picture":"A" , "op":"denoi\\u0073e", "strength":1}}'
    )
    assert one == _digest(
        '{"gates": {}, "sku": null, "operation": {"op": "denoise", "picture": "A", "sigma": 20.0}}'
    )


def test_two_gates_may_stand_in_either_order():
    two = {"ssim": {"min": 0.9}, "psnr_db": {"min": 40}}

    assert (
        _parse(envelope={"gates": two}).digest()
        == _parse(envelope={"gates": dict(reversed(two.items()))}).digest()
    )


@pytest.mark.parametrize(
    "other",
    [
        {"n": 2},
        {"seed": 1},
        {"network": "vae"},
        {"envelope": {"sku": "shoe"}},
        {"envelope": {"output": {"format": "webp"}}},
        {"envelope": {"gates": {"ssim": {"min": 0.5}}}},
        {"envelope": {"run_after": "2030-01-01T00:00:00Z"}},
    ],
    ids=str,
)
def test_another_request_has_another_digest(other: dict[str, Any]):
    assert _parse(**other).digest() != _parse().digest()


# JSON that parsers disagree about


@pytest.mark.parametrize(
    "raw",
    [
        b'{"operation": {"op": "sample"}, "sku": "a", "sku": "b"}',
        b'{"operation": {"op": "sample", "n": 1, "n": 64}}',
        b'{"operation": {"op": "sample", "n": 1, "\\u006e": 64}}',
    ],
)
def test_a_name_twice_in_one_object_is_refused(raw: bytes):
    with pytest.raises(MalformedJson, match="twice"):
        parse(raw)


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_what_is_nested_too_deeply_is_refused(bracket: bytes):
    with pytest.raises(MalformedJson, match="deeper than 32"):
        parse(bracket * 100_000)


def test_brackets_inside_a_string_are_no_nesting():
    order = _parse(envelope={"sku": '[{"\\' * 40})

    assert order.sku == '[{"\\' * 40


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"\xff\xfe{}", b'{"a": "\xc3\x28"}', b"{}{}", b"{'op': 1}", b"{,}"),
        b'{"operation": {"op": "sample", "n": ' + b"9" * 5000 + b"}}",
    ],
    ids=lambda raw: raw[:12].hex(),
)
def test_what_is_no_json_is_refused(raw: bytes):
    with pytest.raises(MalformedJson):
        parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b'\\"' * 200_000,
        b'"' * 400_001,
        b'{"a":"' + b"\\" * 400_001,
        b"[" + b'"[",' * 100_000,
        b'{"a":{' + b",".join(b'"%d":1' % number for number in range(50_000)) + b"}}",
    ],
    ids=["escapes", "quotes", "backslashes", "strings", "names"],
)
def test_half_a_megabyte_of_malice_is_refused_in_a_moment(raw: bytes):
    started = time.perf_counter()

    with pytest.raises((MalformedJson, ValidationError)):
        parse(raw)

    assert time.perf_counter() - started < 2


# What an order needs


@pytest.mark.parametrize(
    ("op", "given", "needs"),
    [
        ("sample", {}, {"gan": None}),
        ("sample", {"network": "vae", "version": "mine@2"}, {"vae": "mine@2"}),
        ("reconstruct", {}, {"vae": None}),
        ("vary", {"version": "mine@2"}, {"vae": "mine@2"}),
        ("interpolate", {}, {"vae": None}),
        ("translate", {"version": "mine@2"}, {"translator": "mine@2"}),
        ("stylize", {}, {}),
        ("stylize", {"method": "adain"}, {"style": None}),
        ("denoise", {}, {"denoiser": None}),
        ("denoise", {"engine": "classical"}, {}),
        ("upscale", {}, {}),
        ("train", {}, {}),
        ("evaluate", {}, {}),
        ("score", {}, {}),
    ],
)
def test_an_operation_says_which_networks_it_needs(
    op: str, given: dict[str, Any], needs: dict[str, str | None]
):
    assert _parse(op, **given).operation.needs() == needs


def test_a_pipeline_needs_what_its_steps_need():
    steps = [{"op": "denoise", "version": "mine@2"}, {"op": "upscale"}, {"op": "cutout"}]

    assert _parse("pipeline", steps=steps).operation.needs() == {"denoiser": "mine@2"}


def test_every_picture_that_is_read_is_named_by_its_role():
    order = _parse("score", mask=C, envelope={"reference": A, "mask": B})

    assert order.pictures() == {
        "picture": A,
        "reference_picture": B,
        "mask": C,
        "order.reference": A,
        "order.mask": B,
    }


def test_a_pipeline_names_its_own_picture_and_the_masks_of_its_steps_only():
    steps = [{"op": "upscale"}, {"op": "background", "mask": B}, {"op": "place", "mask": C}]

    order = _parse("pipeline", steps=steps)

    assert order.pictures() == {"picture": A, "steps.1.mask": B, "steps.2.mask": C}
    assert PREVIOUS not in order.pictures().values()


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"steps": []}, ("operation", "steps")),
        ({"steps": [{"op": "upscale"}] * 9}, ("operation", "steps")),
        ({"steps": [{"op": "sample"}]}, ("operation", "steps", "0")),
        (
            {"steps": [{"op": "background", "kind": "generated", "n": 2}]},
            ("operation", "steps", "0", "background", "n"),
        ),
        ({"steps": [{"op": "upscale"}, {"op": "pipeline"}]}, ("operation", "steps", "1")),
        (
            {"steps": [{"op": "upscale", "scale": 5}]},
            ("operation", "steps", "0", "upscale", "scale"),
        ),
        ({"steps": [{"op": "recolor"}]}, ("operation", "steps", "0", "recolor", "to_hex")),
    ],
    ids=str,
)
def test_a_wrong_step_is_named_by_its_number(given: dict[str, Any], where: tuple[str, ...]):
    # A wrong step is also missing from the steps that stand, which pydantic says last.
    assert _refused("pipeline", **given)[0] == where


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([{"op": "cutout"}], "original"),
        ([{"op": "upscale"}, {"op": "cutout"}], "enhanced"),
        ([{"op": "place"}, {"op": "denoise"}], "enhanced"),
    ],
)
def test_a_pipeline_delivers_the_most_changed_of_its_steps(steps: list[dict[str, Any]], kind: str):
    assert _parse("pipeline", steps=steps).operation.delivers() == kind


@pytest.mark.parametrize(
    "op", ["sample", "reconstruct", "vary", "personalize", "interpolate", "translate", "explain"]
)
def test_what_a_network_drew_is_said_to_be_generated(op: str):
    assert _parse(op).operation.delivers() == "generated"


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "occlusion", "picture": A, "rows": 2},
        {"method": "latent", "k": 3},
        {"method": "neighbours", "picture": A, "dataset": "shoes", "category": "bag"},
    ],
)
def test_a_parameter_of_another_method_is_refused_and_named(wrong: dict[str, Any]):
    (name,) = set(wrong) & {"rows", "k", "category"}

    assert _refused("explain", **wrong) == [("operation", name)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"method": "occlusion"}, "name one"),
        ({"method": "neighbours", "picture": A}, "name one"),
        ({"method": "occlusion", "picture": A, "stride_share": 0.3}, "leaves gaps"),
        ({"method": "latent", "network": "gan", "picture": A}, "a GAN has no codes"),
        ({"method": "latent", "network": "gan", "attribute": "bag"}, "a GAN has no codes"),
    ],
)
def test_an_explanation_of_nothing_is_refused(given: dict[str, Any], sentence: str):
    with pytest.raises(ValidationError, match=sentence):
        _parse("explain", **given)


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({"method": "occlusion", "picture": A, "version": "c@1"}, {"classifier": "c@1"}),
        ({"method": "neighbours", "picture": A, "dataset": "shoes"}, {"classifier": None}),
        ({"method": "latent", "network": "gan"}, {"gan": None}),
        ({"method": "latent"}, {"vae": None}),
    ],
)
def test_what_is_explained_is_needed(given: dict[str, Any], needs: dict[str, str | None]):
    assert _parse("explain", **given).operation.needs() == needs


@pytest.mark.parametrize("op", LEAST)
def test_an_operation_has_a_queue_of_ours_and_time_to_run(op: str):
    kind = OPERATIONS[op]

    assert kind.queue == QUEUES.get(op, "gpu")
    assert kind.timeout_s >= 60


def test_the_picture_of_the_shared_examples_is_a_key():
    assert _parse("upscale", picture=NOWHERE).pictures() == {"picture": NOWHERE}


@pytest.mark.parametrize("network", ["classifier", "denoiser"])
def test_only_what_draws_has_blocks_with_attention(network: str) -> None:
    asked = {"op": "train", "dataset": "shoes", "network": network, "blocks": "attention"}

    with pytest.raises(ValidationError, match="means nothing to a network"):
        Train.model_validate(asked)


@pytest.mark.parametrize(
    ("op", "given", "name"),
    [
        ("shadow", {"kind": "contact", "angle_deg": 10.0}, "angle_deg"),
        ("match_color", {"mask": C}, "mask"),
        ("background", {"kind": "blur", "rgb": [1, 2, 3]}, "rgb"),
        ("background", {"kind": "solid", "light": 1.0}, "light"),
        ("background", {"kind": "studio", "plate": B}, "plate"),
        ("background", {"kind": "studio", "seed": 7}, "seed"),
        ("background", {"kind": "studio", "n": 2}, "n"),
        ("background", {"palette": [[0, 0, 0], [9, 9, 9]]}, "palette"),
    ],
)
def test_a_parameter_of_another_kind_is_refused_and_named(
    op: str, given: dict[str, Any], name: str
) -> None:
    assert _refused(op, **given) == [("operation", name)]


@pytest.mark.parametrize(
    ("kind", "sentence"), [("gradient", "give it a palette"), ("picture", "name it as plate")]
)
def test_a_ground_without_what_it_is_made_of_is_refused(kind: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        _parse("background", kind=kind)


@pytest.mark.parametrize(
    "palette", [[[0, 0, 0]], [[0, 0, 0]] * 4, [[0, 0], [1, 1]], [[0, 0, 256]] * 2]
)
def test_a_palette_has_two_or_three_colours(palette: list[list[int]]) -> None:
    where = _refused("background", kind="gradient", palette=palette)

    assert all(path[:2] == ("operation", "palette") for path in where)


def test_the_ground_of_a_step_is_named_by_its_role() -> None:
    steps = [{"op": "upscale"}, {"op": "background", "kind": "picture", "plate": B}]

    assert _parse("pipeline", steps=steps).pictures() == {"picture": A, "steps.1.plate": B}


@pytest.mark.parametrize(
    ("kind", "delivers"), [("solid", "original"), ("blur", "enhanced"), ("generated", "composite")]
)
def test_before_one_colour_it_is_the_photograph_still(kind: str, delivers: str) -> None:
    assert _parse("background", kind=kind).operation.delivers() == delivers


@pytest.mark.parametrize(
    ("given", "is_automatic"),
    [
        ({}, True),
        ({"auto": True, "exposure_ev": 1.0}, True),
        ({"exposure_ev": 1.0}, False),
        ({"temperature": -5.0}, False),
        ({"target": B}, False),
        ({"auto": False}, False),
    ],
    ids=str,
)
def test_light_finds_itself_only_if_nothing_else_is_asked(
    given: dict[str, Any], *, is_automatic: bool
) -> None:
    assert _parse("relight", **given).operation.is_automatic == is_automatic


def test_light_has_one_aim() -> None:
    with pytest.raises(ValidationError, match="not both"):
        _parse("relight", auto=True, target=B)


def test_a_mask_of_a_product_that_is_not_protected_is_refused() -> None:
    with pytest.raises(ValidationError, match="here it is not"):
        _parse("stylize", mask=C, protect_product=False)


def test_a_version_that_no_network_is_asked_by_is_refused() -> None:
    assert _refused("stylize", version="mine@2") == [("operation", "version")]
    assert _parse("stylize", method="adain", version="mine@2").operation.needs() == {
        "style": "mine@2"
    }


@pytest.mark.parametrize(
    ("angles", "sentence"),
    [
        ([0.0, 10.0], "2 angles for 3 views"),
        ([0.0, 20.0, 20.0], "larger than the one before"),
        ([-180.0, 0.0, 180.0], "less than a whole turn"),
    ],
)
def test_angles_go_around_once_and_are_as_many_as_the_views(
    angles: list[float], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        _parse("spin", views=[A, B, C], angles_deg=angles)


@pytest.mark.parametrize(
    ("angles", "is_whole"),
    [(None, True), ([0.0, 100.0, 250.0], True), ([0.0, 15.0, 30.0], False)],
    ids=["evenly", "nearly evenly", "a part"],
)
def test_a_turn_is_whole_if_its_last_gap_is_like_the_others(
    angles: list[float] | None,
    is_whole: bool,  # noqa: FBT001 — a test's parameter
) -> None:
    given = {} if angles is None else {"angles_deg": angles}

    assert _parse("spin", views=[A, B, C], **given).operation.is_whole_turn() is is_whole  # type: ignore[union-attr]


def test_a_sheet_is_about_a_square_and_each_view_has_its_role() -> None:
    asked = {"views": [A, B] * 12, "frame_width": 300, "frame_height": 200}

    order = _parse("spin", **asked)

    assert order.operation.size() == (4 * 300, 6 * 200)  # type: ignore[union-attr]
    assert list(order.pictures())[-1] == "views.23"


def test_without_a_shadow_a_spin_is_the_photographs_still() -> None:
    assert _parse("spin", opacity=0.0).operation.delivers() == "original"
    assert _parse("spin").operation.delivers() == "enhanced"


def test_a_style_with_a_name_is_no_picture_of_the_callers() -> None:
    assert _parse("stylize", style="woodcut").pictures() == {"picture": A}
    assert _parse("stylize", style=B).pictures() == {"picture": A, "style": B}
    assert all(path[:2] == ("operation", "style") for path in _refused("stylize", style="cubism"))
