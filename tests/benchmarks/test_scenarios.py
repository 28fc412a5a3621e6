"""The table of the scenarios' claims: what is asked of a number decides, and each file is found."""

import inspect

import pytest

from benchmarks.scenarios import __main__ as scenarios
from benchmarks.scenarios.row import Row


@pytest.mark.parametrize(
    ("value", "wanted", "holds"),
    [
        (0.95, "≥ 0.95", True),
        (0.94, "≥ 0.95", False),
        (1.0, "> 1", False),
        (3.0, "≤ 3", True),
        (3.0, "< 3", False),
        (0.0, "= 0", True),
        (1.0, "= 0", False),
        (-1.0, "", True),
        (float("nan"), "≥ 0", False),
    ],
)
def test_a_claim_holds_as_far_as_its_number_does(value: float, wanted: str, *, holds: bool) -> None:
    assert scenarios.holds(Row("search", "found", value, "", wanted)) is holds


def test_what_is_asked_in_no_known_way_is_an_error() -> None:
    with pytest.raises(ValueError, match="about 3"):
        scenarios.holds(Row("search", "found", 3.0, "", "about 3"))


def test_each_file_measures_its_scenario() -> None:
    for name in scenarios.names():
        assert list(inspect.signature(scenarios.measure(name)).parameters) == ["quick"], name
