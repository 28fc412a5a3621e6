"""The watermark's benchmark measures what it says, on few pictures."""

import pytest

from benchmarks import watermark


@pytest.fixture(scope="module")
def marked() -> list[watermark.Marked]:
    return list(watermark._marked(500, [], 0))


def test_every_ground_is_marked_within_forty_decibels(marked: list[watermark.Marked]) -> None:
    assert {one.ground for one in marked} == {"photograph", *watermark._EVEN}
    assert min(one.psnr_db for one in marked) >= 40


def test_a_row_tells_of_all_pictures_of_its_ground(marked: list[watermark.Marked]) -> None:
    rows = {row.attack: row for row in watermark._rows(marked, "grey", 500)}

    assert list(rows) == list(watermark.attacks())
    assert (rows["none"].read, rows["none"].pictures) == (1, 1)
    assert rows["none"].sign_errors < 0.05


def test_wrong_keys_are_counted_on_marked_and_on_unmarked_pictures(
    marked: list[watermark.Marked],
) -> None:
    tries, wrong = watermark.false_positives(marked[:2], 20)

    assert (tries, wrong) == (20, 0)


def test_a_tenth_is_cut_off_each_side(marked: list[watermark.Marked]) -> None:
    height, width = watermark.attacks()["10 % cut off"](marked[0].after).shape[:2]

    assert (height, width) == (452, 452)
