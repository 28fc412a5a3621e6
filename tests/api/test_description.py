"""openapi.json can be built upon: names that stay, an example of everything, tags in order."""

import json
import re
from typing import Any

import jsonschema
import pytest

from api import description
from api.main import build_app
from api.settings import ApiSettings

DOCUMENT = build_app(ApiSettings()).openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [said for path in DOCUMENT["paths"].values() for said in path.values()]


def test_every_route_has_a_name_of_its_own_that_says_what_it_does() -> None:
    names = [said["operationId"] for said in OPERATIONS]

    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []
    assert {"list_jobs", "create_job", "get_job", "cancel_job", "stream_job_events",
            "create_batch", "list_batch_lines", "get_job_epoch_grid", "rotate_webhook_secret",
            "promote_version", "list_retraining_rules"} <= set(names)  # fmt: skip


def test_every_route_is_under_a_tag_that_is_described_in_order() -> None:
    described = [tag["name"] for tag in DOCUMENT["tags"]]

    assert described == [tag["name"] for tag in description.TAGS]
    assert {tag for said in OPERATIONS for tag in said["tags"]} == set(described)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_has_an_example_that_it_allows(name: str) -> None:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}

    assert SCHEMAS[name]["examples"]
    for example in SCHEMAS[name]["examples"]:
        jsonschema.Draft202012Validator(whole).validate(example)


@pytest.mark.parametrize("kind", description.BODIES, ids=lambda kind: str(kind.__name__))
def test_the_example_of_every_body_is_taken(kind: Any) -> None:
    (example, *_) = SCHEMAS[kind.__name__]["examples"]

    assert kind.model_validate_json(json.dumps(example))
