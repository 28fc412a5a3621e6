"""Which number format the convolutions of a run use on a device."""

import torch

from models.training.config import Precision


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """bfloat16 where the device has it and it is not forbidden; needs no loss scaling."""
    enabled = precision == "bfloat16" or (precision == "auto" and _has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # A CPU without these instructions computes bfloat16 many times slower than float32.
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
