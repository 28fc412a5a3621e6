"""Which number format convolutions use on a device, in training and in service."""

import math
from typing import Literal

import torch
from torch import Tensor

Precision = Literal["auto", "bfloat16", "float32"]


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """bfloat16 where the device has it and it is not forbidden; needs no loss scaling."""
    return torch.autocast(device.type, torch.bfloat16, enabled=is_bfloat16(device, precision))


def is_bfloat16(device: torch.device, precision: Precision) -> bool:
    """What `precision` comes to on this device."""
    return precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))


def has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # A CPU without these instructions computes bfloat16 many times slower than float32.
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def agreement_db(exact: Tensor, other: Tensor) -> float:
    """How far one answer is below its difference from another, in dB: signal over error.

    Args:
        exact: any shape.
        other: the same shape.

    Returns:
        10 · log10(Σ exact² / Σ (exact − other)²); infinity where they are equal, minus infinity
        where one of them is not finite.
    """
    error = float((exact.double() - other.double()).square().sum())
    signal = float(exact.double().square().sum())
    if not math.isfinite(error):
        return -math.inf
    if error == 0:
        return math.inf
    return 10 * math.log10(signal / error) if signal > 0 else -math.inf
