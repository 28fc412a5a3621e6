"""What examples/admin.sql asks, both databases answer, and nothing in it changes a row."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from db import clock
from db.engine import reading
from tests import counted, kept, rows

SHEET = Path(__file__).parents[2] / "examples" / "admin.sql"
# Each statement with the sentence that stands above it.
STATEMENTS = {
    told.replace("\n-- ", " "): statement
    for told, statement in re.findall(
        r"^-- ((?:[^\n]+\n-- )*[^\n]+)\n(SELECT[^;]+);$", SHEET.read_text(encoding="utf-8"), re.M
    )
}

pytestmark = pytest.mark.usefixtures("archive")


def _answer(statement: str) -> list[dict[str, Any]]:
    with reading() as session:
        return [dict(row._mapping) for row in session.execute(text(statement))]


@pytest.fixture
def filled() -> None:
    """A result that is an arm, a failure and a job that waits."""
    _, shoe = kept.made(kept.picture(b"shoe"), data=b"better")
    rows.queued(state="failed", error_code="no_product", finished_at=clock.now())
    rows.queued()
    campaign = counted.campaign(shoe)
    counted.told(counted.happened(shoe, times=8, campaign_id=campaign))
    counted.told(counted.happened(shoe, "click", times=2, campaign_id=campaign))


def test_every_statement_is_found_with_its_sentence() -> None:
    assert len(STATEMENTS) == SHEET.read_text(encoding="utf-8").count(";\n") > 10


def test_every_statement_runs_and_tells_what_there_is(filled: None) -> None:
    found = {told: _answer(statement) for told, statement in STATEMENTS.items()}

    (failed,) = found["What failed, and why."]
    (waiting,) = found["What waits and runs now, per queue and tenant."]
    (newest,) = found["Every newest picture with its proof."]
    assert failed["error_code"] == "no_product"
    assert (waiting["tenant"], waiting["state"], waiting["jobs"]) == (rows.TENANT, "queued", 1)
    assert newest["op"] == "upscale"
    (arm,) = found["Which arms of each campaign do best, and how often they are chosen."]
    assert (arm["campaign"], arm["impressions"], arm["clicks"]) == ("boots", 8, 2)
    assert arm["goal_mean"] == pytest.approx(3 / 10)
    assert found["How much the pictures and results of each tenant take."][0]["blobs"] >= 2
