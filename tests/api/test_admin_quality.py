"""The page of quality: where scores lie, the worst of them, what became worse."""

from tests.browsing import Browser
from tests.db.test_quality import deliver


def test_it_tells_where_scores_lie_and_shows_the_worst(browser: Browser) -> None:
    low, high = deliver(29.0, 41.0, model_version="a@1")

    page = browser.get("/admin/quality?op=upscale&measure=psnr_db").text

    assert "a@1" in page
    assert "35.00" in page  # the median
    assert page.index(low) < page.index(high)
    assert "No serving version" in page


def test_it_shows_nothing_of_others(browser: Browser) -> None:
    deliver(29.0, model_version="theirs@1", tenant="other")

    assert "theirs@1" not in browser.get("/admin/quality").text


def test_other_scores_and_operations_are_refused(browser: Browser) -> None:
    for query in ("op=fly", "measure=sha256", "measure=id"):
        assert browser.get(f"/admin/quality?{query}").status_code == 422
