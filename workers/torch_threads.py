"""How many threads torch has for what one thread of ours computes."""

import torch


def use(count: int) -> None:
    """From now on in this thread; others keep theirs."""
    # Whoever has not asked yet is given, at the first operation, what some thread was set to last.
    torch.get_num_threads()
    torch.set_num_threads(count)
