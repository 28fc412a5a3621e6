"""The page about all operations, from their classes: `python -m api.operations_page > FILE`."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from db.operations.base import Operation
from db.operations.order import Order
from db.operations.union import OPERATIONS

Schema = dict[str, Any]

_HEAD = """\
# Operations

Made from the classes in `db/operations/` by `make docs`; a test fails when this page is not what
they say. `GET /v1/operations` gives the same as JSON Schema, and `packshot submit NAME --help`
as options of the command line.

A parameter that is left out has the default of its row; a name that is not here is refused.
`psnr_db` and `ssim` compare with the `reference` that the caller sends. Without one they are NULL,
unless the operation has a reference of its own, which its section then says. A delivered file is
labelled with what its source was, or with what the operation makes of it if that is more; a
pipeline with the most that any of its steps makes of it.
"""
_AROUND = """\
## Around every operation

The body of `POST /v1/jobs` is `{"operation": {"op": …, …}, …}`. Beside the operation it may hold:
"""
_COLUMNS = ("parameter", "what it takes", "default", "meaning")


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, *(_operation(name, kind) for name, kind in OPERATIONS.items())]
    schema = Order.model_json_schema()
    del schema["properties"]["operation"]
    parts += [_AROUND, _table(_rows(schema, schema))]
    return "\n".join(parts)


def _operation(name: str, kind: type[Operation]) -> str:
    schema = kind.model_json_schema()
    del schema["properties"]["op"]
    about = f"{schema['description']}\n\n{_facts(kind)}"
    return f"## {name}\n\n{about}\n\n{_table(_rows(schema, schema))}"


def _facts(kind: type[Operation]) -> str:
    facts = [f"Queue `{kind.queue}`, time-out {kind.timeout_s:g} s."]
    if kind.reference == "own":
        facts.append("Has a reference of its own.")
    if kind.source_kind != "original":
        facts.append(f"Labelled `{kind.source_kind}`.")
    return " ".join(facts)


def _rows(schema: Schema, whole: Schema, *, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each parameter; the parts of an object follow it under dotted names."""
    required = schema.get("required", ())
    for name, given in sorted(schema["properties"].items(), key=lambda one: one[0] not in required):
        field = _resolved(given, whole)
        default = _default(name, field, required)
        yield f"`{prefix}{name}`", _taken(field, whole), default, _meaning(field)
        yield from _rows(field, whole, prefix=f"{prefix}{name}.") if "properties" in field else ()


def _resolved(field: Schema, whole: Schema) -> Schema:
    """What it refers to, also where it may be left out, under its own words."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    if len(kinds) != 1 or "$ref" not in kinds[0]:
        return field
    named: Schema = whole["$defs"][kinds[0]["$ref"].rpartition("/")[2]]
    own = {key: value for key, value in field.items() if key not in ("$ref", "anyOf")}
    return {**named, **own}


def _default(name: str, field: Schema, required: Iterable[str]) -> str:
    if name in required:
        return "**required**"
    if field.get("default") is None or "properties" in field:
        return "–"
    return f"`{json.dumps(field['default'])}`"


def _meaning(field: Schema) -> str:
    """Its own words, or those of the kind of value it is."""
    told = (kind.get("description") for kind in (field, *field.get("anyOf", ())))
    return next((words for words in told if words), "")


def _taken(field: Schema, whole: Schema) -> str:
    """What a value may be, in words."""
    match field:
        case {"anyOf": kinds}:
            return " or ".join(_taken(kind, whole) for kind in kinds if kind.get("type") != "null")
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": values}:
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"type": "integer" | "number" as kind}:
            return f"{kind}{_range(field)}"
        case {"type": "array", "prefixItems": items}:
            kinds = list(dict.fromkeys(_taken(item, whole) for item in items))
            return f"{len(items)} of: {'; '.join(kinds)}"
        case {"type": "array", "items": {"pattern": _}}:
            return f"{field['minItems']} to {field['maxItems']} names"
        case {"type": "array", "items": {"prefixItems": _} as item}:
            return f"{field['minItems']} to {field['maxItems']}, each {_taken(item, whole)}"
        case {"type": "array", "items": item}:
            few, many = field["minItems"], field["maxItems"]
            return f"{few} to {many} of {', '.join(f'`{one}`' for one in _kinds(item))}"
        case {"propertyNames": {"enum": names}, "additionalProperties": {"type": "array"}}:
            return f"a list for any of {', '.join(f'`{name}`' for name in names)}"
        case {"type": "object", "propertyNames": {"enum": names}}:
            return f"`min` and `max` for any of {', '.join(f'`{name}`' for name in names)}"
        case {"format": "date-time"}:
            return "time with its zone"
        case _:
            return str(field.get("type", "object"))


def _range(field: Schema) -> str:
    least, most = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum")
    if least is None or most is None:
        return "" if least is None else f" from {least:g}"
    return f", {'above ' if 'exclusiveMinimum' in field else ''}{least:.10g} to {most:.10g}"


def _kinds(item: Schema) -> list[str]:
    """What an item may be: one of some words, or one of some operations."""
    return item["enum"] if "enum" in item else sorted(item["discriminator"]["mapping"])


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_COLUMNS, ("---",) * len(_COLUMNS), *rows]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


if __name__ == "__main__":
    sys.stdout.write(page())
