"""`packshot like` and `packshot ranking`."""

from collections.abc import Callable

import pytest

from api.exits import Exit
from tests.api import scripted
from tests.api.scripted import Answer

Run = Callable[..., int]
ID = "0190a0b0-0000-7000-8000-00000000000a"


@pytest.mark.parametrize(("words", "liked"), [([], 1), (["-1"], -1)])
def test_an_opinion_is_told(packshot: Run, words: list[str], liked: int) -> None:
    kept = {"picture": ID, "liked": liked, "segment": "summer", "shopper": None}
    with scripted.serving(lambda _: Answer(201, kept)) as server:
        ended = packshot("like", ID, *words, "--segment", "summer", "--url", server.url)

    assert ended == Exit.DONE
    assert server.asked[0].json() == {"picture": ID, "liked": liked, "segment": "summer"}


def test_a_ranking_comes_in_its_order(packshot: Run, capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"id": ID, "expected": 0.51, "deviation": 0.2}]
    with scripted.serving(lambda _: {"items": items, "not_embedded": []}) as server:
        packshot("ranking", "S-1", "--shopper", "c-7", "--url", server.url)

    assert server.asked[0].path == "/v1/rankings?sku=S-1&shopper=c-7"
    assert f"0.510\t0.200\t{ID}" in capsys.readouterr().out
