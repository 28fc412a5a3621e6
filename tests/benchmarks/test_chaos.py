"""While everything is killed, frozen, stopped and wiped, no job is lost, doubled or mixed up."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PIL import Image

from benchmarks import chaos_load

ROOT = Path(__file__).parents[2]
JOBS = 300
SECONDS = 40
SURELY_WITHIN_S = 30
"""Of a machine that others load; what we promise on a quiet one, `make chaos` measures."""


@pytest.mark.journey
@pytest.mark.timeout(630)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_no_job_is_lost_doubled_or_mixed_up(database: str, tmp_path: Path) -> None:
    written = tmp_path / "counts.json"

    ended = _chaos(
        *("--jobs", JOBS, "--seconds", SECONDS, "--database", database),
        *("--recovered-within", SURELY_WITHIN_S, "--json", written),
    )

    said = ended.stdout[-4000:] + ended.stderr[-4000:]
    assert ended.returncode == 0, said
    counts = json.loads(written.read_text())
    assert (counts["jobs"], counts["results"]) == (JOBS, JOBS), said
    assert (counts["lost"], counts["doubled"], counts["mixed"]) == (0, 0, 0), said
    assert (counts["untold"], counts["unsigned"]) == (0, 0), said
    assert counts["fenced"] > 0, said  # else nothing was tried
    assert counts["recovery_s_median"] <= 5, said
    assert counts["faults"]["worker frozen before a commit"] > 0, said
    assert sum(counts["faults"].values()) >= 10, said


@pytest.mark.journey
def test_nobody_outlives_a_chaos_that_is_broken_off(tmp_path: Path) -> None:
    chaos = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.chaos", "--jobs", "1000"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _until(lambda: len(_family(chaos)) >= 6)
    family = _family(chaos)

    chaos.send_signal(signal.SIGKILL)  # no time to clear away: the kernel ends what is tethered
    chaos.wait(10)

    _until(lambda: not any(one.is_running() and one.status() != "zombie" for one in family))


def test_a_result_is_told_from_all_others_by_what_it_shows() -> None:
    mine, other = (chaos_load.picture(1, number) for number in (1, 2))

    assert chaos_load.colours_of(_enlarged(mine)) == chaos_load.colours(1, 1)
    assert chaos_load.colours_of(_enlarged(other)) != chaos_load.colours(1, 1)


def test_a_result_of_the_wrong_size_shows_nothing() -> None:
    assert chaos_load.colours_of(chaos_load.picture(1, 1)) == b""


def _chaos(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _enlarged(data: bytes) -> bytes:
    """By somebody else's bicubic filter."""
    picture = Image.open(io.BytesIO(data))
    file = io.BytesIO()
    size = (2 * picture.width, 2 * picture.height)
    picture.resize(size, Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _family(chaos: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    return psutil.Process(chaos.pid).children(recursive=True)


def _until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.1)
