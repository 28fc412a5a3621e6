"""Parameters that belong to some kinds of an operation only: elsewhere they are refused."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationInfo


def refuse_foreign(
    model: type[BaseModel],
    value: Any,
    info: ValidationInfo,
    *,
    of: Mapping[str, tuple[str, ...]],
    by: str = "kind",
) -> Any:
    """The value, unless it would change nothing, which is a mistake of the caller's.

    Args:
        model: whose field is validated.
        value: what was given.
        info: pydantic's, of this field; `by` stands above it in the class.
        of: the kinds that a parameter belongs to, by its name.
        by: the field that says which kind is asked for.
    """
    name, kind = str(info.field_name), info.data.get(by)
    is_default = value == model.model_fields[name].default
    if kind is not None and kind not in of[name] and not is_default:
        raise ValueError(f"{name} is of {' and '.join(of[name])}, not of {kind}")
    return value
