"""A sweep of paper is brightest where its light is, and has no line where it bends."""

import torch

from models import images
from models.plates.studio import studio

PAPER = (230, 220, 210)


def swept(**changes) -> torch.Tensor:
    asked = {"rgb": PAPER, "horizon": 0.6, "middle": 0.5, "light": 0.5, "height": 120, "width": 160}
    return studio(asked.pop("rgb"), **asked | changes)


def test_an_even_light_is_one_colour():
    plate = swept(light=0.0)

    assert (images.quantise(plate)[0].flatten(1).T * 255).round().unique(dim=0).tolist() == [
        list(PAPER)
    ]


def test_the_corners_are_darker_than_the_middle():
    plate = swept()

    middle = plate[..., 70:90, 70:90].mean()
    corners = [
        plate[..., rows, columns].mean()
        for rows in (slice(10), slice(-10, None))
        for columns in (slice(10), slice(-10, None))
    ]
    assert all(middle > corner + 0.02 for corner in corners)


def test_nothing_is_brighter_than_the_paper():
    paper = torch.tensor(PAPER).view(1, 3, 1, 1) / 255

    assert (images.quantise(swept(light=1.0)) <= paper + 1e-6).all()


def test_the_floor_is_brighter_than_the_wall_is_at_its_top():
    plate = swept()

    assert plate[..., 90:, :].mean() > plate[..., :20, :].mean()


def test_there_is_no_line_where_it_bends():
    rows = swept(height=400, light=1.0)[0, 0].mean(dim=1)

    assert rows.diff().abs().max() < 0.008


def test_the_light_stands_where_the_product_does():
    plate = swept(middle=0.2)

    assert int(plate[0, 0, 70].view(16, 10).mean(dim=1).argmax()) <= 4
