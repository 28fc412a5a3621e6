"""The demo's second half, played in a studio that runs: each scene comes to its end."""

import pytest

from examples import scene_sheet, scenes
from tests.journeys.conftest import Studio

pytestmark = pytest.mark.journey


def test_a_shop_at_work_goes_as_the_demo_shows_it(studio: Studio) -> None:
    with studio.client() as client:
        played = list(scenes.played(client))

    told = {one.name: one.said for one in played}
    assert list(told) == [
        *("classify", "search", "assist", "ad", "ranking", "try_on", "spin", "moderate")
    ]
    assert told["search"].startswith("most like a smaller picture of part of the headphones: head")
    assert told["moderate"] == "listed: blocked_by_policy; off the list: allow"
    assert all(one.pictures for one in played)
    assert scene_sheet.draw(played).width == 2000
