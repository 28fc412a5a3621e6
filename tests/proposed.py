"""What a classifier said of pictures, as a worker would have written it."""

from typing import Any

from db import clock
from tests import rows
from tests.rows import TENANT


def classified(picture: str, category: str, *, tenant: str = TENANT, **columns: Any) -> str:
    """The id of a classification that ended: 0.8 of this category, 0.2 of another."""
    likely = [(category, 0.8), ("other", 0.2)]
    report = {
        "version": "eye@1",
        "category": category,
        "probability": 0.8,
        "categories": [{"category": name, "probability": value} for name, value in likely],
    }
    told = {"state": "succeeded", "report": report, "finished_at": clock.now(), **columns}
    asked = {"operation": {"picture": picture}}
    return rows.queued("classify", envelope=asked, tenant=tenant, **told)
