"""Milliseconds per phase of one job, each a span where traces are told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from db import tracing


@dataclass(slots=True)
class Stopwatch:
    """Adds up what each phase took: queue, decode, device, score, encode, commit."""

    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        with tracing.span(name):
            yield
        self.ms[name] = self.ms.get(name, 0.0) + (time.perf_counter() - started) * 1000
