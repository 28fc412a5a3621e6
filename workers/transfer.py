"""Between the host's memory and the device's: pinned, so that CUDA copies beside its work."""

from collections.abc import Sequence

import torch
from torch import Tensor


def to_device(column: Sequence[Tensor], device: torch.device) -> Tensor:
    """One argument of all calls, as the batch that the network gets: [N, …] each to [ΣN, …]."""
    whole = column[0] if len(column) == 1 else torch.cat(list(column))
    if device.type != "cuda":
        return whole.to(device)
    return whole.pin_memory().to(device, non_blocking=True)


def to_host(parts: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """A network's answers on the CPU, as tensors that their callers may change.

    All copies are on their way before the first is waited for.
    """
    on_cuda = [part.device for part in parts if part.is_cuda]
    with torch.inference_mode(mode=False):
        if not on_cuda:
            # An inference tensor may not be changed by the operation that gets it.
            return tuple(part.clone() for part in parts)
        at_home = tuple(
            torch.empty(part.shape, dtype=part.dtype, pin_memory=True).copy_(
                part, non_blocking=True
            )
            for part in parts
        )
        torch.cuda.current_stream(on_cuda[0]).synchronize()
        return at_home
