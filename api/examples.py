"""An example for every schema of openapi.json, made from the schema itself and from known words."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
ID: Final = "019ab0c4-7d1e-7c51-b0f6-4d2a4f6a9e10"
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_MOMENT: Final = "2026-11-26T09:30:00.125000Z"
# By the name of the field, where its type alone would make a poor example.
_NAMED: Final[Mapping[str, Any]] = {
    "sku": "S-1042", "channel": "web", "external_id": "order-77", "op": "upscale",
    "format": "png", "label": "denoiser-shoes@3", "network": "denoiser", "tenant": "shop",
    "dataset": "shoes", "version": "denoiser-shoes@3", "code": "job_not_found", "queue": "gpu",
    "detail": "no job has this id", "host": "studio-1", "device": "cuda:0", "licence": "CC0-1.0",
    "url": "https://shop.example/told", "webhook_url": "https://shop.example/told",
    "self": f"/v1/jobs/{ID}", "job": f"/v1/jobs/{ID}", "results": f"/v1/results?job_id={ID}",
    "content": f"/v1/results/{ID}/content", "grid": f"/v1/jobs/{ID}/epochs/1/grid",
    "psnr_db": 41.5, "ssim": 0.991, "val_psnr_db": 31.2, "val_ssim": 0.94, "width": 1200,
    "height": 1600, "bytes": 183_402, "revision": 3, "step": 30, "total": 120, "eta_s": 12.5,
    "type": "/v1/problems/job_not_found", "title": "There is no such job", "status": 404,
    "name": "shoes", "email": "ops@shop.example", "category": "shoe", "product": "S-1042",
    "segment": "summer", "shopper": "c-1042",
    "losses": {"l1": 0.031}, "report": {"epochs": 20}, "next_cursor": None,
}  # fmt: skip
PRESET: Final[Mapping[str, Any]] = {
    "name": "our_shop",
    "title": "Our own shop",
    "source": "Style guide of the shop, 2026",
    "checked_on": "2026-11-26",
    "confidence": "official",
    "background": {"white": "required"},
    "pixels": {"least_side_px": 400},
    "fill": {"long_side": "required", "least": 0.5, "most": 0.95},
    "file": {"formats": ["webp", "png"], "most_bytes": 2_000_000},
    "make": {
        "format": "webp",
        "quality": 90,
        "least_quality": 70,
        "side_px": 1200,
        "fill_long_side": 0.8,
    },
}
# Of these a shop will want to see the few words that do, or their fields depend on each other.
_WHOLE: Final[Mapping[str, Any]] = {
    "Order": {
        "operation": {"op": "upscale", "picture": ID, "scale": 2},
        "gates": {"psnr_db": {"min": 40.0}},
        "sku": "S-1042",
        "external_id": "order-77",
    },
    "AssistIn": {"picture": ID, "wish": "in red on white, square for Instagram", "sku": "S-1042"},
    "PolicyIn": {
        "channel": "web",
        "rules": {"title": "The web shop's", "always_review": ["try_on"]},
    },
    "BlockIn": {"sha256": _SHA256, "note": "A supplier's picture that is not ours to show"},
    "WhenIn": {"ratings": 50},
    "LabelIn": {"picture": ID, "verdict": "correct", "category": "boot"},
    "TasteIn": {"picture": ID, "liked": 1, "segment": "summer"},
    "PresetRules": PRESET,
}
_DEEPEST: Final = 8


def install(schemas: dict[str, Any]) -> None:
    """Give each schema that has none an example."""
    for name, whole in _WHOLE.items():
        schemas[name].setdefault("examples", [whole])
    for name, schema in schemas.items():
        if "examples" not in schema:
            schema["examples"] = [example(schema, schemas, name=name)]


def example(schema: Schema, schemas: Mapping[str, Any], *, name: str = "", depth: int = 0) -> Any:
    """What a value of this schema may look like."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if name in _NAMED and _is(schema, _NAMED[name]):
        return _NAMED[name]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return example(_first(choices), schemas, name=name, depth=depth)
    return _of_type(schema, schemas, name, depth)


def _of_type(schema: Schema, schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object" | None if "properties" in schema:
            return _object(schema, schemas, depth)
        case "array":
            return _array(schema, schemas, name, depth)
        case "string":
            return _text(schema, name)
        case "integer" | "number" as kind:
            return _number(schema, kind)
        case "boolean":
            return False
        case _:
            return {}


def _object(schema: Schema, schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    wanted = schema.get("required", []) if depth >= _DEEPEST else schema["properties"]
    return {
        key: example(schema["properties"][key], schemas, name=key, depth=depth + 1)
        for key in wanted
    }


def _array(schema: Schema, schemas: Mapping[str, Any], name: str, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example(one, schemas, depth=depth + 1) for one in schema["prefixItems"]]
    if depth >= _DEEPEST:
        return []
    one = example(schema.get("items", {}), schemas, name=name.removesuffix("s"), depth=depth + 1)
    return [one] * max(1, schema.get("minItems", 1))


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") == "date-time":
        return _MOMENT
    pattern = schema.get("pattern", "")
    if pattern.startswith("^[0-9a-f]{8}(-"):
        return ID
    if pattern.startswith("^#"):
        return "#C0392B"
    if "sha256" in name or name in ("source", "reference", "mask", "edit_mask"):
        return _SHA256
    if name == "id" or name.endswith("_id") or name in ("picture", "a", "b"):
        return ID
    return f"{name or 'text'}"[: schema.get("maxLength", 40)]


def _number(schema: Schema, kind: str) -> float | int:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 2))
    middle = low if "minimum" in schema else (low + high) / 2
    return int(middle) if kind == "integer" else float(middle)


def _first(choices: list[Schema]) -> Schema:
    return next((one for one in choices if one.get("type") != "null"), choices[0])


def _is(schema: Schema, value: Any) -> bool:
    """Whether a known word is of the type that is wanted."""
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "object": dict,
    }
    kind = schema.get("type")
    is_open = "enum" not in schema and "const" not in schema and "properties" not in schema
    return is_open and isinstance(kind, str) and isinstance(value, kinds.get(kind, ()))
