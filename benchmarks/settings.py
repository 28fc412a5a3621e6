"""What programs under test are told: the one place here that touches the environment."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from api import settings as api_settings
from db import engine
from db import settings as db_settings
from workers import settings as worker_settings

_OURS = ("API_", "CHAOS_", "DB_", "TIMED_", "WORKER_")


class ChaosSettings(BaseSettings):
    """CHAOS_*: what a saboteur is told at its start.

    Attributes:
        folder: where orders lie.
        name: whom an order must name.
        dwell_s: how much longer a job takes, as with a slower network.
        long_s: how much longer a few jobs take: longer than a lease.
        full_disk_share: of the blobs, how many do not fit at the first try.
    """

    model_config = SettingsConfigDict(env_prefix="CHAOS_", frozen=True)

    folder: Path
    name: str
    dwell_s: float = 0.0
    long_s: float = 0.0
    full_disk_share: float = 0.0


class TimedSettings(BaseSettings):
    """TIMED_*: what a worker under a stopwatch is told at its start.

    Attributes:
        workload: a name of benchmarks.throughput_workloads.
    """

    model_config = SettingsConfigDict(env_prefix="TIMED_", frozen=True)

    workload: str


def enter(told: Mapping[str, str]) -> dict[str, str]:
    """Live under these settings and no others of ours from now on; what children inherit."""
    engine.dispose()
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    os.environ.update(told)
    for settings in (api_settings, db_settings, worker_settings):
        settings.get.cache_clear()
    return environment()


def environment() -> dict[str, str]:
    """What this process was told, for children that hear the same and more."""
    return dict(os.environ)


@cache
def get() -> ChaosSettings:
    """The settings of this process; read once."""
    return ChaosSettings.model_validate({})


@cache
def get_timed() -> TimedSettings:
    """The settings of this process; read once."""
    return TimedSettings.model_validate({})
