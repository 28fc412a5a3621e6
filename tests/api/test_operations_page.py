"""The page about operations says what the classes say, no more and no less."""

import re
from pathlib import Path

from api.operations_page import page
from db.operations.order import Order
from db.operations.union import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def _section(name: str) -> str:
    return page().split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_the_page_in_the_repository_is_what_the_classes_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_operation_has_its_section_with_all_its_parameters() -> None:
    told = {name: set(re.findall(r"^\| `(\w+)` \|", _section(name), re.M)) for name in OPERATIONS}

    assert told == {name: set(kind.model_fields) - {"op"} for name, kind in OPERATIONS.items()}


def test_the_envelope_is_told_once_for_all_operations() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", _section("Around every operation"), re.M))

    assert told == set(Order.model_fields) - {"operation"}


def test_a_parameter_is_told_with_its_range_its_default_and_its_meaning() -> None:
    told = _section("cutout")

    assert "| `threshold` | number, 0 to 1 | `0.5` | From which opacity" in told
    assert "| `picture` | string | **required** | Id of a picture" in told


def test_the_parts_of_an_object_have_dotted_names() -> None:
    assert "| `augment.rotate_deg` | number, 0 to 45 | `0.0` |" in _section("train")
