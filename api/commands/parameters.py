"""From `--param k=v`, `--gate name>=40` and a schema to an order's parts. Pure functions."""

import json
import re
from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]
Files = str | list[str]

_KEY_PATTERN = "[0-9a-f]{8}("
_GATE = re.compile(r"\s*(\w+)\s*(>=|<=)\s*(-?[0-9.eE+-]+)\s*")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadArgument(ValueError):
    """What was typed cannot be an order; the message says what would."""


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def values(pairs: Iterable[str], schema: Schema) -> dict[str, Any]:
    """`name=value` pairs as parameters; dots lead into an object, values are JSON or plain text.

    Raises:
        BadArgument: a pair without `=`.
    """
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise BadArgument(f"--param wants name=value, got {pair!r}")
        *path, last = name.split(".")
        place = given
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise BadArgument(f"{name!r} leads into {part!r}, which is no object")
        place[last] = _value(text, _property(schema, name))
    return given


def gates(texts: Iterable[str]) -> dict[str, dict[str, float]]:
    """`psnr_db>=40` as {"psnr_db": {"min": 40.0}}; `<=` is a max.

    Raises:
        BadArgument: anything else.
    """
    bounds: dict[str, dict[str, float]] = {}
    for text in texts:
        found = _GATE.fullmatch(text)
        if not found:
            raise BadArgument(f"--gate wants name>=number or name<=number, got {text!r}")
        name, sign, number = found.groups()
        bounds.setdefault(name, {})["min" if sign == ">=" else "max"] = float(number)
    return bounds


def roles(schema: Schema) -> tuple[list[str], list[str]]:
    """The parameters that are pictures, in their order: those needed, and all of them."""
    named = [
        name
        for name, field in schema.get("properties", {}).items()
        if any(_is_picture(form) for form in _forms(field))
    ]
    return [name for name in named if name in schema.get("required", [])], named


def many(schema: Schema) -> str | None:
    """The parameter that takes any number of pictures, if one is needed."""
    fields = schema.get("properties", {})
    lists = (n for n in schema.get("required", []) if _is_picture(fields[n].get("items", {})))
    return next(lists, None)


def share_out(files: list[str], schema: Schema, operation: str) -> list[dict[str, Files]]:
    """Which file is which picture: several files for one picture make a job of each.

    All go to the parameter that takes any number.

    Raises:
        BadArgument: too many or too few.
    """
    if role := many(schema):
        return [{role: files}]
    needed, named = roles(schema)
    if len(needed) <= len(files) <= len(named) and len(needed) != 1:
        return [dict(zip(named, files, strict=False))]
    if len(needed) == 1 and files:
        return [{needed[0]: file} for file in files]
    wanted = " ".join(needed + [f"[{name}]" for name in named[len(needed) :]]) or "no file"
    raise BadArgument(f"{operation} takes {wanted}; got {len(files)} files")


def describe(schema: Schema) -> list[tuple[str, str, str, str]]:
    """Name, kind, default and meaning of each parameter, objects' parts with dots."""
    rows: list[tuple[str, str, str, str]] = []
    defs = schema.get("$defs", {})
    for name, field in schema.get("properties", {}).items():
        inner = defs.get(_object(field))
        if name == "op":
            continue
        if inner:
            rows += [(f"{name}.{p}", k, d, m) for p, k, d, m in describe({"$defs": defs, **inner})]
            continue
        required = name in schema.get("required", [])
        default = "required" if required else json.dumps(field.get("default"), ensure_ascii=False)
        kind = " or ".join(_kind(form) for form in _forms(field) if form.get("type") != "null")
        rows.append((name, kind, default if default != "null" else "", _meaning(field)))
    return rows


def _is_picture(form: Schema) -> bool:
    return _KEY_PATTERN in form.get("pattern", "")


def _value(text: str, field: Schema) -> Any:
    if any(form.get("type") == "string" for form in _forms(field)):
        return None if text == "null" else text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _property(schema: Schema, name: str) -> Schema:
    head, _, rest = name.partition(".")
    field: Schema = schema.get("properties", {}).get(head, {})
    if not rest:
        return field
    inner = schema.get("$defs", {}).get(_object(field), {})
    return _property({**inner, "$defs": schema.get("$defs", {})}, rest)


def _object(field: Schema) -> str:
    """The name of what it refers to, also where it may be left out; empty where it is plain."""
    forms = [form for form in _forms(field) if form.get("type") != "null"]
    return str(forms[0].get("$ref", "")).rpartition("/")[2] if len(forms) == 1 else ""


def _forms(field: Schema) -> list[Schema]:
    return list(field.get("anyOf", [field]))


def _kind(form: Schema) -> str:
    if "enum" in form or "const" in form:
        return " | ".join(str(value) for value in form.get("enum", [form.get("const")]))
    if "prefixItems" in form:
        return f"list of {len(form['prefixItems'])} {form['prefixItems'][0].get('type', '')}s"
    if _is_picture(form):
        return "picture"
    if _is_picture(form.get("items", {})):
        return f"{form.get('minItems', 0)}–{form['maxItems']} pictures"
    least = form.get("minimum", form.get("exclusiveMinimum"))
    if least is None or "maximum" not in form:
        return str(form.get("type", "value"))
    return f"{form['type']} {least:g}–{form['maximum']:g}"


def _meaning(field: Schema) -> str:
    found = [field.get("description", ""), *(f.get("description", "") for f in _forms(field))]
    return next((text for text in found if text), "")
