"""What is claimed of label maps holds for drawn ones."""

from benchmarks.scenarios import label_maps
from benchmarks.scenarios.__main__ import holds


def test_maps_are_read_back_as_they_were_painted() -> None:
    (told,) = label_maps.rows(quick=True)

    assert told.value == 0
    assert holds(told)
