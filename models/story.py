"""What a C2PA manifest tells: who made the file how and of what, in C2PA's own terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

JOB: Final = "org.packshot.job"
"""The assertion that says which job made the file, with what, and what it scored."""
_ACTIONS: Final = "c2pa.actions.v2"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A picture that went into the file; what manifests it has are carried over.

    Attributes:
        is_parent: the file is this picture, edited; at most one is.
    """

    data: bytes
    format: str
    is_parent: bool


@dataclass(frozen=True, slots=True)
class Story:
    """What the manifest tells.

    Attributes:
        source_type: IPTC's address of it; None claims nothing.
        job: the fields of our own assertion.
    """

    program: str
    program_version: str
    source_type: str | None
    job: dict[str, str | None]
    ingredients: tuple[Ingredient, ...] = ()


def definition(story: Story) -> dict[str, Any]:
    program = {"name": story.program, "version": story.program_version}
    job = {name: value for name, value in story.job.items() if value is not None}
    return {
        "claim_generator_info": [program],
        "assertions": [
            {"label": _ACTIONS, "data": {"actions": list(_actions(story, program))}},
            {"label": JOB, "data": job},
        ],
    }


def _actions(story: Story, program: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Opened and edited, or created; what else was put in is placed."""
    said = {} if story.source_type is None else {"digitalSourceType": story.source_type}
    parents = [_id(n) for n, one in enumerate(story.ingredients) if one.is_parent]
    others = [_id(n) for n, one in enumerate(story.ingredients) if not one.is_parent]
    if parents:
        yield {"action": "c2pa.opened", "parameters": {"ingredientIds": parents}}
        yield {"action": "c2pa.edited", "softwareAgent": program, **said}
    else:
        yield {"action": "c2pa.created", "softwareAgent": program, **said}
    if others:
        yield {"action": "c2pa.placed", "parameters": {"ingredientIds": others}}


def named(number: int, one: Ingredient) -> dict[str, str]:
    # No name of the file: it may be a person's, or say what nobody should read.
    relation = "parentOf" if one.is_parent else "componentOf"
    return {"title": "source", "relationship": relation, "instance_id": _id(number)}


def _id(number: int) -> str:
    return f"xmp:iid:source-{number}"
