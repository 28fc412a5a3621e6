"""PEER_*: what a peer's program is told at its start; nothing here is of ours but the work."""

from functools import cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from benchmarks import throughput_workloads
from benchmarks.throughput_work import Desk


class PeerSettings(BaseSettings):
    """What all peers are told.

    Attributes:
        workload: a name of benchmarks.throughput_workloads.
        folder: where pictures lie and results go.
        broker: a Redis, for those that need one.
        port: where to listen, for those that do.
    """

    model_config = SettingsConfigDict(env_prefix="PEER_", frozen=True)

    workload: str
    folder: Path
    broker: str = ""
    port: int = 0


@cache
def get() -> PeerSettings:
    """The settings of this process; read once."""
    return PeerSettings.model_validate({})


@cache
def desk() -> Desk:
    """The work of this process, its network loaded and warm."""
    given = get()
    return Desk(throughput_workloads.named(given.workload), given.folder)
