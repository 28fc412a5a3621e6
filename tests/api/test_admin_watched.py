"""The page of quality tells which scores are no longer what they were at first."""

from datetime import UTC, datetime

from db.engine import transaction
from db.tables.watches import ScoreWatch
from tests.browsing import Browser
from tests.rows import TENANT

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TOLD = {"statistic": 0.61, "p": 1e-9, "drifted": True, "then": 35.1234, "now": 31.5}


def watch(label: str, *, tenant: str = TENANT, **columns: object) -> None:
    values = {"since": NOW, "pending": {"results": 0}, "changed_at": NOW, **columns}
    with transaction() as session:
        session.add(ScoreWatch(tenant=tenant, label=label, **values))


def test_it_tells_what_drifted(browser: Browser) -> None:
    watch("sharp@1", baseline={"results": 100}, told={"psnr_db": TOLD}, drifted_at=NOW)
    watch("new@1")
    watch("theirs@1", tenant="other", told={"psnr_db": TOLD})

    page = browser.get("/admin/quality").text

    assert all(said in page for said in ("sharp@1", "35.123", "31.500", "1.0e-09", "drifted"))
    assert "The first 100 results are not there yet." in page
    assert "theirs@1" not in page
