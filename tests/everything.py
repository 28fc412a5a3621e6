"""A shop with one of everything that a path can name, each of it whole: its owner is told of it."""

import json
from itertools import pairwise
from typing import Any, Final

from starlette.testclient import TestClient

from api.examples import PRESET
from db import blobs, clock, datasets, secrets, transitions, versions
from db.engine import transaction
from db.tables.jobs import SUCCEEDED
from db.transitions import Outcome
from tests import factories, rows
from tests.described import JSON, Route
from tests.factories import NOWHERE
from tests.rows import TENANT

MARK: Final = "only-ours"
# What paths name that is nobody's: the build's own, and what the operator has for all.
NOBODYS: Final = frozenset({"operations", "problems", "queues", "workers", "tenants"})
NEVER: Final = {
    "datasets": "never-was",
    "presets": "not_there",
    "keys": "0" * 12,
    "stages": "matte",
    "epochs": "1",
}
"""What nothing is called, by the collection: as long as what is there. Else: `NOWHERE`."""
_LEARNT: Final = {
    "losses": {"l1": 0.5}, "val_psnr_db": None, "val_ssim": None, "identical": 0,
    "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 99.0, "peak_memory_mb": 321.5,
}  # fmt: skip


def collections(route: Route) -> list[str]:
    """What each name in a route's path is one of: [jobs, stages]."""
    parts = route.path.split("/")
    return [before for before, part in pairwise(parts) if "{" in part]


def at(route: Route, names: dict[str, str]) -> str:
    """The route's path to what is called so; to what never was, where no name is given."""
    return route.at(*(names.get(one) or NEVER.get(one, NOWHERE) for one in collections(route)))


def named(client: TestClient) -> dict[str, str]:
    """What each is called, by its collection; `secrets` by which it was shown are left out."""
    return dict(shown(client)[0])


def shown(client: TestClient) -> tuple[dict[str, str], dict[str, str]]:
    """The names, and the secrets that were shown on the way."""
    secrets.ensure_local_key()
    file = {"file": (f"{MARK}.png", factories.png(64, 64))}
    picture = client.post("/v1/pictures", files=file).json()["id"]
    _post(client, "/v1/datasets", name=MARK, pictures=[{"picture": picture, "category": MARK}])
    training = {"op": "train", "network": "vae", "dataset": MARK, "epochs": 3}
    rule = _post(client, "/v1/retraining-rules", operation=training, when={"ratings": 2})
    job_id, result_id = _worked()
    webhook = _post(client, "/v1/webhooks", url=f"https://hooks.example/{MARK}")
    key = _post(client, "/v1/keys", name=MARK, scopes=["train"])
    campaign = _post(client, "/v1/campaigns", name=MARK, results=[result_id])
    names = {
        "pictures": picture,
        "jobs": job_id,
        "trainings": job_id,
        "stages": "matte",
        "epochs": "1",
        "batches": rows.batch_of([job_id], finished_at=clock.now()),
        "results": result_id,
        "campaigns": campaign["id"],
        "arms": result_id,
        "versions": _version(),
        "datasets": MARK,
        "retraining-rules": rule["id"],
        "blocklist": _post(client, "/v1/blocklist", sha256="0" * 63 + "1", note=MARK)["id"],
        "presets": _post(client, "/v1/presets", **{**PRESET, "name": "only_ours"})["name"],
        "webhooks": webhook["id"],
        "deliveries": _post(client, f"/v1/webhooks/{webhook['id']}/test")["id"],
        "keys": key["id"],
    }
    return names, {"webhook": webhook["secret"], "key": key["key"]}


def _worked() -> tuple[str, str]:
    """The ids of a training that is over, with a stage and an epoch's grid, and of its result."""
    asked = {"operation": {"dataset": MARK, "network": "gan"}}
    job_id = rows.queued("train", envelope=asked)
    (job,) = rows.claim(queue="train")
    lease, key = rows.lease_of(job), blobs.put(TENANT, factories.png(48, 32))
    result = rows.result(lease, blob_key=key, sha256=key, visibility="published")
    stage = rows.stage(lease, picture_key=key)
    with transaction() as session:
        datasets.record_epoch(session, job_id, 1, {**_LEARNT, "grid_key": key})
        outcome = Outcome(lease, SUCCEEDED, results=[result], stages=[stage])
        transitions.finish(session, [outcome])
    return job_id, result.id


def _version() -> str:
    values = {"network": "gan", "state": "candidate", "weights_key": "0" * 64, "card": "{}"}
    with transaction() as session:
        return versions.add(session, tenant=TENANT, name=MARK, **values).id


def _post(client: TestClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, content=json.dumps(body), headers=JSON)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told
