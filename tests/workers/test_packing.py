"""`packshot data pack`: all that our networks learn from, in one folder that travels."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models.data import packed, samples
from models.data.image_set import ImageSet
from models.failures import CannotDo
from workers import packing


def garments() -> ImageSet:
    found = samples.garments()
    images, labels = torch.from_numpy(found.images), torch.from_numpy(found.labels)
    return ImageSet("garments", images, labels, found.categories, labels[:20], "CC0-1.0", "made")


def photographs() -> ImageSet:
    smooth = torch.linspace(0, 255, 32 * 32).view(1, 1, 32, 32).expand(9, 3, -1, -1)
    labels = torch.zeros(9).long()
    return ImageSet("photographs", smooth.byte(), labels, ("a",), labels[:1], "CC0-1.0", "made")


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Callable[[], ImageSet], int | None]]:
    small = {"garments": (garments, None), "photographs": (photographs, 90)}
    monkeypatch.setattr(packing, "SETS", small)
    return small


@pytest.mark.usefixtures("sets")
def test_a_pack_reads_back_as_what_was_packed(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "deep" / "pack"

    code = packing.main([str(folder)])

    read, photographed = packed.read(folder / "garments"), packed.read(folder / "photographs")
    size_bytes = sum(path.stat().st_size for path in folder.rglob("*.*"))
    assert code == 0
    assert read.digest() == garments().digest()
    assert read.split()[1].digest() == garments().split()[1].digest()
    assert (read.categories, read.licence) == (garments().categories, "CC0-1.0")
    assert photographed.source == "made, as JPEG 90"
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told[:2]] == ["garments", "photographs"]
    assert told[-1] == f"{size_bytes / 2**20:.1f} MiB in {folder}"


@pytest.mark.usefixtures("sets")
def test_an_empty_folder_is_packed_into(tmp_path: Path) -> None:
    assert packing.main([str(tmp_path)]) == 0


@pytest.mark.usefixtures("sets")
@pytest.mark.parametrize("taken", ["pack", "pack/photographs/000.webp"], ids=["file", "folder"])
def test_what_is_there_already_is_left_as_it_is(tmp_path: Path, capsys, taken: str) -> None:
    path = tmp_path / taken
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")

    code = packing.main([str(tmp_path / "pack")])

    assert code == 1
    assert "is there already; remove it, or name another" in capsys.readouterr().out
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [path]


def test_a_set_that_is_not_on_this_machine_is_said(tmp_path: Path, capsys, sets) -> None:
    def away() -> ImageSet:
        raise CannotDo("dataset_missing", "run `packshot data fetch`")

    sets["garments"] = (away, None)

    code = packing.main([str(tmp_path / "pack")])

    assert code == 1
    assert capsys.readouterr().out == "nothing is packed: run `packshot data fetch`\n"
    assert not (tmp_path / "pack").exists()


@pytest.mark.usefixtures("sets")
def test_a_place_where_nobody_may_write_is_said(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_bytes(b"")

    code = packing.main([str(tmp_path / "file" / "pack")])

    assert code == 1
    assert capsys.readouterr().out.startswith("nothing is packed: ")
