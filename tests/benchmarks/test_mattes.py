"""What finds products is measured beside others, on pictures whose exact matte is known."""

from itertools import islice

import pytest

from benchmarks import mattes
from models.matting.learned import finder
from tests.tiny import dark_is_product


@pytest.mark.slow
def test_on_white_the_classical_engine_is_nearer_than_grabcut():
    systems = ("ours, classical", "OpenCV GrabCut")

    found = {
        (row.system, row.measure): row.value
        for row in islice(mattes.rows(every=6), 4)
        if row.system in systems
    }

    ours, grabcut = (found[system, "mae"] for system in systems)
    assert found["ours, classical", "iou"] > 0.9
    assert ours < grabcut


def test_a_network_is_measured_first_and_every_figure_has_its_cost():
    found = list(islice(mattes.rows(every=12, network=finder(dark_is_product().matte)), 2))

    assert [(row.system, row.measure) for row in found] == [
        ("ours, network", "iou"),
        ("ours, network", "mae"),
    ]
    assert all(row.ms_per_megapixel > 0 for row in found)
    assert {row.operation for row in found} == {"cutout"}
