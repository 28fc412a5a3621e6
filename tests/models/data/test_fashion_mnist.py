"""The reader of Fashion-MNIST, on files made by hand."""

import gzip
import struct

import pytest
import torch

from models.data import fashion_mnist
from models.data.fashion_mnist import DatasetError


def write_idx(path, shape, content: bytes, magic: bytes = b"\0\0\x08") -> None:
    header = magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(header + content))


def write_pair(folder, stem: str, count: int) -> None:
    images = bytes(i % 256 for i in range(count * 784))
    labels = bytes(i % 10 for i in range(count))
    write_idx(folder / f"{stem}-images-idx3-ubyte.gz", (count, 28, 28), images)
    write_idx(folder / f"{stem}-labels-idx1-ubyte.gz", (count,), labels)


def test_pictures_and_labels_come_out_in_their_order(tmp_path):
    write_pair(tmp_path, "t10k", 12)

    images, labels = fashion_mnist.read_test(tmp_path)

    assert images.shape == (12, 1, 28, 28)
    assert images.dtype == torch.uint8
    assert images[0, 0, 0, :5].tolist() == [0, 1, 2, 3, 4]
    assert images[1, 0, 0, 0].item() == 784 % 256
    assert labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_the_last_five_thousand_rows_are_validation(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "FIRST_VALIDATION_ROW", 9)
    write_pair(tmp_path, "train", 12)

    learning, held_out = fashion_mnist.read(tmp_path).split()

    assert (len(learning), len(held_out)) == (9, 3)
    assert held_out.labels.tolist() == [9, 0, 1]


def test_there_are_as_many_categories_as_labels():
    assert len(set(fashion_mnist.CATEGORIES)) == 10


def test_pictures_without_as_many_labels_are_refused(tmp_path):
    write_pair(tmp_path, "t10k", 12)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", (3,), bytes(3))

    with pytest.raises(DatasetError, match="12 pictures and 3 labels"):
        fashion_mnist.read_test(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip at all",
        gzip.compress(b""),
        gzip.compress(b"\0\0\x0d\1\0\0\0\1\0"),
        gzip.compress(b"\0\0\x08\1\0\0\0\5abc"),
        gzip.compress(b"\0\0\x08\3\0\0"),
        gzip.compress(bytes(100))[:-20],
    ],
    ids=["nothing", "no gzip", "no header", "another type", "too short", "half a header", "cut"],
)
def test_a_file_that_is_no_idx_file_is_refused(tmp_path, content):
    path = tmp_path / "some.gz"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=r"some\.gz"):
        fashion_mnist.idx(path)


@pytest.mark.skipif(not fashion_mnist.FOLDER.exists(), reason="dataset-fashion-mnist is missing")
def test_debians_package_has_every_category_a_thousand_times_in_its_test_part():
    images, labels = fashion_mnist.read_test()

    assert images.shape == (10_000, 1, 28, 28)
    assert labels.bincount().tolist() == [1000] * 10
