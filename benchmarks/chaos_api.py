"""The real API that dies between a job's commit and its wake-up, when it is told to."""

import os
import signal
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from api import main
from benchmarks import chaos_orders
from workers import queues


def build_app() -> FastAPI:
    """For uvicorn: `benchmarks.chaos_api:build_app --factory`."""
    chaos_orders.open_up(type(queues._bell), "ring", _deadly)  # noqa: SLF001 — behind every commit
    return main.build_app()


def _deadly(ring: Callable[..., None]) -> Callable[..., None]:
    def die_or_ring(*arguments: Any) -> None:
        if chaos_orders.obeyed(chaos_orders.DIE):
            os.kill(os.getpid(), signal.SIGKILL)
        ring(*arguments)

    return die_or_ring
