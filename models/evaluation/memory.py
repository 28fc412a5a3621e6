"""The most memory that was taken since somebody began to look."""

import contextlib
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")
_PEAK_FROM_NOW = "5"  # what Linux calls "reset the peak resident set size"


class PeakMemory:
    """Of a CUDA device what its tensors took; else of this process, where the system tells."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            with contextlib.suppress(OSError):  # a kernel that does not let us: since the start
                _STATUS.with_name("clear_refs").write_text(_PEAK_FROM_NOW)

    def mb(self) -> float | None:
        """Megabytes; None on a system that keeps no count."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / 1e6
        try:
            lines = _STATUS.read_text().splitlines()
        except OSError:
            return None
        kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(kibibytes) * 1024 / 1e6
