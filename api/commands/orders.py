"""What was typed after `packshot submit`, as the bodies of jobs; pictures are sent on the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.client import Client, Json
from api.commands import parameters
from api.commands.parameters import BadArgument, Files, Schema


@dataclass(frozen=True, slots=True)
class Asked:
    """One job to be: its body, and what its files will be called."""

    body: Json
    name: str


def orders(
    client: Client,
    operation: str,
    files: list[str],
    params: list[str],
    envelope: Mapping[str, Any],
) -> list[Asked]:
    """A job for all files, or one for each.

    Raises:
        BadArgument: the words make no order.
    """
    schema = schema_of(client.operation(operation))
    given = parameters.values(params, schema)
    given = {name: _picture_if_named(client, value) for name, value in given.items()}
    around = {name: value for name, value in envelope.items() if value is not None}
    for role in ("reference", "mask"):
        if role in around:
            around[role] = picture(client, around[role])
    shares = _shares(files, given, schema, operation)
    names = _names(shares, str(around.get("sku") or given.get("category") or operation))
    return [
        Asked({"operation": {"op": operation, **given, **_sent(client, share)}, **around}, name)
        for share, name in zip(shares, names, strict=True)
    ]


def schema_of(answer: Json) -> Schema:
    """The JSON Schema in what the API says of an operation."""
    schema: Schema = answer["schema"]
    return schema


def picture(client: Client, word: str) -> str:
    """The id of a picture: sent if the word is a file, taken as it is if it is an id.

    Raises:
        BadArgument: it is neither.
    """
    path = Path(word)
    if path.is_file():
        return str(client.upload(path)["id"])
    if parameters.is_id(word):
        return word
    raise BadArgument(f"there is no file {word!r}, and it is no id of a picture or result")


def _shares(
    files: list[str], given: Mapping[str, Any], schema: Schema, operation: str
) -> list[dict[str, Files]]:
    """Files for the pictures that no --param names already."""
    open_fields = {n: f for n, f in schema.get("properties", {}).items() if n not in given}
    needed = [name for name in schema.get("required", []) if name not in given]
    left = {**schema, "properties": open_fields, "required": needed}
    return parameters.share_out(files, left, operation)


def _sent(client: Client, share: Mapping[str, Files]) -> dict[str, Files]:
    return {
        role: picture(client, file)
        if isinstance(file, str)
        else [picture(client, one) for one in file]
        for role, file in share.items()
    }


def _picture_if_named(client: Client, value: object) -> object:
    if isinstance(value, list):
        return [_picture_if_named(client, one) for one in value]
    if isinstance(value, str) and value.startswith("@"):
        return picture(client, value[1:])
    return value


def _names(shares: list[dict[str, Files]], instead: str) -> list[str]:
    """The first picture's name for each, numbered where two are called the same."""
    names: list[str] = []
    for share in shares:
        named = next(iter(share.values()), instead)
        first = named if isinstance(named, str) else next(iter(named), instead)
        plain = re.sub(r"[^\w.-]+", "-", Path(first).stem if share else first).strip("-.") or "job"
        numbered = [plain, *(f"{plain}-{n}" for n in range(2, len(shares) + 2))]
        names.append(next(name for name in numbered if name not in names))
    return names
