"""The pages about operations say what the classes and the gallery say, no more and no less."""

import re
import shlex
from typing import get_args

import pytest

from db.operations.order import Order
from db.operations.scores import SCORES, ScoreName
from db.operations.union import OPERATIONS
from examples.gallery_entries import ENTRIES
from examples.operation_pages import FOLDER, command, pages

PAGES = pages()


def test_the_pages_in_the_repository_are_what_the_classes_and_the_gallery_say() -> None:
    kept = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}

    assert kept == PAGES, "run `make docs`"


def test_every_operation_has_its_page_with_all_its_parameters_and_the_first_page_names_it() -> None:
    told = {op: set(re.findall(r"^\| `(\w+)` \|", _parameters(op), re.M)) for op in OPERATIONS}

    assert told == {name: set(kind.model_fields) - {"op"} for name, kind in OPERATIONS.items()}
    assert re.findall(r"^\| \[(\w+)\]", PAGES["README.md"], re.M) == list(OPERATIONS)


def _parameters(op: str) -> str:
    return PAGES[f"{op}.md"].split("\n## Parameters\n")[1].split("\n## ")[0]


def test_the_envelope_is_told_once_for_all_operations() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", PAGES["README.md"], re.M))

    assert told == set(Order.model_fields) - {"operation"}


def test_a_parameter_is_told_with_its_range_its_default_and_its_meaning() -> None:
    told = _parameters("cutout")

    assert "| `threshold` | number, 0 to 1 | `0.5` | From which opacity" in told
    assert "| `picture` | string | **required** | Id of a picture" in told


def test_the_parts_of_an_object_have_dotted_names() -> None:
    assert "| `augment.rotate_deg` | number, 0 to 45 | `0.0` |" in _parameters("train")


def test_every_score_that_a_job_may_be_gated_by_has_its_meaning() -> None:
    assert set(get_args(ScoreName)) <= set(SCORES)


@pytest.mark.parametrize("op", sorted({entry.op for entry in ENTRIES}))
def test_an_operation_in_the_gallery_shows_its_picture_and_explains_its_numbers(op: str) -> None:
    page = PAGES[f"{op}.md"]
    lines = "\n".join(re.findall(r"^  - (.*)$", page, re.M))
    numbers = re.findall(r"(\w+) -?[\d.]+(?:e-\d+)?(?:,|$)", lines, re.M)

    assert f"](../gallery/{op}.webp)" in page
    explained = re.findall(r"^\| `(\w+)` \|", page.split("## Scores")[1], re.M)
    assert set(numbers) - {"delta_e_before", "delta_e_after"} <= set(explained)


def test_the_line_for_the_shell_names_files_parameters_and_the_reference() -> None:
    entry = next(one for one in ENTRIES if one.op == "place" and one.parameters)

    words = shlex.split(command(entry))

    assert words[:3] == ["packshot", "submit", "place"]
    assert words[-3:] == ["--wait", "--out", "."]
    assert f"{entry.picture}.png" in words
