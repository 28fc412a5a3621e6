"""How long the admin page's pages take with a million jobs: `python -m benchmarks.admin_pages`.

As many jobs and results as `--rows`, one a second until now, on SQLite and on PostgreSQL; no day
of them was counted yet, which is the worst that the usage page can meet.
"""

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import insert, literal, select, update
from starlette.testclient import TestClient

from api.main import build_app
from api.settings import ApiSettings
from benchmarks import engine_fill
from benchmarks.engine_archives import archives
from benchmarks.engine_fill import TENANT
from db import clock, keys, tenants
from db.engine import transaction
from db.tables.jobs import SUCCEEDED, Job
from db.tables.pictures import Blob
from db.tables.results import Result
from db.tables.tenants import Tenant

PAGES: Final = (
    *("", "/jobs", "/jobs?state=failed", "/jobs?q=nothing", "/gallery", "/review"),
    *("/quality?op=upscale", "/usage", "/usage?whole=yes", "/trainings", "/versions", "/datasets"),
    *("/workers", "/webhooks", "/tenants", "/keys", "/audit"),
)
_KEY: Final = "0" * 64
_YEAR_S: Final = 365 * 86_400.0


def main() -> None:
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="packshot-pages-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with archives(folder) as kinds:
            for kind in kinds:
                kind.new("pages")
                engine_fill.fill(arguments.rows, queued=0)
                fill_results()
                engine_fill.tidy()
                for page, first_ms, median_ms in measured(arguments.rounds):
                    told = f"first {first_ms:8,.0f} ms   median {median_ms:8,.0f} ms"
                    print(f"{kind.database:11} /admin{page:24} {told}", flush=True)


def measured(rounds: int) -> Iterator[tuple[str, float, float]]:
    """Each page with its first time and the median, in ms, until all of it is there."""
    with TestClient(build_app(ApiSettings()), base_url="https://localhost") as client:
        client.post("/admin/sign-in", data={"key": _key()})
        for page in PAGES:
            taken = [_taken_ms(client, f"/admin{page}") for _ in range(rounds)]
            yield page, taken[0], statistics.median(taken)


def _taken_ms(client: TestClient, path: str) -> float:
    since = time.perf_counter()
    answer = client.get(path)
    taken = 1000 * (time.perf_counter() - since)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken


def _key() -> str:
    with transaction() as session:
        tenants.ensure(session, TENANT)
        session.execute(update(Tenant).values(created_at=clock.seconds_from_now(-_YEAR_S)))
        return keys.issue(session, TENANT, name="benchmark", scopes=keys.SCOPES).text


def fill_results() -> None:
    """One result for each job that succeeded, all of the same bytes."""
    given: dict[str, Any] = {
        "ordinal": 0, "lease_token": 1, "blob_key": _KEY, "sha256": _KEY, "format": "png",
        "bytes": 1_000, "width": 1, "height": 1, "source_kind": "enhanced", "scores": {},
        "metric_version": 1, "seed": 0, "psnr_db": 30.0, "ssim": 0.9, "device_ms": 20.0,
    }  # fmt: skip
    columns = Result.__table__.columns
    with transaction() as session:
        engine_fill.patient(session)
        row = {"tenant": TENANT, "sha256": _KEY, "bytes": 1, "last_put_at": clock.now()}
        session.execute(insert(Blob).values(row))
        values = [literal(value, columns[name].type) for name, value in given.items()]
        of_jobs = select(Job.id, Job.id, Job.tenant, Job.op, Job.created_at, *values)
        names = ["id", "job_id", "tenant", "op", "created_at", *given]
        session.execute(insert(Result).from_select(names, of_jobs.where(Job.state == SUCCEEDED)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
