"""Where and when a benchmark ran, for the file that keeps its numbers."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import torch


def described() -> dict[str, object]:
    """The command, the day, the processor and the devices, for the head of a JSON file."""
    return {
        "command": " ".join([f"python -m {_module()}", *_arguments()]),
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "devices": [
            torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())
        ],
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _module() -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec is not None else "__main__"


def _arguments() -> list[str]:
    """Without the name of the file that was asked for, which says nothing of the run."""
    told = sys.argv[1:]
    if "--json" in told:
        at = told.index("--json")
        del told[at : at + 2]
    return told


def _processor() -> str:
    """Its model as the kernel names it, which platform does not know on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
