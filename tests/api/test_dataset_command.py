"""`packshot dataset`: a folder is sent, registered, and its report read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.commands import folders
from api.commands.folders import ProductBy
from api.commands.parameters import BadArgument
from tests.api import scripted
from tests.api.scripted import Answer, Asked

Run = Callable[..., int]
REPORT = {
    "asked": 14,
    "taken": 12,
    "persons": 2,
    "left_out": [
        {"reason": "too_small", "detail": "less than 24 pixels", "count": 2, "pictures": []}
    ],
    "products": 5,
    "categories": [{"name": "shoes", "products": 5, "train": 11, "validation": 1}],
    "empty_categories": ["hats"],
    "trains": [
        {"network": "gan", "trains": True, "why_not": None},
        {"network": "vae", "trains": False, "why_not": "it has nothing held out"},
    ],
}
DATASET = {"id": "d", "name": "mine", "version": 2, "kind": "pictures", "pictures": 12,
           "categories": ["shoes"], "licence": None, "report": REPORT}  # fmt: skip


def api(asked: Asked) -> Any:
    """A picture's id is its text; `broken` is refused at the door."""
    if asked.path == "/v1/pictures":
        sent = next(part for part in asked.body.split(b"\r\n") if part.startswith(b"picture of "))
        text = sent.removeprefix(b"picture of ").decode()
        if text == "broken":
            return Answer(422, {"code": "image_truncated", "detail": "the picture is cut off"})
        return Answer(201, {"id": text})
    return DATASET


def lay_out(folder: Path, **files: str) -> Path:
    """Files by name, `__` for a folder; each holds a picture of the text."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture of " + text.encode())
    return folder


def test_the_consent_of_all_persons_is_said_of_each_picture(
    packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, shirts__a="1", shirts__b="2")

    with scripted.serving(api) as server:
        packshot("dataset", "add", "mine", str(tmp_path), "--consent", "--url", server.url)

    assert [one["consent"] for one in json.loads(server.asked[-1].body)["pictures"]] == [True] * 2
    assert "2 show persons, by their consent" in capsys.readouterr().out


def test_a_dataset_is_a_folder_of_folders(packshot: Run, tmp_path: Path) -> None:
    lay_out(tmp_path, shoes__a="1", shoes__b="2", hats__c="3")
    (tmp_path / "hats" / "notes.txt").write_text("no picture")

    with scripted.serving(api) as server:
        code = packshot("dataset", "add", "mine", str(tmp_path), "--url", server.url)

    body = server.bodies("/v1/datasets")[0]
    assert code == 0
    assert body == {
        "name": "mine",
        "pictures": [
            {"picture": "3", "category": "hats"},
            {"picture": "1", "category": "shoes"},
            {"picture": "2", "category": "shoes"},
        ],
    }


def test_licence_products_and_generated_pictures_are_passed_on(
    packshot: Run, tmp_path: Path
) -> None:
    lay_out(tmp_path, shoes__sku7_front="1")

    with scripted.serving(api) as server:
        packshot("dataset", "add", "mine", str(tmp_path), "--licence", "our own",
                 "--product-by", "name", "--include-generated", "--url", server.url)  # fmt: skip

    assert server.bodies("/v1/datasets")[0] == {
        "name": "mine",
        "licence": "our own",
        "include_generated": True,
        "pictures": [{"picture": "1", "category": "shoes", "product": "sku7"}],
    }


def test_the_report_is_told_in_sentences(
    packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, shoes__a="1")

    with scripted.serving(api) as server:
        packshot("dataset", "add", "mine", str(tmp_path), "--url", server.url)

    told = capsys.readouterr().out
    for sentence in (
        "12 of 14 pictures taken, of 5 products",
        "shoes: 11 to learn from, 1 held out, 5 products",
        "2 left out as too_small: less than 24 pixels",
        "nothing is left of hats",
        "gan: can be trained",
        "vae: no, it has nothing held out",
    ):
        assert sentence in told


def test_a_report_is_read_again_for_people_and_for_programs(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(api) as server:
        packshot("dataset", "show", "mine@2", "--json", "--url", server.url)
        machine = capsys.readouterr().out
        packshot("dataset", "show", "mine@2", "--url", server.url)

    assert json.loads(machine) == DATASET
    assert "12 of 14 pictures taken" in capsys.readouterr().out
    assert [one.path for one in server.asked] == ["/v1/datasets/mine@2"] * 2


def test_a_file_that_is_no_picture_is_told_and_stops_no_other(
    packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, shoes__a="broken", shoes__b="2")

    with scripted.serving(api) as server:
        code = packshot("dataset", "add", "mine", str(tmp_path), "--url", server.url)

    assert code == 0
    assert "shoes/a.png is left out: the picture is cut off" in capsys.readouterr().err
    assert len(server.bodies("/v1/datasets")[0]["pictures"]) == 1


def test_what_stops_everything_is_no_broken_picture(packshot: Run, tmp_path: Path) -> None:
    lay_out(tmp_path, shoes__a="1", shoes__b="2")

    with scripted.serving(lambda _: Answer(507, {"code": "storage_full"})) as server:
        code = packshot("dataset", "add", "mine", str(tmp_path), "--url", server.url)

    assert code == 2
    assert len(server.asked) == 1


REFUSED = {
    "a picture in two categories": (
        {"shoes__a": "1", "hats__b": "1"},
        "hats/b.png and shoes/a.png are the same picture",
    ),
    "only broken files": ({"shoes__a": "broken"}, "none of the files is a picture"),
    "pictures without a category": ({"shoes__a": "1", "b": "2"}, "have no category, b.png first"),
    "no pictures": ({}, "holds no folders with pictures"),
}


@pytest.mark.parametrize(("files", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_folder_that_is_no_dataset_is_refused_with_what_would_be(
    packshot: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    sentence: str,
) -> None:
    lay_out(tmp_path, **files)

    with scripted.serving(api) as server:
        code = packshot("dataset", "add", "mine", str(tmp_path), "--url", server.url)

    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not server.bodies("/v1/datasets")


PRODUCTS = {
    ProductBy.FOLDER: {"a.png": "mug", "b.png": "mug", "sku-1_x.png": None},
    ProductBy.NAME: {"a.png": "a", "b.png": "b", "sku-1_x.png": "sku"},
    ProductBy.NONE: {"a.png": None, "b.png": None, "sku-1_x.png": None},
}


@pytest.mark.parametrize("by", ProductBy)
def test_what_names_the_product_is_chosen(tmp_path: Path, by: ProductBy) -> None:
    names = {"cups__mug__a": "1", "cups__mug__deeper__b": "2", "cups__sku-1_x": "3"}
    folder = lay_out(tmp_path, **names)

    found = folders.pictures(folder, by)

    assert {one.path.name: one.product for one in found} == PRODUCTS[by]
    assert {one.category for one in found} == {"cups"}


def test_hidden_files_and_folders_are_no_pictures(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, **{"cups__a": "1", "cups__.b": "2", ".cache__c": "3"})

    assert [one.path.name for one in folders.pictures(folder, ProductBy.NONE)] == ["a.png"]
    with pytest.raises(BadArgument):
        folders.pictures(folder / ".cache", ProductBy.NONE)
