"""A merchant's story at the command line: everything the API does, in words."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from api.client import ApiError, Client
from tests.factories import png, shot
from tests.journeys.conftest import ROOT, Studio, until

pytestmark = pytest.mark.journey


def packshot(studio: Studio, *words: str, expect: int = 0) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env={**studio.env, "API_URL": studio.url},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == expect, ended.stdout + ended.stderr
    return ended.stdout if expect == 0 else ended.stderr


def test_a_folder_of_pictures_is_edited_and_brought_back(studio: Studio, tmp_path: Path) -> None:
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for hue, file in enumerate(files):
        file.write_bytes(png(40, 30, hue=50 * hue))
    out = tmp_path / "out"

    told = packshot(
        studio, "submit", "upscale", *map(str, files), "--param", "scale=2", "--wait",
        "--out", str(out), "--json",
    )  # fmt: skip

    jobs = json.loads(told)
    assert [job["state"] for job in _items(jobs)] == ["succeeded", "succeeded"]
    assert sorted(path.suffix for path in out.iterdir()) == [".png", ".png"]


def test_how_a_result_came_about_is_brought_back_beside_it(studio: Studio, tmp_path: Path) -> None:
    file, out = tmp_path / "shoe.png", tmp_path / "out"
    file.write_bytes(png(120, 90))
    masks = tmp_path / "mask.png"
    mask = Image.new("L", (120, 90), 0)
    mask.paste(255, (30, 20, 90, 70))
    mask.save(masks)

    for _ in range(2):
        packshot(
            studio, "submit", "background", str(file), "-p", f"mask=@{masks}", "--explain",
            "--out", str(out),
        )  # fmt: skip

    stages = ("matte", "second_opinion", "product_mask", "composite", "plate")
    heat_maps = ("product_ssim", "product_delta_e")
    ends = [".png", *(f".{stage}.png" for stage in (*stages, *heat_maps))]
    stems = ("shoe-background", "shoe-background-2")
    assert {path.name for path in out.iterdir()} == {f"{s}{end}" for s in stems for end in ends}
    with Image.open(out / "shoe-background.product_delta_e.png") as heat:
        assert (heat.mode, heat.size) == ("RGBA", (120, 90))


def test_a_check_shows_its_rules_and_ends_with_3_where_one_failed(
    studio: Studio, tmp_path: Path
) -> None:
    file = tmp_path / "shoe.png"
    file.write_bytes(png(120, 90))
    order = ["submit", "check", str(file), "-p", "preset=amazon_main", "--wait"]

    packshot(studio, *order, expect=3)


def test_help_of_an_operation_names_its_own_parameters(studio: Studio) -> None:
    told = packshot(studio, "submit", "denoise", "--help")

    assert "sigma" in told
    assert "strength" in told


@pytest.mark.parametrize(
    "verb", ["jobs", "results", "versions", "operations", "workers", "keys", "tenants"]
)
def test_what_there_is_can_be_read_by_people_and_programs(studio: Studio, verb: str) -> None:
    packshot(studio, "submit", "sample", "--param", "n=1", "--wait")

    assert json.loads(packshot(studio, verb, "--json"))
    assert packshot(studio, verb).strip()


def test_the_doctor_finds_a_running_house_well(studio: Studio) -> None:
    assert json.loads(packshot(studio, "doctor", "--json"))


def test_a_wrong_parameter_is_named_and_ends_with_two(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "one.png"
    file.write_bytes(png(40, 30))

    told = packshot(studio, "submit", "upscale", str(file), "--param", "scale=5", expect=2)

    assert "scale" in told


def test_a_folder_becomes_a_dataset_that_says_what_it_is_good_for(
    studio: Studio, tmp_path: Path
) -> None:
    _shelve(tmp_path / "mugs", 5)
    _shelve(tmp_path / "bowls", 5, first=50)
    shutil.copy(tmp_path / "mugs" / "sku0-front.png", tmp_path / "mugs" / "sku0-copy.png")
    shot(50).save(tmp_path / "bowls" / "sku0-again.jpg", quality=90)
    (tmp_path / "bowls" / "sku9-broken.png").write_bytes(png(40, 40)[:-40])

    told = packshot(
        studio, "dataset", "add", "crockery", str(tmp_path), "--licence", "our own photographs",
        "--product-by", "name",
    )  # fmt: skip

    listed = json.loads(packshot(studio, "dataset", "list", "--json"))
    report = json.loads(packshot(studio, "dataset", "show", "crockery", "--json"))["report"]
    assert any(one["name"] == "crockery" and one["pictures"] == 10 for one in _items(listed))
    assert "10 of 12 pictures taken, of 5 products" in told
    assert "gan: can be trained" in told
    assert {one["reason"]: one["count"] for one in report["left_out"]} == {
        "duplicate": 1,
        "near_duplicate": 1,
    }
    assert all(one["train"] and one["validation"] for one in report["categories"])


def test_other_pictures_under_a_name_are_its_next_version(studio: Studio, tmp_path: Path) -> None:
    _shelve(tmp_path / "mugs", 3)
    packshot(studio, "dataset", "add", "growing", str(tmp_path), "--product-by", "name")
    _shelve(tmp_path / "mugs", 6)

    packshot(studio, "dataset", "add", "growing", str(tmp_path), "--product-by", "name")

    told = [packshot(studio, "dataset", "show", name) for name in ("growing@1", "growing")]
    assert "3 of 3 pictures taken" in told[0]
    assert "6 of 6 pictures taken" in told[1]


def test_pictures_of_one_colour_are_refused_with_the_reason(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "paint").mkdir()
    for name in ("red", "green", "blue"):
        Image.new("RGB", (40, 40), name).save(tmp_path / "paint" / f"{name}.png")

    told = packshot(studio, "dataset", "add", "flat", str(tmp_path), expect=2)

    assert "dataset_empty" in told
    assert "3 × one_colour" in told


def _shelve(folder: Path, products: int, *, first: int = 0) -> None:
    """One picture of each product, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(products):
        shot(first + number).save(folder / f"sku{number}-front.png")


