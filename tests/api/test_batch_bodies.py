"""A batch's body in its lines: whatever stands around them, each comes out as it was written."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import batch_bodies
from api.batch_bodies import JSON, NDJSON, Sent
from api.errors import Problem

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[a-z\"\\\]\[{},:]{1,12}", fullmatch=True)


def cut(kind: str, raw: bytes) -> batch_bodies.Body:
    return batch_bodies.cut(Sent(kind, raw), most_around=100_000)


@given(
    orders=st.lists(VALUES, min_size=1, max_size=5),
    name=st.none() | NAMES,
    indent=st.sampled_from([None, 0, 3]),
    order=st.permutations(["external_id", "jobs"]),
)
@settings(max_examples=200, deadline=None)
def test_the_elements_of_jobs_come_out_whatever_they_hold(
    orders: list[Any], name: str | None, indent: int | None, order: list[str]
) -> None:
    parts = {"external_id": name, "jobs": orders}
    raw = json.dumps({part: parts[part] for part in order}, indent=indent).encode()

    body = cut(JSON, raw)

    assert body.external_id == name
    assert [(number, json.loads(text)) for number, text in body.lines] == [
        *enumerate(orders, start=1)
    ]
    assert all(text in raw for _, text in body.lines)


@given(orders=st.lists(VALUES, min_size=1, max_size=5), ending=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=100, deadline=None)
def test_lines_come_out_as_they_were_written(orders: list[Any], ending: str) -> None:
    texts = [json.dumps(order) for order in orders]

    body = cut(NDJSON[0], ending.join(texts).encode())

    assert body.lines == [(number, text.encode()) for number, text in enumerate(texts, start=1)]


@given(
    raw=st.binary(max_size=40)
    | st.text('{}[]":,\\ jobs1', max_size=40).map(str.encode)
    | st.text('[]{}",1 ', max_size=20).map(lambda text: b'{"jobs":' + text.encode()),
    kind=st.sampled_from([JSON, *NDJSON]),
)
@settings(max_examples=400, deadline=None)
def test_whatever_is_sent_is_cut_or_refused(raw: bytes, kind: str) -> None:
    try:
        outcome = "cut" if cut(kind, raw).lines else "nothing"
    except Problem as problem:
        outcome = problem.code

    assert outcome in {"cut", "malformed_json", "validation_error", "batch_empty"}


@pytest.mark.parametrize("count", [10_000, 10_001])
@pytest.mark.parametrize("kind", [JSON, NDJSON[0]])
def test_ten_thousand_lines_are_the_most(kind: str, count: int) -> None:
    lines = b'{"jobs": [' + b",".join([b"1"] * count) + b"]}" if kind == JSON else b"1\n" * count

    if count == 10_000:
        assert len(cut(kind, lines).lines) == count
    else:
        with pytest.raises(Problem, match="10000 lines is the most"):
            cut(kind, lines)
