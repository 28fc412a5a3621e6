"""What strangers who reach the broker may do: send what is no job of ours, or wipe it all."""

import json
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.chaos_submit import producer
from workers import settings

_AWAY: Final = (OperationalError, RedisError, OSError)
_QUEUE: Final = "packshot:gpu"


def send(seed: int) -> None:
    """Forged messages of every kind, in the background: the broker may be away."""
    _in_background(lambda: _send(random.Random(seed)))  # noqa: S311


def wipe() -> None:
    """FLUSHALL."""
    _in_background(lambda: _asked().flushall())


def _send(dice: random.Random) -> None:
    app = producer(settings.get().broker())
    sendings: list[tuple[str, dict[str, Any]]] = [
        ("os.system", {"args": ["false"]}),
        ("jobs.submit", {"kwargs": {"operation": {"op": "rm -rf"}}}),
        ("jobs.submit", {"kwargs": {"operation": {"op": "upscale", "picture": "../../etc"}}}),
        ("jobs.submit", {"args": [dice.randbytes(40).hex()]}),
        ("jobs.submit", {"args": [None, {"no": "order"}, 3]}),
        ("wake", {"serializer": "pickle"}),
        ("wake", {"args": ["too", "many"]}),
    ]
    dice.shuffle(sendings)
    with app:
        for name, options in sendings:
            app.send_task(name, queue="gpu", retry=False, **options)
    envelope = {"body": "bm8gSlNPTg==", "content-type": "application/json", "headers": {}}
    for garbage in (json.dumps(envelope), "no JSON at all"):
        _asked().lpush(_QUEUE, garbage)


def _asked() -> Redis:
    path = str(settings.socket_path())
    return Redis(unix_socket_path=path, socket_timeout=2, socket_connect_timeout=2)


def _in_background(work: Callable[[], object]) -> None:
    def run() -> None:
        with suppress(*_AWAY):
            work()

    threading.Thread(target=run, daemon=True).start()
