"""What stands under a picture of the gallery: what was asked for, and what was measured of it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from examples.gallery_studio import Delivered, Shown

MOST_SCORES = 4
_FIRST: Final = (
    "psnr_db", "ssim", "backproj_psnr_db", "product_psnr_db", "product_ssim",
    "product_delta_e_mean", "content_ssim", "style_distance", "delta_e_before", "delta_e_after",
    "protected_psnr_db", "protected_max_abs", "mask_agreement", "diversity",
)  # fmt: skip
_ASIDE: Final = ("noise_sigma", "sharpness", "blockiness", "lost_share", "mask_uncertainty")
"""On the page only, unless there is nothing else."""


def asked(shown: Shown) -> str:
    """The parameters; without any, what else was given along, or nothing."""
    said = [_spelt(name, value) for name, value in shown.entry.parameters.items()]
    said = said or [f"with the {role}" for role in shown.entry.roles]
    if output := shown.entry.envelope.get("output"):
        said.append(f"as {output['format']} {output['quality']}")
    return " · ".join(said) or "as it comes"


def measured(shown: Shown, result: Delivered) -> list[str]:
    """The scores to look at first, a line each, by the names that they have in the row."""
    values = {name: value for name, value in _all(shown, result).items() if value is not None}
    told = [name for name in values if name not in _ASIDE and not _is_said(name, result)]
    told.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    chosen = told or [name for name in _ASIDE[:2] if name in values]
    lines = [flag.replace("_", " ") for flag in result.flags]
    return (lines + [number(name, values[name]) for name in chosen])[:MOST_SCORES]


def everything(shown: Shown, result: Delivered) -> str:
    """Every flag and score in one line."""
    values = [
        number(name, value)
        for name, value in _all(shown, result).items()
        if value is not None and not _is_said(name, result)
    ]
    return ", ".join([*(flag.replace("_", " ") for flag in result.flags), *values])


def number(name: str, value: float) -> str:
    """A score as captions spell it."""
    return f"{name} {value:.4g}" if abs(value) < 10_000 else f"{name} {value:.0f}"


def _all(shown: Shown, result: Delivered) -> Mapping[str, float | None]:
    """The row's scores, and how far colours were and are, which the job reports."""
    reported = {name: value for name, value in shown.report.items() if name.startswith("delta_e_")}
    return {**result.scores, **reported}


def _is_said(name: str, result: Delivered) -> bool:
    """Where all pixels are the same, no number adds to it."""
    return any(
        name.startswith(flag.removesuffix("identical"))
        for flag in result.flags
        if flag in ("product_identical", "protected_identical")
    )


def _spelt(name: str, value: Any) -> str:
    if name == "steps" and isinstance(value, list | tuple):
        return "steps " + ", ".join(step["op"] for step in value)
    if isinstance(value, str):
        return f"{name} {value}"
    return f"{name} {json.dumps(value)}".replace('"', "").replace("{", "").replace("}", "")
