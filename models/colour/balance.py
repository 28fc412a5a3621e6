"""The light that a picture lacks: by what is nearly grey in it, and by its darkest and lightest."""

import numpy as np
import torch
from torch import Tensor

from models import oklab
from models.colour.light import Gains, Light, Plane, relit, to_levels, to_linear

_NEARLY_GREY = 0.05  # chroma in OKLab; a cast that a camera leaves is less
_LEAST_GREY = 0.05
_STRONGEST = 1.5
_DARKEST, _LIGHTEST = 0.005, 0.995
_HAZE, _MOST_BLACK, _WHITE, _MOST_EV = 0.5, 0.02, 0.9, 1.5
_FARTHEST, _ROUNDS = 4.0, 6
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722))[:, None]


def balanced(colours: Tensor) -> Light:
    """The light that makes the nearly grey grey, and the lightest of a picture light.

    Grey-world (Buchsbaum 1980) over what is nearly grey already, so that a red product stays red;
    then the percentiles of light. It never darkens, and leaves alone what has no grey.

    Args:
        colours: [3, M] sRGB in [0, 1].
    """
    linear = to_linear(colours.double().numpy())
    gains = _grey(colours, linear)
    lightest = float(np.quantile((linear * np.array(gains)[:, None]).max(axis=0), _LIGHTEST))
    # What all channels have too much is haze; of what one has, a colour would be left without it.
    haze = float(np.quantile(linear, _DARKEST, axis=1).min())
    black = min(_MOST_BLACK * lightest, _HAZE * haze)
    ev = min(_MOST_EV, max(0.0, float(np.log2(_WHITE / max(lightest, 1e-3)))))
    return Light(black=black, gains=gains).brighter(ev)


def alike(colours: Tensor, wanted: Tensor) -> Light:
    """The light that gives the colours [3, M] the mean and the contrast of others [3, K].

    Contrast moves the mean and the mean the contrast, so both are found in a few rounds.
    """
    light, flat, other = Light(), colours[None, :, None], to_linear(wanted.double().numpy())
    for _ in range(_ROUNDS):
        own = to_linear(relit(flat, light)[0, :, 0].double().numpy())
        ratio = (other.mean(axis=1) + 1e-4) / (own.mean(axis=1) + 1e-4)
        gains = np.clip(np.array(light.gains) * ratio, 1 / _FARTHEST, _FARTHEST).tolist()
        # At its middle a contrast of 1 steepens by a half.
        more = 2 * (_spread(other) / max(_spread(own), 1e-3) - 1)
        contrast = float(np.clip(light.contrast + more, -1, 1))
        light = Light(gains=(gains[0], gains[1], gains[2]), contrast=contrast)
    return light


def _grey(colours: Tensor, linear: Plane) -> Gains:
    lab = oklab.from_rgb(colours[None, :, None])[0, :, 0]
    grey = (torch.hypot(lab[1], lab[2]) < _NEARLY_GREY).numpy()
    if grey.mean() < _LEAST_GREY:
        return 1.0, 1.0, 1.0
    mean = linear[:, grey].mean(axis=1) + 1e-6
    gains = np.clip(mean.mean() / mean, 1 / _STRONGEST, _STRONGEST)
    gains /= float((gains * _LUMINANCE[:, 0]).sum())
    red, green, blue = gains.tolist()
    return red, green, blue


def _spread(linear: Plane) -> float:
    return float(to_levels((linear * _LUMINANCE).sum(axis=0)).std())
