"""A style with a name is drawn, where another is one of the caller's pictures."""

from typing import NoReturn

import torch

from db.operations.appearance import Stylize
from models.data import style_pictures
from models.images import Loaded
from workers.edit import Given, edit

PICTURE = "0190a0b0-0000-7000-8000-000000000000"


def _no_network(name: str) -> NoReturn:
    raise AssertionError(f"nothing here needs {name}")


def test_a_name_does_what_its_picture_does() -> None:
    image = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1))
    sent = {"picture": Loaded(image, None)}
    with_style = {**sent, "style": Loaded(style_pictures.drawn("marble"), None)}
    asked = {"picture": PICTURE, "protect_product": False}

    named = edit(Stylize(style="marble", **asked), Given(sent, {}, _no_network, seed=0))
    shown = edit(Stylize(style=PICTURE, **asked), Given(with_style, {}, _no_network, seed=0))

    assert torch.equal(named.images[0], shown.images[0])
    assert not torch.equal(named.images[0], image)
