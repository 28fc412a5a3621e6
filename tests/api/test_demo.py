"""What the demo tells its reader to type works where the sqlite3 shell is missing."""

import subprocess
from pathlib import Path

from db.engine import transaction
from db.tables.jobs import SUCCEEDED
from examples.demo import further
from tests import rows


def test_the_line_for_python_shows_the_scores(home: Path) -> None:
    lease = rows.running()
    with transaction() as session:
        session.add(rows.result(lease, psnr_db=31.5, visibility="published"))
    rows.change(
        lease.job_id,
        state=SUCCEEDED,
        lease_owner=None,
        finished_at=rows.read(lease.job_id).created_at,
    )
    _, line = further(home / "packshot.db")

    told = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602

    assert told.stdout == "('upscale', 1, 1, 31.5, None, None)\n"
