"""The parameters of an operation as rows of a table, from its JSON Schema."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Schema = dict[str, Any]
_IDS = "[0-9a-f]{8}("
COLUMNS = ("parameter", "what it takes", "default", "meaning")


def rows(schema: Schema, whole: Schema, *, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each parameter; the parts of an object follow it under dotted names."""
    required = schema.get("required", ())
    for name, given in sorted(schema["properties"].items(), key=lambda one: one[0] not in required):
        field = _resolved(given, whole)
        default = _default(name, field, required)
        yield f"`{prefix}{name}`", _taken(field, whole), default, _meaning(field)
        yield from rows(field, whole, prefix=f"{prefix}{name}.") if "properties" in field else ()


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
        case {"type": "array", "items": {"pattern": str(pattern)}} if _IDS in pattern:
            return f"{field.get('minItems', 0)} to {field['maxItems']} ids"
        case {"type": "array", "items": {"type": "number"} as item}:
            return f"{field['minItems']} to {field['maxItems']}, each {_taken(item, whole)}"
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


def table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    every = [columns, ("---",) * len(columns), *lines]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in every)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
