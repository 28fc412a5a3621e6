"""Weights that others trained become a candidate: what an operator does on this machine.

`packshot versions add` runs it; running it again changes nothing.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from db import blobs, migrate, tenants, versions
from db.engine import transaction
from db.operations.training import Label
from db.tenants import TenantNotFound
from models import weights
from models.failures import CannotDo
from models.networks import community, found
from models.networks.community import CommunityConfig
from models.weights import Card, WeightsError

NETWORKS: Final = ("denoiser", "upscaler")
REFUSED: Final = 2
_PICKLED: Final = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How PyTorch's own files begin: a zip archive with a pickle in it, or a pickle alone."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a file of weights does not say of itself, and its operator answers for.

    Attributes:
        network: "denoiser" or "upscaler".
        name: of the version, without its number.
        licence: of the weights, in a line.
        data: what they learnt from, in a line.
    """

    network: str
    name: str
    licence: str
    data: str


def register(file: Path, told: Told, *, tenant: str) -> dict[str, Any]:
    """A candidate of the tenant's, that serves nobody yet; the bytes are kept as they are.

    Raises:
        CannotDo: `file_missing`, `pickle_refused`, `model_file_invalid`, `name_invalid`,
            `licence_missing`, `data_missing`, `tenant_not_found` or `version_exists`, and what
            `models.networks.found.examined` says.
    """
    _refuse_untold(told)
    data = _read(file)
    config = found.examined(told.network, _tensors(data))
    card = _card(told, config, data)
    weights.read(data, card)  # what does not load is not registered
    return _written(data, card, tenant)


def _refuse_untold(told: Told) -> None:
    try:
        TypeAdapter(Label).validate_python(told.name)
    except ValidationError as error:
        sentence = "a name has letters, digits, dots, hyphens and underscores, 100 at most"
        raise CannotDo("name_invalid", sentence) from error
    if not told.licence.strip():
        raise CannotDo("licence_missing", "say under which licence the weights are: --licence")
    if not told.data.strip():
        raise CannotDo("data_missing", "say what the weights learnt from: --data, 'unknown' if so")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotDo("file_missing", f"{file} cannot be read: {error.strerror}") from error


def _tensors(data: bytes) -> dict[str, Any]:
    try:
        return weights.checked(data, dtypes=community.DTYPES)
    except WeightsError as error:
        if data.startswith(_PICKLED):
            sentence = (
                "a pickle runs whatever it says, and is never opened here; whoever made it can "
                "write it as safetensors"
            )
            raise CannotDo("pickle_refused", sentence) from error
        raise CannotDo("model_file_invalid", str(error)) from error


def _card(told: Told, config: CommunityConfig, data: bytes) -> Card:
    return Card(
        name=told.name,
        network=told.network,
        config=asdict(config),
        sha256=hashlib.sha256(data).hexdigest(),
        licence=told.licence.strip(),
        data=told.data.strip(),
        recipe={"community": True},
    )


def _written(data: bytes, card: Card, tenant: str) -> dict[str, Any]:
    key = blobs.put(tenant, data)
    with transaction() as session:
        try:
            tenants.find(session, tenant)
        except TenantNotFound as error:
            raise CannotDo("tenant_not_found", str(error)) from error
        blobs.hold(session, tenant, [key])
        version = versions.add(
            session,
            tenant=tenant,
            name=card.name,
            network=card.network,
            state="candidate",
            weights_key=key,
            card=card.to_json(),
        )
        if version.card != card.to_json():
            sentence = f"{version.label} has these weights already, under another name or card"
            raise CannotDo("version_exists", sentence)
        return {"version": version.label, "state": version.state, **json.loads(card.to_json())}


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code."""
    given = _parser().parse_args(words)
    told = Told(given.network, given.name, given.licence, given.data)
    try:
        migrate.check()
        row = register(given.file, told, tenant=given.tenant)
    except (CannotDo, migrate.WrongRevision) as error:
        sys.stderr.write(f"{getattr(error, 'code', 'wrong_revision')}: {error}\n")
        return REFUSED
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n" if given.json else _in_words(row))
    return 0


def _in_words(row: dict[str, Any]) -> str:
    config = row["config"]
    blind = " It is blind: the sigma that it is told changes nothing."
    sees = "" if row["network"] == "upscaler" or config["is_told_sigma"] else blind
    what = f"a {config['architecture']}, ×{config['scale']}"
    return f"{row['version']} is a candidate: {what}, {row['licence']}.{sees}\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.community", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--network", required=True, choices=NETWORKS)
    for option in ("--name", "--licence", "--data", "--tenant"):
        parser.add_argument(option, required=True)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
