"""Sets of pictures that travel: to the bit, or as told."""

import json

import pytest
import torch

from models.data import packed
from models.data.image_set import ImageSet
from models.failures import CannotDo


def pictures(count: int = 1030, channels: int = 3) -> ImageSet:
    noise = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, channels, 8, 12), generator=noise, dtype=torch.uint8)
    labels = torch.arange(count) % 2
    return ImageSet("set", images, labels, ("a", "b"), labels.bool(), "CC0-1.0", "made")


@pytest.mark.parametrize("channels", [1, 3])
def test_what_was_packed_comes_out_to_the_bit(tmp_path, channels):
    given = pictures(channels=channels)

    size_bytes = packed.write(given, tmp_path)
    read = packed.read(tmp_path)

    assert size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert torch.equal(read.images, given.images)
    assert torch.equal(read.labels, given.labels)
    assert read.split()[1].digest() == given.split()[1].digest()
    assert (read.name, read.categories, read.licence) == (given.name, ("a", "b"), "CC0-1.0")
    assert read.source == "made"


def test_a_jpeg_is_near_and_says_that_it_is_one(tmp_path):
    smooth = torch.linspace(0, 255, 64 * 64).view(1, 1, 64, 64).expand(3, 3, -1, -1)
    given = ImageSet(
        "set", smooth.to(torch.uint8), torch.zeros(3).long(), ("a",), torch.arange(0), "", "made"
    )

    packed.write(given, tmp_path, quality=90)
    read = packed.read(tmp_path)

    off = (read.images.int() - given.images.int()).abs()
    assert 0 < off.max() < 20
    assert read.source == "made, as JPEG 90"


def test_where_nothing_was_packed_nothing_is_read(tmp_path):
    with pytest.raises(CannotDo) as caught:
        packed.read(tmp_path / "nothing")

    assert caught.value.code == "dataset_missing"


def test_a_lost_sheet_is_missed(tmp_path):
    packed.write(pictures(), tmp_path)
    (tmp_path / "001.webp").unlink()

    with pytest.raises(CannotDo, match="1024 of 1030"):
        packed.read(tmp_path)


def test_other_pictures_than_were_packed_are_refused(tmp_path):
    packed.write(pictures(20), tmp_path)
    told = json.loads((tmp_path / packed.TOLD).read_text())
    (tmp_path / packed.TOLD).write_text(json.dumps(told | {"labels": [0] * 20}))

    with pytest.raises(CannotDo, match="other pictures"):
        packed.read(tmp_path)
