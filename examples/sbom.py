"""What Packshot is made of, as CycloneDX 1.6: `make sbom` writes a file for each list of versions.

`python -m examples.sbom FOLDER` reads requirements/*.txt, which pin every version with the hashes
of its files; licences are what the packages that are installed here say of themselves. The same
lists give the same bytes.
"""

import argparse
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

ROOT: Final = Path(__file__).parents[1]
LISTS: Final = ("all", "api", "worker", "nsfw")
"""Of everything, of each image, and of the extra that is in none of them."""
_PINNED: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)"
    r"(?: *; *(?P<marker>[^\\\n]+?))? *(?P<hashes>(?:\\\n +--hash=sha256:[0-9a-f]{64} *)*)$",
    re.MULTILINE,
)
_LONGEST_LICENCE: Final = 80


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of a list.

    Attributes:
        marker: where it is installed at all, as `sys_platform == 'linux'`; empty: everywhere.
        sha256: of each of its files; one of them is installed.
    """

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{re.sub(r'[-_.]+', '-', self.name).lower()}@{self.version}"


def main(words: Sequence[str] | None = None) -> None:
    """Write packshot-LIST.cdx.json for each list."""
    parser = argparse.ArgumentParser(prog="python -m examples.sbom", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "sbom")
    folder = parser.parse_args(words).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        text = json.dumps(bill(name), indent=2, ensure_ascii=False)
        (folder / f"packshot-{name}.cdx.json").write_text(text + "\n", encoding="utf-8")


def bill(name: str) -> dict[str, Any]:
    """The bill of materials of one list."""
    packages = list(pinned((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    components = [_component(one) for one in packages]
    unique = uuid5(NAMESPACE_URL, json.dumps([project["version"], name, components]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{unique}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "packshot",
                "name": project["name"],
                "version": project["version"],
                "description": f"{project['description']} Its list of versions: {name}.",
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
    }


def pinned(text: str) -> Iterator[Pinned]:
    """Every package of a list of versions."""
    for found in _PINNED.finditer(text):
        hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", found["hashes"]))
        yield Pinned(found["name"], found["version"], found["marker"] or "", hashes)


def _component(one: Pinned) -> dict[str, Any]:
    files = [{"alg": "SHA-256", "content": content} for content in one.sha256]
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "purl": one.purl,
        "externalReferences": [
            {
                "type": "distribution",
                "url": one.purl,
                "comment": "one of these files is installed",
                "hashes": files,
            }
        ],
    }
    if licences := _licences(one):
        told["licenses"] = licences
    if one.marker:
        told["properties"] = [{"name": "packshot:only-where", "value": one.marker}]
    return told


def _licences(one: Pinned) -> list[dict[str, Any]]:
    """What the package says of itself, if this very version is installed here."""
    try:
        told = metadata.metadata(one.name).json
    except metadata.PackageNotFoundError:
        return []
    if told["version"] != one.version:
        return []
    if expression := told.get("license_expression"):
        return [{"expression": expression}]
    kinds = [kind for kind in told.get("classifier", []) if kind.startswith("License ::")]
    names = [kind.rpartition(" :: ")[2] for kind in kinds]
    if not names and (text := str(told.get("license", "")).strip()):
        names = [text.partition("\n")[0][:_LONGEST_LICENCE]]
    return [{"license": {"name": name}} for name in names]


if __name__ == "__main__":
    main()
