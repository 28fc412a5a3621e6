"""The benchmark runs from end to end, and its file says what the table says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.throughput_rows import Device

COLUMNS = {
    *("system", "workload", "jobs_per_s", "eta", "durable", "p50_ms", "p99_ms", "spread", "jobs"),
    *("cpu_s_per_1000", "mean_batch", "busy_share", "peak_mb"),
}


@pytest.mark.slow
@pytest.mark.timeout(520)
def test_packshot_and_the_raw_loop_take_turns_and_both_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    argv = [sys.executable, "-m", "benchmarks.throughput", "--quick", "--json", str(file)]

    said = subprocess.run(
        [
            *argv,
            "--workloads",
            "fake-8-1-pictures",
            "--systems",
            "packshot-single,packshot-batch,raw",
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
    ).stdout

    told = json.loads(file.read_text())
    rows = {row["system"]: row for row in told["rows"]}
    assert told["database"] == "sqlite"
    assert told["command"].startswith("python -m benchmarks.throughput --quick --workloads")
    assert rows.keys() == {"packshot-single", "packshot-batch", "raw"}
    assert all(row.keys() == COLUMNS for row in told["rows"])
    assert rows["raw"]["eta"] == 1
    assert not rows["raw"]["durable"]
    assert all(f"{row['jobs_per_s']:,.1f}" in said for row in told["rows"])
    ours = rows["packshot-batch"]
    assert ours["durable"]
    assert 0 < ours["busy_share"] <= 1
    assert 1 <= ours["mean_batch"] <= 16


def test_what_a_device_did_is_the_difference_of_two_looks() -> None:
    before = {"batches": 10, "images": 100, "busy_s": 5.0}
    after = {"batches": 14, "images": 150, "busy_s": 6.5}

    assert Device.between(before, after, worked_s=3.0) == Device(mean_batch=12.5, busy_share=0.5)
    assert Device.between({}, {}, worked_s=0.0) == Device(mean_batch=None, busy_share=None)
