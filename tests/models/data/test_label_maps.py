"""A map is told by what a picture carries: alpha, and where its recoloured twin differs."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.data import label_maps, palette
from models.data.catalogue_set import Views
from models.data.image_set import ImageSet
from models.data.product_classes import CLASSES


def views(*dyed: tuple[int, int]) -> Views:
    """A square of 20 by 20 pixels each, of which these rows are dyed in the twin."""
    count = len(dyed)
    images = torch.full((count, 3, 32, 32), 255, dtype=torch.uint8)
    alpha = torch.zeros(count, 1, 32, 32, dtype=torch.uint8)
    images[..., 4:24, 6:26], alpha[..., 4:24, 6:26] = 90, 255
    alpha[..., 24, 6:26] = 20  # a soft rim, less than a tenth
    recoloured = images.clone()
    for number, (first, last) in enumerate(dyed):
        recoloured[number, 0, first:last, 6:26] = 200
    shadow, dyes = torch.zeros_like(alpha), torch.zeros(count, 3, dtype=torch.uint8)
    labels = torch.arange(count)
    return Views(images, alpha, recoloured, shadow, dyes, labels, labels, ())


def areas(found: Tensor) -> list[list[int]]:
    return (found == 255).flatten(2).sum(2).tolist()


def test_the_larger_material_is_the_body_whichever_was_dyed() -> None:
    found = label_maps.regions(views((4, 9), (9, 24)))

    assert areas(found) == [[300, 100], [300, 100]]
    assert torch.equal(found[0], found[1])
    assert not (found.amin(1) == 255).any()  # no pixel is both


def test_what_covers_hardly_anything_of_a_pixel_is_ground() -> None:
    assert (label_maps.regions(views((4, 9)))[:, :, 24] == 0).all()


@pytest.mark.parametrize("dyed", [(4, 4), (4, 24)], ids=["nothing", "everything"])
def test_of_one_material_all_is_body(dyed: tuple[int, int]) -> None:
    assert areas(label_maps.regions(views(dyed))) == [[400, 0]]


def test_a_cut_out_s_map_is_its_silhouette() -> None:
    cut = torch.full((8, 4, 32, 32), 255, dtype=torch.uint8)
    cut[:, 3], cut[:, :, 4:24, 6:26] = 0, 90
    labels = torch.zeros(8, dtype=torch.int64)
    images = ImageSet("shop", cut, labels, ("bag",), torch.tensor([7]), "CC0", "here")

    found = label_maps.of_cut_outs(images).images

    assert found.shape == (8, label_maps.CHANNELS, 32, 32)
    assert areas(found[:, 3:]) == [[400, 0]] * 8
    assert torch.equal(label_maps.seen(found), cut[:, :3])


def test_what_is_told_is_0_where_a_region_is() -> None:
    one = views((4, 9))
    carried = torch.cat([one.images, label_maps.regions(one)], dim=1) / 255

    told = label_maps.told(carried)

    assert told.unique().tolist() == [0, 1]
    assert (1 - told).flatten(2).sum(2).tolist() == [[300, 100]]


def test_the_palette_is_voc_s_and_no_two_labels_share_a_colour() -> None:
    known = palette.colours(12)

    assert known[:5].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert known[8].tolist() == [64, 0, 0]
    assert known[24].tolist() == [64, 64, 0]
    assert len(known) == 25
    assert len(palette.colours(500).unique(dim=0)) == 1001


def test_a_painted_map_has_each_region_s_colour() -> None:
    one = views((4, 9), (4, 9), (4, 9))
    told = label_maps.told(torch.cat([one.images, label_maps.regions(one)], dim=1) / 255)

    picture = palette.painted(told, torch.tensor([0, 1, 11]))

    known = palette.colours(12) / 255
    for row, category in enumerate((0, 1, 11)):
        expected = [known[palette.GROUND], known[palette.label_for(category, 1)]]
        found = [picture[row, :, 0, 0], picture[row, :, 5, 10]]
        assert all(torch.allclose(a, b) for a, b in zip(found, expected, strict=True))
        assert torch.allclose(picture[row, :, 20, 10], known[palette.label_for(category, 0)])


def test_the_page_has_the_catalogue_s_palette() -> None:
    page = (Path(__file__).parents[3] / "docs/style.md").read_text(encoding="utf-8")
    known = ["#{:02x}{:02x}{:02x}".format(*one) for one in palette.colours(len(CLASSES)).tolist()]

    for number, name in enumerate(CLASSES):
        body, detail = (known[palette.label_for(number, region)] for region in (0, 1))
        assert f"| {name} | `{body}` | `{detail}` |" in page
