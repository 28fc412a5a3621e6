"""A picture's strips on all cores at once, for what the CPU measures in numpy and OpenCV."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Strip = TypeVar("Strip")
Found = TypeVar("Found")


def each(work: Callable[[Strip], Found], strips: Sequence[Strip]) -> list[Found]:
    """What `work` finds in each strip, in their order; on as many threads as torch may use.

    Many pictures scored at once share the threads of one pool, so that they never outnumber the
    cores.
    """
    threads = torch.get_num_threads()
    if threads == 1 or len(strips) <= 1:
        return [work(strip) for strip in strips]
    return list(_pool(threads).map(work, strips))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="strips")


# A forked child has the pool, but none of its threads.
os.register_at_fork(after_in_child=_pool.cache_clear)
