"""How many threads torch has for what one thread of ours computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def use(count: int) -> None:
    """From now on in this thread; others keep theirs."""
    # Whoever has not asked yet is given, at the first operation, what some thread was set to last.
    torch.get_num_threads()
    torch.set_num_threads(count)


@contextmanager
def only_one() -> Iterator[None]:
    """For copies and sums: more of them wake more slowly than one is done."""
    before = torch.get_num_threads()
    use(1)
    try:
        yield
    finally:
        use(before)