def test_a_tenant_is_given_a_key_that_is_changed_and_taken_back(studio: Studio) -> None:
    packshot(studio, "tenants", "add", "atelier", "--max-queued", "1000")
    packshot(studio, "tenants", "set", "atelier", "--max-queued", "none", "--max-running", "2")
    told = packshot(studio, "keys", "add", "till", "--scope", "jobs:read", "--tenant", "atelier")
    (listed,) = json.loads(packshot(studio, "keys", "--tenant", "atelier", "--json"))
    made = json.loads(
        packshot(studio, "keys", "rotate", listed["id"], "--tenant", "atelier", "--json")
    )
    with Client(studio.url, told.strip()) as old, Client(studio.url, made["key"]) as new:
        assert list(old.jobs()) == list(new.jobs()) == []
        with pytest.raises(ApiError, match="insufficient_scope"):
            new.versions()

    packshot(studio, "keys", "revoke", made["id"], "--tenant", "atelier")

    until(lambda: _is_refused(studio, made["key"]), 10)
    (tenant,) = [
        row for row in json.loads(packshot(studio, "tenants", "--json")) if row["name"] == "atelier"
    ]
    assert (tenant["max_queued"], tenant["max_running"]) == (None, 2)
    assert "atelier" in packshot(studio, "tenants")


def test_a_cap_that_is_no_number_is_named(studio: Studio) -> None:
    told = packshot(studio, "tenants", "set", "shop", "--max-queued", "many", expect=2)

    assert "max_queued wants a number or none" in told


def _is_refused(studio: Studio, key: str) -> bool:
    try:
        with Client(studio.url, key) as client:
            list(client.jobs())
    except ApiError as error:
        return error.code == "unauthenticated"
    return False


def _items(told: object) -> list[dict[str, object]]:
    if isinstance(told, dict):
        lists = [value for value in told.values() if isinstance(value, list)]
        return lists[0]
    assert isinstance(told, list)
    return told
