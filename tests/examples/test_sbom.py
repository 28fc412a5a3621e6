"""The bill of materials names every locked version with every hash, in the form that tools read."""

import json
import re
from pathlib import Path

import pytest

from examples import sbom

ROOT = Path(__file__).parents[2]
PURL = re.compile(r"pkg:pypi/[a-z0-9-]+@[^@\s]+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("sbom")
    sbom.main([str(where)])
    return where


@pytest.mark.parametrize("name", sbom.LISTS)
def test_every_locked_version_is_in_it_with_its_hashes(folder: Path, name: str) -> None:
    locked = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")

    bill = json.loads((folder / f"packshot-{name}.cdx.json").read_text(encoding="utf-8"))

    pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^\s;\\]+)", locked, re.MULTILINE)
    hashes = re.findall(r"--hash=sha256:(\w+)", locked)
    components = bill["components"]
    files = [one for part in components for one in part["externalReferences"][0]["hashes"]]
    assert [(one["name"], one["version"]) for one in components] == pinned
    assert [one["content"] for one in files] == hashes


@pytest.mark.parametrize("name", sbom.LISTS)
def test_it_has_what_cyclonedx_1_6_wants(folder: Path, name: str) -> None:
    bill = json.loads((folder / f"packshot-{name}.cdx.json").read_text(encoding="utf-8"))

    references = [one["bom-ref"] for one in bill["components"]]
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill["metadata"]["component"]["name"] == "packshot"
    assert len(set(references)) == len(references)
    assert [one for one in references if not PURL.fullmatch(one)] == []
    assert {one["type"] for one in bill["components"]} == {"library"}


def test_the_same_lists_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    sbom.main([str(tmp_path)])

    for file in folder.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_a_version_for_some_machines_says_for_which() -> None:
    text = f"one==1.0 ; sys_platform == 'linux' \\\n    --hash=sha256:{'a' * 64}\ntwo==2.0\n"

    one, two = sbom.pinned(text)

    assert (one.marker, one.sha256) == ("sys_platform == 'linux'", ("a" * 64,))
    assert (two.version, two.marker, two.sha256) == ("2.0", "", ())


def test_the_audit_reads_every_list_and_is_no_part_of_check() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    (lists,) = re.findall(r"^audit:.*\n\t@for list in ([\w ]+);", makefile, re.MULTILINE)
    (check,) = re.findall(r"^check: (.+?) ##", makefile, re.MULTILINE)

    assert tuple(lists.split()) == sbom.LISTS
    assert not {"audit", "sbom"} & set(check.split())
