"""The page about operations says what the classes say, no more and no less."""

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
    fields = {name: set(kind.model_fields) - {"op"} for name, kind in OPERATIONS.items()}

    untold = {
        name: missing
        for name, names in fields.items()
        if (missing := {field for field in names if f"\n| `{field}` |" not in _section(name)})
    }

    assert untold == {}


def test_the_envelope_is_told_once_for_all_operations() -> None:
    told = _section("Around every operation")

    names = set(Order.model_fields) - {"operation"}
    assert {name for name in names if f"| `{name}` |" not in told} == set()


def test_a_parameter_is_told_with_its_range_its_default_and_its_meaning() -> None:
    told = _section("cutout")

    assert "| `threshold` | number, 0 to 1 | `0.5` | From which opacity" in told
    assert "| `picture` | string | **required** | Id of a picture" in told


def test_the_parts_of_an_object_have_dotted_names() -> None:
    assert "| `augment.rotate_deg` | number, 0 to 45 | `0.0` |" in _section("train")
