"""What a style's strength claims holds for two pairs of each method."""

import pytest

from benchmarks.scenarios import style

pytestmark = pytest.mark.slow


def test_the_rows_tell_of_both_methods_what_no_strength_and_more_of_it_do() -> None:
    told = {row.claim: row.value for row in style.rows(quick=True)}

    for method in ("adain", "color"):
        assert told[f"{method}: largest change of a PNG at no strength"] == 0
        assert told[f"{method}: pairs whose content falls with each step"] == 1
    assert told["adain: pairs whose style comes nearer with each step"] == 1
    assert told["adain: pairs whose texture is nearer at full strength"] == 1
