"""Which worker Celery starts for which queues."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from db.engine import reading
from db.tables.workers import Worker
from tests.workers import started
from tests.workers.started import ROOT, is_in, until


def test_a_worker_of_webhooks_never_loads_torch():
    program = """
import sys
from workers import celery, refusals, signals, tasks, webhooks
heavy = ("torch", "torchvision", "skimage", "cv2", "models")
print([name for name in heavy if name in sys.modules])
"""

    fresh = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert fresh.stdout.strip() == "[]", fresh.stderr


@pytest.mark.parametrize(("queue", "device"), [("hooks", "network"), ("cpu", "cpu")])
def test_each_queue_has_its_kind_of_worker(home: Path, queue: str, device: str):
    with started.worker(home, queue=queue) as one:
        until(lambda: is_in(one, "ready"), one)
        one.process.terminate()

        assert one.ended(within_s=10)[0] == 0

    with reading() as session:
        worker = session.scalars(select(Worker)).one()
    assert (worker.queues, worker.device, worker.state) == ([queue], device, "stopped")
