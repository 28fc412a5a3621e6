"""Gives a product another colour and keeps its light and shade (OKLab, Ottosson 2020)."""

import torch
from torch import Tensor

from models import oklab, resampling
from models.editing.cutout import checked
from models.failures import CannotDo
from models.made import Made
from models.matting import matte
from models.metrics.delta_e import ciede2000

Rgb = tuple[int, int, int]

_STRIP_ROWS = 128
_NEAR, _FAR = 0.06, 0.14  # OKLab distances at which a colour is surely, and no longer, meant
_COLOURFUL = 0.03
_SAMPLE = 200_000


def recolor(
    image: Tensor,
    *,
    to_rgb: Rgb,
    from_rgb: Rgb | None,
    mask: Tensor | None,
    keep_luminance: bool,
    strength: float,
    alpha: Tensor | None = None,
) -> Made:
    """Turns one colour into another; every pixel outside the edit mask stays bit for bit.

    Args:
        image: [1, 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        to_rgb: the wanted colour, 0 to 255 each.
        from_rgb: which colour to change; None for all that the mask holds.
        mask: [1, 1, H, W], where to change; None for all that is not transparent, or of an opaque
            picture for the product that stands out, or, with `from_rgb`, for the whole picture.
        keep_luminance: change hue and chroma only; else lightness moves to the target's too.
        strength: 0 leaves the picture, 1 changes fully.
        alpha: [1, 1, H, W], the picture's transparency, kept as it is; the result is RGBA then.
    """
    # Off the white: else the rim of what is cut out is taken for a paler colour.
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    weight = _weight(source, from_rgb=from_rgb, mask=_seen(mask, alpha, image))
    if not bool((weight > 0.5).any()):
        raise CannotDo("mask_empty", "Nothing in the picture is to be recoloured.")
    old = _typical(source, weight) if from_rgb is None else oklab.from_rgb(_pixel(from_rgb))
    new = oklab.from_rgb(_pixel(to_rgb))
    output = source.clone()
    for top in range(0, image.shape[2], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        inside = weight[0, 0, rows] > 0
        part, share = source[0, :, rows][:, inside], weight[0, 0, rows][inside] * strength
        turned = _turned(part[None, :, :, None], old, new, keep_luminance=keep_luminance)
        output[0, :, rows][:, inside] = part + share * (turned[0, :, :, 0] - part)
    report = _report(source, output, weight, to_rgb)
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    return Made((output,), edit_mask=(weight > 0).float(), report=report)


def _seen(mask: Tensor | None, alpha: Tensor | None, image: Tensor) -> Tensor | None:
    """The mask, of a picture with transparency only where there is something to see.

    Nothing less where a pixel is covered in part: its own colour changes, and shows as far.
    """
    if alpha is None:
        return mask
    seen = (alpha > 0).float()
    return seen if mask is None else checked(mask, image) * seen


def _weight(image: Tensor, *, from_rgb: Rgb | None, mask: Tensor | None) -> Tensor:
    """How much each pixel is meant, [1, 1, H, W] in [0, 1]."""
    if mask is not None:
        region = checked(mask, image)
    elif from_rgb is None:
        return matte.find(image).alpha
    else:
        region = torch.ones_like(image[:, :1])
    return region if from_rgb is None else region * _likeness(image, from_rgb)


def _likeness(image: Tensor, rgb: Rgb) -> Tensor:
    """1 where a pixel is of this hue and chroma, under whatever light, falling softly to 0."""
    meant = oklab.from_rgb(_pixel(rgb))
    # Light and shade change a colour's lightness; a grey of another lightness is another grey.
    slack = float(meant[:, 1:].norm().mul(2).add(0.1).clamp_max(0.35))
    strips = []
    for top in range(0, image.shape[2], _STRIP_ROWS):
        lab = oklab.from_rgb(image[:, :, top : top + _STRIP_ROWS])
        # A shaded pixel has less chroma; compare it as if it were lit like the one meant.
        light = (meant[:, :1] / lab[:, :1].clamp_min(0.05)).clamp(0.4, 2.5)
        off = (lab[:, 1:] * light - meant[:, 1:]).norm(dim=1, keepdim=True)
        beyond = (lab[:, :1] - meant[:, :1]).abs().sub(slack).clamp_min(0)
        strips.append(((_FAR - off - beyond) / (_FAR - _NEAR)).clamp(0, 1))
    return torch.cat(strips, dim=2)


def _turned(part: Tensor, old: Tensor, new: Tensor, *, keep_luminance: bool) -> Tensor:
    lab = oklab.from_rgb(part)
    light, tint = lab[:, :1], lab[:, 1:]
    if not keep_luminance:
        # A power keeps black black and white white, so highlights and depth survive.
        gamma = new[:, :1].clamp(0.05, 0.98).log() / old[:, :1].clamp(0.05, 0.98).log()
        light = light.clamp_min(0) ** gamma.clamp(0.2, 6)
    return oklab.to_rgb(torch.cat((light, _tinted(tint, lab[:, :1], old, new)), dim=1))


def _tinted(tint: Tensor, light: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """The tint turned and stretched as old to new; a grey has no hue to turn and is dyed."""
    a, b = old[:, 1:2], old[:, 2:3]
    chroma = torch.hypot(a, b)
    if float(chroma) < _COLOURFUL:
        shade = (light / old[:, :1].clamp_min(0.05)).clamp(0, 1.5)
        return tint - old[:, 1:] * shade + new[:, 1:] * shade
    # Multiplication by new / old as complex numbers.
    real = (new[:, 1:2] * a + new[:, 2:3] * b) / chroma**2
    imaginary = (new[:, 2:3] * a - new[:, 1:2] * b) / chroma**2
    x, y = tint[:, :1], tint[:, 1:]
    return torch.cat((real * x - imaginary * y, imaginary * x + real * y), dim=1)


def _typical(image: Tensor, weight: Tensor) -> Tensor:
    """The median colour of what is meant, in OKLab: [1, 3, 1, 1]."""
    colours = image[0].flatten(1)[:, (weight[0, 0] > 0.5).flatten()]
    few = colours[:, :: max(1, colours.shape[1] // _SAMPLE)]
    return oklab.from_rgb(few[None, :, None]).median(dim=3, keepdim=True).values


def _report(
    image: Tensor, output: Tensor, weight: Tensor, to_rgb: Rgb
) -> dict[str, float | int | str | None]:
    meant = (weight[0, 0] > 0.5).flatten()
    step = max(1, int(meant.sum()) // _SAMPLE)
    edited = float((weight > 0).float().mean())
    report: dict[str, float | int | str | None] = {"edited_share": edited}
    for name, picture in (("delta_e_before", image), ("delta_e_after", output)):
        colours = picture[0].flatten(1)[:, meant][:, ::step][None, :, None]
        report[name] = float(ciede2000(colours, _pixel(to_rgb).expand_as(colours)).median())
    return report


def _pixel(rgb: Rgb) -> Tensor:
    return torch.tensor(rgb, dtype=torch.float32).div_(255).view(1, 3, 1, 1)
