"""The scenario's rows are measured, and hold what they want."""

import pytest

from benchmarks.scenarios import try_on
from benchmarks.scenarios.row import Row


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.claim: row for row in try_on.rows(quick=True)}


def test_what_can_be_proven_is(rows: dict[str, Row]) -> None:
    assert rows["protected_max_abs"].value == 0
    assert rows["carried again by the stored warp: difference"].value == 0
    assert rows["hopeless pictures refused"].value == 1


def test_a_spline_by_found_landmarks_is_nearer_than_an_affine_warp(rows: dict[str, Row]) -> None:
    what = "PSNR in the clothes, median of 1"

    assert (
        rows[f"drawn, tps, all found: {what}"].value
        > rows[f"drawn, affine, true landmarks: {what}"].value
        > rows[f"drawn, as they came: {what}"].value
    )
