"""The numbers of the engine are written with their units, and what is asked often uses an index."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks import engine_doors, engine_fill
from benchmarks.engine_history import QUESTIONS
from db import engine
from db.engine import reading

ROOT = Path(__file__).parents[2]


@pytest.mark.journey
@pytest.mark.postgres
def test_every_figure_is_written_with_its_unit(tmp_path: Path) -> None:
    written = tmp_path / "figures.json"

    subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", "--quick", "--json", str(written)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        timeout=500,
        check=True,
    )

    rows = json.loads(written.read_text())["rows"]
    assert {row["database"] for row in rows} == {"sqlite", "postgresql", "none"}
    assert all(row["value"] > 0 and row["unit"] for row in rows)
    named = {row["name"] for row in rows}
    assert set(QUESTIONS) < named
    assert {"POST /v1/jobs at saturation", "POST /v1/jobs at 100/s"} < named
    assert "POST /v1/jobs refused" not in named


def test_a_filled_table_is_that_of_a_shop_with_a_past(home: Path) -> None:
    engine_fill.fill(2_000, queued=20)

    with reading() as session:
        states = dict(session.execute(text("SELECT state, count(*) FROM job GROUP BY state")).all())
        tenants = session.scalar(text("SELECT count(DISTINCT tenant) FROM job"))
    assert states["queued"] == 20
    assert states["succeeded"] > 1_900
    assert tenants == 10
    assert engine.writer().dialect.name == "sqlite"


def test_a_late_answer_counts_from_when_its_request_was_due() -> None:
    def slow() -> int:
        time.sleep(0.2)
        return 202

    # 16 clients answer 80 a second: behind 400 a second, later requests wait longer and longer.
    posted = engine_doors.offered(slow, per_s=400, seconds=0.5)

    assert len(posted.waited_s) == pytest.approx(200, abs=2)
    assert max(posted.waited_s) > 1.5
    assert posted.refused == 0
