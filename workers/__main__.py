"""`python -m workers up --gpus all`: one worker for each device, started again when it ends."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from workers import settings, supervisor
from workers.exits import EXIT_REFUSED
from workers.supervisor import Child, Supervisor

DRAINED_WITHIN_S = 4.0
"""After the time to drain; a worker ends by itself sooner, unless it is frozen."""


class WrongDevices(ValueError):
    """Devices were asked for that are not here."""


def devices(gpus: str, here: Sequence[str]) -> list[str]:
    """What each worker gets as `WORKER_DEVICE`.

    Args:
        gpus: `all`, `none`, how many, or which, with a comma: `0,2`, and `2,` for one alone.
        here: the CUDA devices that there are, by name.

    Raises:
        WrongDevices: that many, or those, are not here.
    """
    if gpus == "none" or (gpus == "all" and not here):
        return ["cpu"]
    if gpus == "all":
        return list(here)
    try:
        by_number = "," in gpus
        numbers = [int(n) for n in gpus.split(",") if n] if by_number else range(int(gpus))
    except ValueError as error:
        raise WrongDevices(f"--gpus {gpus}: expected all, none, how many, or 0,2") from error
    asked = list(dict.fromkeys(f"cuda:{n}" for n in numbers))
    if not asked or not set(asked) <= set(here):
        raise WrongDevices(f"--gpus {gpus}: there are {', '.join(here) or 'no CUDA devices'}")
    return asked


def children(names: Sequence[str], queues: str) -> list[Child]:
    """One worker for each device."""
    cores = max(1, (os.cpu_count() or 1) // len(names))
    return [
        Child(
            f"{queues.replace(',', '-')}-{number} on {name}",
            _command(queues, number),
            # Workers with a thread for every core each would wait for each other.
            {"OMP_NUM_THREADS": str(cores), **os.environ, "WORKER_DEVICE": name},
        )
        for number, name in enumerate(names)
    ]


def _command(queues: str, number: int) -> list[str]:
    name = f"{queues.replace(',', '-')}-{number}@%h"
    # In a container everybody is root; saying so in six lines per worker hides what matters.
    calm = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [sys.executable, *calm, "-m", "celery", "--quiet", "-A", "workers", "worker"]
    return [*celery, "-Q", queues, "-n", name]


def _here() -> list[str]:
    """The CUDA devices, as a child sees them: who only supervises keeps no torch in memory."""
    look = [sys.executable, "-m", "workers.device"]
    said = subprocess.run(look, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if said.returncode:
        raise WrongDevices("the CUDA devices cannot be counted; --gpus none works without")
    return said.stdout.split()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    up = parser.add_subparsers(required=True).add_parser("up", help="workers, until Ctrl-C")
    up.add_argument("--gpus", default="all", help="all, none, how many, or which: 0,2")
    up.add_argument("--queues", default="gpu", help="as after -Q of celery worker")
    asked = parser.parse_args(arguments)
    try:
        names = devices(asked.gpus, [] if asked.gpus == "none" else _here())
    except WrongDevices as error:
        supervisor.say(str(error))
        return EXIT_REFUSED
    if names == ["cpu"] and asked.gpus == "all":
        supervisor.say("there is no CUDA device here; one worker on the CPU")
    within_s = settings.get().drain_s + DRAINED_WITHIN_S
    return Supervisor(children(names, asked.queues), drained_within_s=within_s).run()


if __name__ == "__main__":
    sys.exit(main())
