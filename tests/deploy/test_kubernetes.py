"""The manifests are what Kubernetes takes, fit together, and scale by the table's own depth."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from sqlalchemy import text

from api.settings import ApiSettings
from db.engine import reading, transaction
from db.settings import DbSettings, LogSettings
from db.tables.jobs import Job, Queue
from tests import rows
from workers.queues import QUEUES
from workers.settings import WorkerSettings

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
MANIFESTS: list[dict[str, Any]] = [
    one
    for file in sorted(FOLDER.glob("*.yaml"))
    if file.name != "kustomization.yaml"
    for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
CUSTOM = ("ScaledObject",)
RELEASE = "1.33"


def _name(one: dict[str, Any]) -> str:
    return f"{one['kind']}/{one['metadata']['name']}"


def _of(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in MANIFESTS if one["kind"] == kind}


def _pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"] for kind in ("Deployment", "Job") for one in _of(kind).values()]


@pytest.mark.parametrize("one", [m for m in MANIFESTS if m["kind"] not in CUSTOM], ids=_name)
def test_a_manifest_is_one(one: dict[str, Any]) -> None:
    kubernetes_validate.validate(one, RELEASE, strict=True)


def test_the_list_names_every_file() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))

    files = {file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed["resources"]) == files


def test_there_are_workers_of_every_queue_with_time_to_drain() -> None:
    drain_s = float(_of("ConfigMap")["packshot"]["data"]["WORKER_DRAIN_S"])
    workers = {name: one for name, one in _of("Deployment").items() if name != "packshot-api"}

    told = []
    for one in workers.values():
        pod = one["spec"]["template"]["spec"]
        command = pod["containers"][0]["command"]
        told.append(command[command.index("-Q") + 1])
        assert pod["terminationGracePeriodSeconds"] >= drain_s + 6
    assert sorted(told) == sorted(QUEUES)


def test_selectors_meet_their_pods() -> None:
    labels = [pod["metadata"]["labels"] for pod in _pods()]
    wanted = [one["spec"]["selector"] for one in _of("Service").values()]
    for kind in ("Deployment", "PodDisruptionBudget"):
        wanted += [one["spec"]["selector"]["matchLabels"] for one in _of(kind).values()]

    assert all(any(one.items() <= pod.items() for pod in labels) for one in wanted)


def test_nobody_is_root_and_nothing_but_folders_of_its_own_is_written() -> None:
    for pod in _pods():
        spec = pod["spec"]
        (container,) = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        kept = {one["name"] for one in spec["volumes"] if "emptyDir" in one}
        assert kept == {"home", "tmp"}


def test_every_setting_that_is_told_is_one() -> None:
    known = {
        f"{kind.model_config['env_prefix']}{field}".upper()
        for kind in (ApiSettings, DbSettings, LogSettings, WorkerSettings)
        for field in kind.model_fields
    }
    told = set(_of("ConfigMap")["packshot"]["data"])
    for pod in _pods():
        told |= {one["name"] for one in pod["spec"]["containers"][0].get("env", [])}

    assert told <= known


def test_what_is_scaled_is_there() -> None:
    scaled = _of("ScaledObject")

    assert {one["spec"]["scaleTargetRef"]["name"] for one in scaled.values()} <= set(
        _of("Deployment")
    )
    assert set(scaled) == {"packshot-gpu", "packshot-train", "packshot-cpu"}


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_the_table_is_asked_for_what_is_due_or_runs_and_a_pause_asks_for_nobody() -> None:
    rows.many(5)
    rows.claim(room=2)
    with transaction() as session:
        waiting = [job for job in session.query(Job) if job.state == "queued"]
        waiting[0].scheduled_at = waiting[0].scheduled_at + timedelta(hours=1)

    assert _depth("gpu") == 4
    assert _depth("train") == 0

    with transaction() as session:
        session.merge(Queue(name="gpu", paused_at=datetime.now(UTC)))
    assert _depth("gpu") == 0


def _depth(queue: str) -> int:
    (trigger,) = _of("ScaledObject")[f"packshot-{queue}"]["spec"]["triggers"]
    with reading() as session:
        return int(session.scalar(text(trigger["metadata"]["query"])) or 0)
