"""Choose the device of this process before anything else touches one."""

import torch


class NoDevice(RuntimeError):
    """The device that was asked for is not here; nothing falls back to another."""


def choose(asked: str) -> torch.device:
    """The device of `WORKER_DEVICE`; without one the first CUDA device, or the CPU where none is.

    Raises:
        NoDevice: the device that was asked for is not here.
    """
    if not asked:
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise NoDevice(f"WORKER_DEVICE={asked!r} names no device") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise NoDevice(f"WORKER_DEVICE={asked!r}, but there are {torch.cuda.device_count()}")
    if device.type not in {"cpu", "cuda"}:
        raise NoDevice(f"WORKER_DEVICE={asked!r}: expected cpu, cuda or cuda:N")
    return device
