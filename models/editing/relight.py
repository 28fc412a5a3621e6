"""Gives a picture another light: by itself, by hand, or that of another picture."""

import torch

from models import resampling
from models.colour.balance import alike, balanced
from models.colour.light import Light, relit, temperature
from models.colour.sampling import colours_of
from models.images import Loaded
from models.made import Made


def relight(
    picture: Loaded,
    *,
    auto: bool,
    exposure_ev: float,
    warmth: float,
    contrast: float,
    target: Loaded | None,
) -> Made:
    """The picture in another light: one smooth curve a channel; transparency stays.

    Args:
        picture: [1, 3, H, W] in [0, 1].
        auto: take out a cast, and make the lightest light.
        exposure_ev: brighter by so many stops, on top of that.
        warmth: warmer by so many mired, below 0 cooler.
        contrast: -1 to 1.
        target: whose light it gets, in the place of `auto`.
    """
    image, alpha = picture.image, picture.alpha
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    light = Light()
    if target is not None:
        wanted = colours_of(target.image, where=target.alpha)
        light = alike(colours_of(source, where=alpha), wanted)
    elif auto:
        light = balanced(colours_of(source, where=alpha))
    if warmth:
        light = light.tinted(temperature(warmth))
    light = light.brighter(exposure_ev)
    light = Light(light.black, light.gains, min(1.0, max(-1.0, light.contrast + contrast)))
    output = relit(source, light)
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    red, green, blue = light.gains
    report = {"black": light.black, "contrast": light.contrast}
    return Made(
        (output,), report=report | {"gain_red": red, "gain_green": green, "gain_blue": blue}
    )
